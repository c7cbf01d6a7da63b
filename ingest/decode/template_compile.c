/* SPDX-License-Identifier: BSD-3-Clause -- compiles a template's fields to a program. */
#include "ingest/decode/program_draft.h"
#include "ingest/decode/template_headers.h"

#include <stdlib.h>

enum {
    INITIATOR_OCTETS = 231,
    FIREWALL_EVENT = 233
};

/*
 * The op for an element's conversion, and the only field length it takes: 0 stands for 1 to 8
 * bytes, TEMPLATE_VARIABLE for any.
 */
struct conversion {
    enum program_code code;
    uint16_t length;
};

/* Numbers, addresses and packets become ops of a template elsewhere, of a single value here. */
static const struct conversion CONVERSIONS[] = {
    [ELEMENT_NUMBER] = {PROGRAM_NUMBER, 0},
    [ELEMENT_FALLBACK] = {PROGRAM_NUMBER, 0},
    [ELEMENT_TOTAL] = {PROGRAM_NUMBER, 0},
    [ELEMENT_REVERSE] = {PROGRAM_NOTHING, 0},
    [ELEMENT_IPV4] = {PROGRAM_IPV4, 4},
    [ELEMENT_IPV6] = {PROGRAM_IPV6, 16},
    [ELEMENT_IPV4_OR_NONE] = {PROGRAM_IPV4, 4},
    [ELEMENT_IPV6_OR_NONE] = {PROGRAM_IPV6, 16},
    [ELEMENT_TEXT] = {PROGRAM_TEXT, TEMPLATE_VARIABLE},
    [ELEMENT_APPLICATION] = {PROGRAM_APPLICATION, TEMPLATE_VARIABLE},
    [ELEMENT_ORIGINAL_IPV4] = {PROGRAM_ORIGINAL_IPV4, 4},
    [ELEMENT_ORIGINAL_IPV6] = {PROGRAM_ORIGINAL_IPV6, 16},
    [ELEMENT_ICMP] = {PROGRAM_NOTHING, 2},
    [ELEMENT_PACKET] = {PROGRAM_NOTHING, 0},
    [ELEMENT_LIST] = {PROGRAM_NOTHING, 0},
    [ELEMENT_LABEL] = {PROGRAM_LABEL, 3},
    [ELEMENT_FLAGS] = {PROGRAM_FLAGS, 0},
    [ELEMENT_REVERSE_FLAGS] = {PROGRAM_FLAGS, 0},
    [ELEMENT_DSCP] = {PROGRAM_DSCP, 0},
    [ELEMENT_EXCEPTION] = {PROGRAM_EXCEPTION, 0},
    [ELEMENT_APPEND_NUMBER] = {PROGRAM_APPEND_NUMBER, 0},
    [ELEMENT_APPEND_IPV4] = {PROGRAM_APPEND_IPV4, 4},
    [ELEMENT_APPEND_IPV6] = {PROGRAM_APPEND_IPV6, 16},
    [ELEMENT_TIME_S] = {PROGRAM_TIME_S, 0},
    [ELEMENT_TIME_MS] = {PROGRAM_TIME_MS, 0},
    [ELEMENT_TIME_NTP_US] = {PROGRAM_TIME_NTP_US, 8},
    [ELEMENT_TIME_NTP_NS] = {PROGRAM_TIME_NTP_NS, 8},
    [ELEMENT_TIME_UPTIME] = {PROGRAM_TIME_UPTIME, 0},
    [ELEMENT_TIME_BEFORE_EXPORT] = {PROGRAM_TIME_BEFORE_EXPORT, 0},
    [ELEMENT_SYSTEM_INIT] = {PROGRAM_SYSTEM_INIT, 0},
    [ELEMENT_DURATION] = {PROGRAM_DURATION, 0},
    [ELEMENT_IP_VERSION] = {PROGRAM_IP_VERSION, 1},
    [ELEMENT_SAMPLING] = {PROGRAM_SAMPLING, 0},
    [ELEMENT_SECTION] = {PROGRAM_SECTION, 0},
    [ELEMENT_SEGMENTS] = {PROGRAM_SEGMENTS, TEMPLATE_VARIABLE},
    [ELEMENT_ROUTING_HEADER] = {PROGRAM_ROUTING_HEADER, TEMPLATE_VARIABLE},
};

