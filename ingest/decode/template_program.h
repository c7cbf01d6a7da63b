/*
 * template_program.h -- a template compiled to the few things its records are good for.
 *
 *   template fields:  8/4   12/4   7/2   11/2   4/1   2/4   1/4   22/4   21/4   ...
 *   program:          [numbers: source, mask, destination] [addresses] [steps: all else]
 *
 * Most fields are unsigned integers. One is loaded as the eight bytes that end with it, and masked
 * to its own size and its destination's: one load and one mask for every size, no branch. So a
 * record must have eight readable bytes in front of it, which the headers of its message and set
 * always are. Fields that no line of elements.def wants cost nothing.
 *
 * A program belongs to its template; compiled by template_compile.c, laid out by program_layout.c,
 * run by template_program.c.
 * Only the decoder's thread touches it. Formats: RFC 7011 section 6, RFC 3954 section 8.
 */
#pragma once

#include "common/cursor.h"
#include "common/err.h"
#include "common/flow.h"
#include "ingest/decode/elements.h"
#include "ingest/decode/record_place.h"
#include "ingest/decode/record_time.h"
#include "ingest/decode/sampling_facts.h"
#include "ingest/decode/template.h"

/* What must be readable in front of a record. */
enum {
    PROGRAM_HEADROOM = 8
};

enum program_code {
    PROGRAM_NUMBER,
    PROGRAM_IPV4,
    PROGRAM_IPV6,
    PROGRAM_FALLBACK,
    PROGRAM_FLAGS,
    PROGRAM_DSCP,
    PROGRAM_EXCEPTION,
    PROGRAM_APPLICATION,
    PROGRAM_TEXT,
    PROGRAM_IP_VERSION,
    PROGRAM_EITHER_ADDRESS, /* IPv4 here, IPv6 in the op behind: the one that is there */
    PROGRAM_DELTA,          /* whether the octets are part of a total to come */
    PROGRAM_INNER,          /* what the fields of an inner header say of the whole packet */
    PROGRAM_LABEL,
    PROGRAM_APPEND_NUMBER,
    PROGRAM_APPEND_IPV4,
    PROGRAM_APPEND_IPV6,
    PROGRAM_SEGMENTS,
    PROGRAM_ORIGINAL_IPV4,
    PROGRAM_ORIGINAL_IPV6,
    PROGRAM_ROUTING_HEADER,
    PROGRAM_SYSTEM_INIT,
    PROGRAM_TIME_S,
    PROGRAM_TIME_MS,
    PROGRAM_TIME_NTP_US,
    PROGRAM_TIME_NTP_NS,
    PROGRAM_TIME_UPTIME,
    PROGRAM_TIME_BEFORE_EXPORT,
    PROGRAM_DURATION,
    PROGRAM_SAMPLING,
    PROGRAM_SECTION,
    PROGRAM_PACKET,
    PROGRAM_LIST,
    PROGRAM_NOTHING
};

struct program_op {
    uint64_t mask;   /* bits of the loaded number that count; addresses: not 0: 0.0.0.0 counts */
    int32_t source;  /* from the record's start: numbers - 8 bytes before the field's end */
    uint16_t length; /* of the field */
    uint16_t field;  /* its index in the template */
    uint16_t destination; /* numbers, addresses: flow field; else what the code wants */
    uint16_t offset;      /* of that flow field in struct flow */
    uint8_t bit;          /* its presence bit ... */
    uint8_t word;         /* ... in this word */
    uint8_t code;         /* enum program_code */
    uint8_t within;       /* bytes of the field in front of the source */
};

/* The sections of a program, in order. */
enum program_section {
    PROGRAM_LOW_NUMBERS,  /* presence bit in the first word */
    PROGRAM_HIGH_NUMBERS, /* in the second */
    PROGRAM_ADDRESSES,
    PROGRAM_STEPS,
    PROGRAM_LISTS, /* not run here: record_list.c */
    PROGRAM_SECTION_COUNT
};

struct template_program {
    struct template_program *reverse; /* what is told of the answer (RFC 5103), or NULL */
    struct program_op *unplaced;      /* of a template with variable lengths: before placing */
    size_t size_bytes;
    uint64_t icmp_protocols; /* bit n: protocol n has type and code in the destination port */
    uint16_t etype;          /* of every record, or 0 */
    bool has_time;
    bool has_sampling; /* records name a rate or a sampler */
    bool has_original; /* records name the exporter behind a mediator */
    bool has_volume;   /* records have bytes or packets */
    uint32_t op_count;
    uint32_t ends[PROGRAM_SECTION_COUNT]; /* index behind each section */
    struct program_op ops[];
};

/* Records hold lists (RFC 6313). */
static inline bool template_program_has_lists(const struct template_program *program)
{
    return program->ends[PROGRAM_LISTS] > program->ends[PROGRAM_STEPS];
}

/* What a record says besides flow fields. */
struct record_facts {
    struct export_clock clock;
    uint64_t times_ns[2]; /* start and end; 0: unknown */
    uint64_t duration_us;
    uint64_t ip_version;
    uint64_t inner_ip_version;
    uint16_t section[SECTION_FACT_COUNT];
    struct sampling_facts sampling;
};

/* On success *program_p is owned by the caller: template_program_destroy() it. */
MUST_CHECK enum err template_program_new(
    struct template_program **program_p, const struct template_field *fields, uint16_t field_count);
void template_program_destroy(struct template_program **program_p);

/* Memory held, for the budget. */
size_t template_program_bytes(const struct template_program *program);

/* The op as it is for one record of a template with variable lengths. */
struct program_op template_program_op_at(
    const struct template_program *program, uint32_t index, const struct record_place *places);

/* Fits the program to one record of a template with variable lengths. */
void template_program_place(struct template_program *program, const struct record_place *places);

/* Whether the record has octets or packets, other than 0, for the program. */
bool template_program_has_volume(const struct template_program *program, const uint8_t *record);

/* Sets the flow's fields from one record; `facts` holds the clock and takes the rest. */
void template_program_run(const struct template_program *program, const uint8_t *record,
    struct flow *flow, struct record_facts *facts);
