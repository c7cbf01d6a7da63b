/*
 * program_draft.h -- a program while its template is compiled: which field gets which op.
 *
 * Settles what happens when several fields of a template have one destination: the better one is
 * taken, the others fill in where it is 0. template_compile.c drafts; the decoder's thread.
 */
#pragma once

#include "ingest/decode/elements.h"
#include "ingest/decode/template_program.h"

enum {
    DRAFT_OPS_PER_FIELD = 2, /* most that the lines of one element give */
    DRAFT_OPS_MORE = 2,      /* that no field has: draft_inner(), draft_delta() */
    DRAFT_TIMES = 2,         /* start and end */
    DRAFT_NONE = -1
};

/* What a number is worth where several fill one field. */
enum draft_rank {
    DRAFT_TOTAL,    /* counts since the flow began: nothing beside a count since the last export */
    DRAFT_FALLBACK, /* fills in where the better one is 0 */
    DRAFT_FIRST
};

/* Indices are into ops, or DRAFT_NONE. */
struct program_draft {
    struct program_op *ops; /* borrowed; DRAFT_OPS_PER_FIELD for each field, DRAFT_OPS_MORE */
    uint32_t count;
    int number_of[FLOW_FIELD_COUNT];
    enum draft_rank rank_of[FLOW_FIELD_COUNT]; /* of that op */
    int ipv4_of[FLOW_FIELD_COUNT];
    int ipv6_of[FLOW_FIELD_COUNT];
    struct program_op times[DRAFT_TIMES];
    int time_scores[DRAFT_TIMES]; /* 0: no such time */
    bool has_inner;               /* address of a packet inside the packet */
};

/* A field of the template. */
struct draft_source {
    uint16_t index;
    uint16_t length;
    uint8_t within;  /* first byte of it that counts */
    uint32_t offset; /* meaningless behind a field of variable length: placed for each record */
};

void draft_start(struct program_draft *draft, struct program_op *ops);

/* Of two numbers for one field that of the lower rank loses, then the later one. */
void draft_number(struct program_draft *draft, const struct draft_source *source,
    enum flow_field field, enum draft_rank rank);

/* Elements 32 and 139: type and code become a number of one byte each. */
void draft_icmp(struct program_draft *draft, const struct draft_source *source);

/* Of two addresses for one field an `is_always` one wins, then the earlier one. */
void draft_address(struct program_draft *draft, const struct draft_source *source,
    enum flow_field field, bool is_ipv4, bool is_always);

/* The finest absolute time wins; an observation time gives way to any flow time. */
void draft_time(struct program_draft *draft, const struct draft_source *source,
    enum element_time target, enum program_code code);

void draft_step(struct program_draft *draft, const struct draft_source *source,
    enum program_code code, uint16_t destination);

/*
 * After the last field: what follows from an inner header, if the draft has an address of one.
 * `is_ip_in_ip`: its elements came twice, which says that IP is in IP.
 */
void draft_inner(struct program_draft *draft, bool is_ip_in_ip);

/*
 * For a template with initiatorOctets (231) and firewallEvent: a connection's update has the octets
 * since the one before, and its end has the total (Cisco ASA, NSEL implementation note).
 */
void draft_delta(struct program_draft *draft);

/*
 * The program of what was drafted, its ops in the order in which they run: program_layout.c.
 * `is_variable`: the template has fields of variable length. On success *program_p is owned by the
 * caller: template_program_destroy() it.
 */
MUST_CHECK enum err draft_finish(
    struct template_program **program_p, struct program_draft *draft, bool is_variable);

/* An op that belongs to no draft. Of a number for a field the bits that this cannot hold are cut.
 */
struct program_op draft_op(
    const struct draft_source *source, enum program_code code, uint16_t destination);

/* Sets source, length and mask for a field at that place of the record. */
void draft_place(struct program_op *op, uint32_t offset, uint16_t length);

/*
 * The op that reads a single value of that element and length, without a template around it; false:
 * there is none. template_compile.c.
 */
MUST_CHECK bool draft_value(struct program_op *op, const struct element *element, uint16_t length);
