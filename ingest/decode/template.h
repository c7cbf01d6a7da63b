/*
 * template.h -- a template: what the data records of an exporter look like.
 *
 * Keyed by protocol, observation domain and template id (RFC 7011 section 8, RFC 3954 section 5.2).
 * One that is kept (template_store.h) never changes but for when it was last announced, and what of
 * it goes to Extra. The decoder's thread owns it.
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
    TEMPLATE_MAX_EMPTY_FIELDS = 16
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
    uint32_t stream; /* whose announcement it is (stream.h) */
    uint32_t family; /* who else may use it; 0: nobody */
    uint16_t field_count;
    uint16_t scope_count; /* the first fields of an options template */
    bool is_options;
    bool is_variable;          /* some field has no fixed length */
    bool is_void;              /* out of force until it is announced again */
    uint32_t record_min_bytes; /* never 0 */
    uint64_t announced_ns;     /* last time */
    struct template_program *program;
    struct extra_program *extra; /* NULL: nothing is wanted besides */
    struct template_field fields[];
};

/* Which fields go to Extra, of those that no flow field takes and of all: docs/mapping.md. */
struct extra_choice {
    bool takes_all;
    const struct mapping *mapping; /* borrowed; the operator's names, or NULL */
};

/* What a template record on the wire says. */
struct template_definition {
    struct template_key key;
    uint32_t stream;
    uint32_t family;
    uint16_t field_count;
    uint16_t scope_count;
    bool is_options;
    const struct template_field *fields; /* borrowed */
};

/*
 * Copies the definition and compiles it. ERR_INVALID: it has no field with a length, too many
 * without, or a record of it fits no datagram. On success *template_p is owned by the caller.
 */
MUST_CHECK enum err template_new(struct template **template_p,
    const struct template_definition *definition, const struct extra_choice *choice);
/* Of one in a store: after it was unlinked. */
void template_destroy(struct template **template_p);

/* Memory held, for the budget. */
size_t template_bytes(const struct template *template);

/* Whether the definition, which has the same key, says nothing new. */
bool template_matches(
    const struct template *template, const struct template_definition *definition);
