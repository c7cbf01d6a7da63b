/* SPDX-License-Identifier: BSD-3-Clause -- the templates of one exporter. */
#include "ingest/decode/template_store.h"

#include "common/clock.h"
#include "ingest/decode/extra_program.h"

/* A full store is searched for expired templates this often at most. */
#define SWEEP_NS (UINT64_C(60) * NS_PER_S)

static struct template **bucket_of(struct template_store *store, const struct template_key *key)
{
    uint64_t hash = hash_words(&store->seed, key->domain, (uint64_t)key->version << 32 | key->id);
    return &store->buckets[hash % TEMPLATE_BUCKETS];
}

/* Of so many bytes of a store those that are not its own. */
static uint64_t shared_bytes(const struct template_store *store, uint64_t bytes)
{
    uint64_t own_bytes = store->limits->own_bytes;
    return bytes > own_bytes ? bytes - own_bytes : 0;
}

static bool may_grow_to(const struct template_store *store, uint64_t bytes)
{
    uint64_t wanted = shared_bytes(store, bytes);
    uint64_t left = store->limits->max_shared_bytes - store->budget->shared_bytes;
    return wanted <= shared_bytes(store, store->bytes) || wanted <= left;
}

static void resize(struct template_store *store, uint64_t bytes)
{
    store->budget->shared_bytes += shared_bytes(store, bytes) - shared_bytes(store, store->bytes);
    store->bytes = bytes;
}

static void unlink_and_free(struct template_store *store, struct template **link)
{
    struct template *template = *link;
    *link = template->next;
    store->count--;
    resize(store, store->bytes - template_bytes(template));
    template_destroy(&template);
}

static bool is_expired(
    const struct template_store *store, const struct template *template, uint64_t now_ns)
{
    uint64_t lifetime_ns = store->limits->lifetime_ns;
    return lifetime_ns != 0 && now_ns > template->announced_ns &&
           now_ns - template->announced_ns > lifetime_ns;
}

/* The link to the stream's own template, or to the bucket's end. */
static struct template **find_link(
    struct template_store *store, const struct template_key *key, uint32_t stream)
{
    struct template **link = bucket_of(store, key);
    while (
        *link != NULL && (!template_key_equal(&(*link)->key, key) || (*link)->stream != stream)) {
        link = &(*link)->next;
    }
    return link;
}

static bool fits_limits(const struct template_store *store, const struct template *template,
    const struct template *replaced)
{
    uint32_t count = store->count - (replaced != NULL ? 1 : 0);
    uint64_t bytes = store->bytes - (replaced != NULL ? template_bytes(replaced) : 0);
    return count < store->limits->max_per_exporter &&
           may_grow_to(store, bytes + template_bytes(template));
}

/* From this link to the bucket's end. */
static void drop_expired_behind(
    struct template_store *store, struct template **link, uint64_t now_ns)
{
    while (*link != NULL) {
        if ((*link)->is_void || is_expired(store, *link, now_ns)) {
            unlink_and_free(store, link);
        } else {
            link = &(*link)->next;
        }
    }
}

static void drop_expired(struct template_store *store, uint64_t now_ns)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        drop_expired_behind(store, &store->buckets[i], now_ns);
    }
    store->swept_ns = now_ns;
}

/* Takes the template; it replaces *own where that is not NULL. */
static void link_template(
    struct template_store *store, struct template *template, struct template **own)
{
    store->count++;
    resize(store, store->bytes + template_bytes(template));
    if (*own != NULL) {
        unlink_and_free(store, own);
    }
    struct template **bucket = bucket_of(store, &template->key);
    template->next = *bucket;
    *bucket = template;
}

void template_store_init(struct template_store *store, const struct template_limits *limits,
    const struct extra_choice *choice, struct template_budget *budget)
{
    *store = (struct template_store){
        .limits = limits, .choice = choice, .budget = budget, .seed = hash_seed_new()};
}

void template_store_clear(struct template_store *store)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        while (store->buckets[i] != NULL) {
            unlink_and_free(store, &store->buckets[i]);
        }
    }
}

