/* SPDX-License-Identifier: BSD-3-Clause -- how often each template was announced. */
#include "ingest/decode/template_census.h"

#include <string.h>

static bool is_entry_of(const struct template_census_entry *entry, const struct address *router,
    const struct template_definition *definition)
{
    return entry->key.id == definition->key.id && entry->key.domain == definition->key.domain &&
           entry->key.version == definition->key.version &&
           entry->is_options == definition->is_options && address_equal(&entry->router, router);
}

static size_t hash_of(const struct template_census *census, const struct address *router,
    const struct template_definition *definition)
{
    uint64_t words[2];
    uint64_t key;
    memcpy(words, router->bytes, sizeof words);
    memcpy(&key, &definition->key, sizeof key);
    uint64_t hash = hash_words(&census->seed, words[0], words[1]);
    return (size_t)hash_words(&census->seed, hash, key) % TEMPLATE_CENSUS_SLOTS;
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
    if (census->count == 0) {
        census->seed = hash_seed_new();
    }
    size_t slot = hash_of(census, router, definition);
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