static bool fits(const struct conversion *conversion, uint16_t length)
{
    if (conversion->length == TEMPLATE_VARIABLE) {
        return length >= 1;
    }
    return conversion->length == 0 ? length >= 1 && length <= 8 : length == conversion->length;
}

static void compile_step(
    struct program_draft *draft, const struct draft_source *source, const struct element *element)
{
    const struct conversion *conversion = &CONVERSIONS[element->conversion];
    if (!fits(conversion, source->length)) {
        return;
    }
    if (element->conversion >= ELEMENT_TIME_S &&
        element->conversion <= ELEMENT_TIME_BEFORE_EXPORT) {
        draft_time(draft, source, (enum element_time)element->target, conversion->code);
        return;
    }
    draft_step(draft, source, conversion->code, element->target);
}

static void compile_element(
    struct program_draft *draft, const struct draft_source *source, const struct element *element)
{
    enum flow_field field = (enum flow_field)element->target;
    switch (element->conversion) {
    case ELEMENT_NUMBER:
    case ELEMENT_REVERSE:
        draft_number(draft, source, field, DRAFT_FIRST);
        break;
    case ELEMENT_FALLBACK:
        draft_number(draft, source, field, DRAFT_FALLBACK);
        break;
    case ELEMENT_TOTAL:
        draft_number(draft, source, field, DRAFT_TOTAL);
        break;
    case ELEMENT_ICMP:
        draft_icmp(draft, source);
        break;
    case ELEMENT_IPV4:
    case ELEMENT_IPV4_OR_NONE:
        draft_address(draft, source, field, true, element->conversion == ELEMENT_IPV4);
        break;
    case ELEMENT_IPV6:
    case ELEMENT_IPV6_OR_NONE:
        draft_address(draft, source, field, false, element->conversion == ELEMENT_IPV6);
        break;
    case ELEMENT_PACKET:
        draft_step(draft, source, PROGRAM_PACKET, element->target);
        break;
    case ELEMENT_LIST:
        draft_step(draft, source, PROGRAM_LIST, element->target);
        break;
    default:
        compile_step(draft, source, element);
    }
}

bool draft_value(struct program_op *op, const struct element *element, uint16_t length)
{
    const struct conversion *conversion = &CONVERSIONS[element->conversion];
    bool is_answers = element->conversion == ELEMENT_REVERSE_FLAGS;
    if (!fits(conversion, length) || is_answers || conversion->code == PROGRAM_NOTHING) {
        return false;
    }
    struct draft_source source = {.length = length};
    *op = draft_op(&source, conversion->code, element->target);
    return true;
}

/* Which flow of a record, and which header of its packets, a field is compiled for. */
struct direction {
    bool is_reverse;
    bool is_inner;
};

/* Whether the line concerns the flow, or the flow of the answer, whichever is compiled. */
static bool is_wanted(const struct element *element, bool is_reverse_pen, bool is_reverse)
{
    switch (element->conversion) {
    case ELEMENT_REVERSE:
    case ELEMENT_REVERSE_FLAGS:
        return is_reverse;
    case ELEMENT_SYSTEM_INIT: /* the times of both count from it */
        return true;
    case ELEMENT_NUMBER:
    case ELEMENT_FALLBACK:
    case ELEMENT_TOTAL:
    case ELEMENT_FLAGS:
    case ELEMENT_DSCP:
    case ELEMENT_EXCEPTION:
    case ELEMENT_IPV4:
    case ELEMENT_IPV6:
    case ELEMENT_IPV4_OR_NONE:
    case ELEMENT_IPV6_OR_NONE:
    case ELEMENT_ICMP:
    case ELEMENT_TIME_S:
    case ELEMENT_TIME_MS:
    case ELEMENT_TIME_NTP_US:
    case ELEMENT_TIME_NTP_NS:
    case ELEMENT_TIME_UPTIME:
    case ELEMENT_TIME_BEFORE_EXPORT:
        return is_reverse == is_reverse_pen;
    default:
        return !is_reverse && !is_reverse_pen;
    }
}