enum err template_store_put(
    struct template_store *store, const struct template_definition *definition, uint64_t now_ns)
{
    if (store->count >= store->limits->max_per_exporter && now_ns > store->swept_ns + SWEEP_NS) {
        drop_expired(store, now_ns);
    }
    struct template **own = find_link(store, &definition->key, definition->stream);
    if (*own != NULL && template_matches(*own, definition)) {
        (*own)->announced_ns = now_ns;
        (*own)->family = definition->family;
        (*own)->is_void = false;
        return ERR_OK;
    }
    if (*own == NULL && store->count >= store->limits->max_per_exporter) {
        return ERR_FULL; /* before any work: a flood of templates should cost little */
    }
    struct template *template = NULL;
    enum err err = template_new(&template, definition, store->choice);
    if (err != ERR_OK) {
        return err;
    }
    template->announced_ns = now_ns;
    if (!fits_limits(store, template, *own)) {
        template_destroy(&template);
        return ERR_FULL;
    }
    link_template(store, template, own);
    return ERR_OK;
}

bool template_store_replaces(
    struct template_store *store, const struct template_definition *definition)
{
    const struct template *own = *find_link(store, &definition->key, definition->stream);
    return own != NULL && !template_matches(own, definition);
}

static bool may_use(const struct stream *stream, const struct template *template)
{
    return stream_may_use(stream, template->family, template->announced_ns);
}

void template_store_void(
    struct template_store *store, const struct template_key *key, const struct stream *stream)
{
    struct template *own = *find_link(store, key, stream->number);
    for (struct template *next = *bucket_of(store, key); next != NULL; next = next->next) {
        bool is_used = own != NULL ? next == own : may_use(stream, next);
        next->is_void |= is_used && template_key_equal(&next->key, key);
    }
}

void template_store_void_all(
    struct template_store *store, uint16_t version, const struct stream *stream, bool is_options)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        for (struct template *next = store->buckets[i]; next != NULL; next = next->next) {
            next->is_void |= next->stream == stream->number && next->key.version == version &&
                             next->is_options == is_options;
        }
    }
}

void template_store_lend(struct template_store *store, uint32_t stream, uint32_t family)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        for (struct template *next = store->buckets[i]; next != NULL; next = next->next) {
            next->family = next->stream == stream ? family : next->family;
        }
    }
}

static void forget_behind(struct template_store *store, struct template **link, uint32_t stream)
{
    while (*link != NULL) {
        if ((*link)->stream == stream) {
            unlink_and_free(store, link);
        } else {
            link = &(*link)->next;
        }
    }
}

void template_store_forget(struct template_store *store, uint32_t stream)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        forget_behind(store, &store->buckets[i], stream);
    }
}

struct template *template_store_find(struct template_store *store, const struct template_key *key,
    const struct stream *stream, uint64_t now_ns)
{
    struct template *found = NULL;
    for (struct template *next = *bucket_of(store, key); next != NULL; next = next->next) {
        if (!template_key_equal(&next->key, key)) {
            continue;
        }
        if (next->stream == stream->number) {
            return next->is_void || is_expired(store, next, now_ns) ? NULL : next;
        }
        bool is_usable =
            !next->is_void && may_use(stream, next) && !is_expired(store, next, now_ns);
        if (is_usable && (found == NULL || next->announced_ns > found->announced_ns)) {
            found = next;
        }
    }
    return found;
}

static void choose(struct template_store *store, struct template *template)
{
    if (template->is_options) {
        return;
    }
    uint64_t bytes_without = store->bytes - extra_program_bytes(template->extra);
    extra_program_destroy(&template->extra);
    if (extra_program_new(
            &template->extra, template->fields, template->field_count, store->choice) == ERR_OK &&
        !may_grow_to(store, bytes_without + extra_program_bytes(template->extra))) {
        extra_program_destroy(&template->extra);
    }
    resize(store, bytes_without + extra_program_bytes(template->extra));
}

void template_store_choose(struct template_store *store)
{
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        for (struct template *next = store->buckets[i]; next != NULL; next = next->next) {
            choose(store, next);
        }
    }
}
