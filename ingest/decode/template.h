/*
 * template.h -- the templates of one exporter: what its data records look like.
 *
 * Keyed by protocol, observation domain and template id (RFC 7011 section 8, RFC 3954 section 5.2).
 * The source port is not part of the key, for a device may send templates and data from different
 * ports; but two processes on one address can announce one id with different fields, so the port
 * is remembered and, where an id is announced from several ports, decides. Bounded in number for
 * each exporter and in bytes for all of them. The decoder's thread owns it.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extra_program;
struct mapping;
struct template_program;

enum {
    TEMPLATE_FIRST_ID = 256,
    TEMPLATE_VARIABLE = 65535,  /* field length of RFC 7011 section 7 */
    TEMPLATE_MAX_FIELDS = 1024, /* the longest known in the field have about 150 */
    /* Fields without length cost time and no bytes, so that 64 KiB of one-byte records with a
     * thousand of them each would keep a worker busy for a second. Known exporters send three. */
    TEMPLATE_MAX_EMPTY_FIELDS = 16,
    TEMPLATE_BUCKETS = 128
};

/* Private enterprise number under which NetFlow 9's scope types (RFC 3954 section 6.1) are kept. */
#define TEMPLATE_SCOPE_PEN UINT32_C(0xffffffff)

struct template_field {
    uint32_t pen; /* 0: IANA */
    uint16_t id;
    uint16_t length; /* TEMPLATE_VARIABLE, or bytes */
};

struct template_key {
    uint32_t domain;
    uint16_t id;
    uint16_t version; /* 9 or 10 */
};

static inline bool template_key_equal(const struct template_key *a, const struct template_key *b)
{
    return a->id == b->id && a->domain == b->domain && a->version == b->version;
}

struct template
{
    struct template *next; /* of the same bucket */
    struct template_key key;
    uint16_t source_port;
    uint16_t field_count;
    uint16_t scope_count; /* the first fields of an options template */
    bool is_options;
    bool is_variable;          /* some field has no fixed length */
    uint32_t record_min_bytes; /* never 0 */
    uint64_t announced_ns;     /* last time */
    struct template_program *program;
    struct extra_program *extra; /* NULL: nothing is wanted besides */
    struct template_field fields[];
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

/* Which fields go to Extra, of those that no flow field takes and of all: docs/mapping.md. */
struct extra_choice {
    bool takes_all;
    const struct mapping *mapping; /* borrowed; the operator's names, or NULL */
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
    struct template *buckets[TEMPLATE_BUCKETS];
};

/* What a template record on the wire says. */
struct template_definition {
    struct template_key key;
    uint16_t source_port;
    uint16_t field_count;
    uint16_t scope_count;
    bool is_options;
    const struct template_field *fields; /* borrowed */
};

/* Borrows all as long as the store lives. */
void template_store_init(struct template_store *store, const struct template_limits *limits,
    const struct extra_choice *choice, struct template_budget *budget);
void template_store_clear(struct template_store *store);

/*
 * Learns or renews a template. ERR_INVALID: it has no field with a length, too many without,
 * or a record of it fits no datagram; ERR_FULL: a limit; ERR_MEMORY. Then what was there stays.
 */
MUST_CHECK enum err template_store_put(
    struct template_store *store, const struct template_definition *definition, uint64_t now_ns);

/* Whether that definition would take the place of another with the same key and port. */
bool template_store_replaces(
    struct template_store *store, const struct template_definition *definition);

/* The template for data from that port, lent until the store changes; NULL: none, or expired. */
struct template *template_store_find(struct template_store *store, const struct template_key *key,
    uint16_t source_port, uint64_t now_ns);

/*
 * Fits all templates to the choice, which has changed. One that memory does not suffice for sends
 * nothing to Extra until it is announced with other fields.
 */
void template_store_choose(struct template_store *store);