/* The element's line for the inner one of two headers; false: it has no field there. */
static bool turn_inward(struct element *line, const struct element *element)
{
    enum flow_field field = template_headers_inner_field(element->id);
    *line = *element;
    line->target = (uint16_t)field;
    if (element->conversion == ELEMENT_IPV4) {
        line->conversion = ELEMENT_IPV4_OR_NONE;
    } else if (element->conversion == ELEMENT_IPV6) {
        line->conversion = ELEMENT_IPV6_OR_NONE;
    }
    return field != FLOW_FIELD_COUNT;
}

/* The field may have several lines in the element map. */
static void compile_field(struct program_draft *draft, const struct draft_source *source,
    const struct template_field *field, struct direction direction)
{
    bool is_reverse_pen = field->pen == ELEMENT_REVERSE_PEN;
    uint32_t pen = is_reverse_pen ? 0 : field->pen;
    const struct element *element = element_find(pen, field->id);
    while (element != NULL && element->pen == pen && element->id == field->id) {
        struct element line = *element;
        bool has_field = !direction.is_inner || turn_inward(&line, element);
        if (has_field && is_wanted(element, is_reverse_pen, direction.is_reverse)) {
            compile_element(draft, source, &line);
        }
        element = element_next(element);
    }
}

static bool has_field(const struct template_field *fields, uint16_t field_count, uint16_t id)
{
    for (uint16_t i = 0; i < field_count; i++) {
        if (fields[i].pen == 0 && fields[i].id == id && fields[i].length > 0) {
            return true;
        }
    }
    return false;
}

static void compile_fields(struct program_draft *draft, const struct template_field *fields,
    uint16_t field_count, bool is_reverse)
{
    bool is_inner[TEMPLATE_MAX_FIELDS];
    bool has_two_headers = template_headers_mark(is_inner, fields, field_count);
    struct draft_source source = {.index = 0};
    for (; source.index < field_count; source.index++) {
        const struct template_field *field = &fields[source.index];
        source.length = field->length;
        if (field->length > 0) { /* without bytes it says nothing, in any record */
            struct direction direction = {
                .is_reverse = is_reverse, .is_inner = is_inner[source.index]};
            compile_field(draft, &source, field, direction);
        }
        source.offset += field->length;
    }
    if (!is_reverse) {
        draft_inner(draft, has_two_headers);
    }
    if (!is_reverse && has_field(fields, field_count, INITIATOR_OCTETS) &&
        has_field(fields, field_count, FIREWALL_EVENT)) {
        draft_delta(draft);
    }
}

/* One direction; an answer of which nothing is told gives NULL. */
static enum err compile_direction(struct template_program **program_p,
    const struct template_field *fields, uint16_t field_count, bool is_reverse)
{
    struct program_op *ops =
        calloc((size_t)field_count * DRAFT_OPS_PER_FIELD + DRAFT_OPS_MORE, sizeof *ops);
    if (ops == NULL) {
        return ERR_MEMORY;
    }
    struct program_draft draft;
    draft_start(&draft, ops);
    compile_fields(&draft, fields, field_count, is_reverse);
    bool is_variable = false;
    for (uint32_t i = 0; i < field_count; i++) {
        is_variable |= fields[i].length == TEMPLATE_VARIABLE;
    }
    enum err err = draft_finish(program_p, &draft, is_variable);
    free(ops);
    if (err == ERR_OK && is_reverse && (*program_p)->op_count == 0) {
        template_program_destroy(program_p);
    }
    return err;
}

enum err template_program_new(
    struct template_program **program_p, const struct template_field *fields, uint16_t field_count)
{
    *program_p = NULL;
    enum err err = compile_direction(program_p, fields, field_count, false);
    if (err != ERR_OK) {
        return err;
    }
    err = compile_direction(&(*program_p)->reverse, fields, field_count, true);
    if (err != ERR_OK) {
        template_program_destroy(program_p);
    }
    return err;
}
