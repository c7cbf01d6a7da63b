/*
 * template_store.h -- the templates of one exporter.
 *
 * A template is its stream's (stream.h), because processes on one address can announce one id with
 * different fields. A stream without one of an id may use that of another stream where
 * stream_may_use() says so, because devices may send templates and data from different ports.
 * Bounded in number for each exporter and in bytes for all of them. The decoder's thread owns it.
 */
#pragma once

#include "common/hash.h"
#include "ingest/decode/stream.h"
#include "ingest/decode/template.h"

enum {
    TEMPLATE_BUCKETS = 128
};

/*
 * Each exporter has bytes of its own, which nobody takes from it; of those for all it may take as
 * many as it leaves to the others.
 */
struct template_limits {
    uint32_t max_per_exporter;
    uint64_t own_bytes;
    uint64_t max_shared_bytes;
    uint64_t lifetime_ns; /* since last announced; 0: for ever */
};

/* Bytes that the exporters of a decoder hold beyond their own. */
struct template_budget {
    uint64_t shared_bytes;
};

struct template_store {
    const struct template_limits *limits;
    const struct extra_choice *choice;
    struct template_budget *budget;
    uint32_t count;
    uint64_t bytes;
    uint64_t swept_ns; /* last search for expired ones */
    struct hash_seed seed;
    struct template *buckets[TEMPLATE_BUCKETS];
};

/* Borrows all as long as the store lives. */
void template_store_init(struct template_store *store, const struct template_limits *limits,
    const struct extra_choice *choice, struct template_budget *budget);
void template_store_clear(struct template_store *store);

/*
 * Learns or renews a template. ERR_INVALID: it has no field with a length, too many without,
 * or a record of it fits no datagram; ERR_FULL: a limit; ERR_MEMORY. Then what was there stays,
 * until the caller voids it.
 */
MUST_CHECK enum err template_store_put(
    struct template_store *store, const struct template_definition *definition, uint64_t now_ns);

/* Whether that definition would take the place of another with the same key and stream. */
bool template_store_replaces(
    struct template_store *store, const struct template_definition *definition);

/*
 * Takes what the stream would use of that key out of force: a later announcement was refused, cut
 * or a withdrawal, so its data no longer has the old layout. A template that is announced again,
 * even with the same fields, is in force again.
 */
void template_store_void(
    struct template_store *store, const struct template_key *key, const struct stream *stream);

/* The same for all templates, or all options templates, of that version that are the stream's. */
void template_store_void_all(
    struct template_store *store, uint16_t version, const struct stream *stream, bool is_options);

/*
 * From now on the streams of that family may use the stream's templates; 0: nobody but itself,
 * because its exporter has restarted.
 */
void template_store_lend(struct template_store *store, uint32_t stream, uint32_t family);

/* Frees the stream's templates. */
void template_store_forget(struct template_store *store, uint32_t stream);

/*
 * The template for data of that stream, lent until the store changes; NULL: none, expired or out of
 * force.
 */
struct template *template_store_find(struct template_store *store, const struct template_key *key,
    const struct stream *stream, uint64_t now_ns);

/*
 * Fits all templates to the choice, which has changed. One that memory does not suffice for sends
 * nothing to Extra until it is announced with other fields.
 */
void template_store_choose(struct template_store *store);
