/*
 * program_step.h -- how the ops of a program read a record; those that concern the flow alone.
 *
 * Internal to ingest/decode: template_program.c runs records, template_fill.c what is inside them.
 */
#pragma once

#include "ingest/decode/template_program.h"

static inline uint64_t program_step_number(const uint8_t *record, const struct program_op *op)
{
    return load_be64(record + op->source) & op->mask;
}

/* A number, where the field is still 0. */
static inline void program_step_fallback(
    const struct program_op *op, const uint8_t *record, struct flow *flow)
{
    enum flow_field field = (enum flow_field)op->destination;
    if (!flow_has(flow, field)) {
        flow_set_number(flow, field, program_step_number(record, op));
    }
}

/* Whether the address is not all zeroes; `code` is PROGRAM_IPV4 or PROGRAM_IPV6. */
static inline bool program_step_address(
    struct address *address, const uint8_t *bytes, enum program_code code)
{
    if (code == PROGRAM_IPV4) {
        *address = address_from_ipv4(bytes);
        return load_be32(bytes) != 0;
    }
    *address = address_from_ipv6(bytes);
    return (load_be64(bytes) | load_be64(bytes + 8)) != 0;
}

/* Runs FALLBACK, FLAGS, DSCP, LABEL and APPEND_...; other codes do nothing. */
void program_step_run(const struct program_op *op, const uint8_t *record, struct flow *flow);
