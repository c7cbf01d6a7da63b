/* SPDX-License-Identifier: BSD-3-Clause -- how often each template was announced. */
#include "ingest/decode/template_census.h"

#include "common/cursor.h"

#include <string.h>

static bool is_entry_of(const struct template_census_entry *entry, const struct address *router,
    const struct template_definition *definition)
{
    return entry->key.id == definition->key.id && entry->key.domain == definition->key.domain &&
           entry->key.version == definition->key.version &&
           entry->is_options == definition->is_options && address_equal(&entry->router, router);
}

static size_t hash_of(const struct address *router, const struct template_definition *definition)
{
    uint64_t key;
    memcpy(&key, &definition->key, sizeof key);
    uint64_t mixed = load_be64(router->bytes) ^ load_be64(router->bytes + 8);
    mixed = (mixed ^ key * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) % TEMPLATE_CENSUS_SLOTS;
}
_Static_assert(sizeof(struct template_key) == sizeof(uint64_t), "hashed as one number");

static struct template_census_entry *add_entry(struct template_census *census,
    const struct address *router, const struct template_definition *definition)
{
    uint32_t count = atomic_load_explicit(&census->count, memory_order_relaxed);
    if (count == TEMPLATE_CENSUS_ENTRIES) {
        return &census->entries[TEMPLATE_CENSUS_ENTRIES - 1];
    }
    struct template_census_entry *entry = &census->entries[count];
    entry->router = *router;
    entry->key = definition->key;
    entry->is_options = definition->is_options;
    entry->is_others = count == TEMPLATE_CENSUS_ENTRIES - 1;
    atomic_store_explicit(&census->count, count + 1, memory_order_release);
    return entry;
}

void template_census_count(struct template_census *census, const struct address *router,
    const struct template_definition *definition)
{
    size_t slot = hash_of(router, definition);
    while (census->slots[slot] != NULL && !is_entry_of(census->slots[slot], router, definition)) {
        slot = (slot + 1) % TEMPLATE_CENSUS_SLOTS;
    }
    struct template_census_entry *entry = census->slots[slot];
    if (entry == NULL) {
        entry = add_entry(census, router, definition);
        census->slots[slot] = entry->is_others ? NULL : entry;
    }
    counter_add(&entry->announcements, 1);
}

const struct template_census_entry *template_census_entry(
    const struct template_census *census, uint32_t index)
{
    uint32_t count = atomic_load_explicit(&census->count, memory_order_acquire);
    return index < count ? &census->entries[index] : NULL;
}
