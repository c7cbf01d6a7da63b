/* SPDX-License-Identifier: BSD-3-Clause -- compiles a template's fields to a program. */
#include "ingest/decode/program_draft.h"

#include <stdlib.h>

/* Etypes of the two families. */
enum {
    ETYPE_IPV4 = 0x0800,
    ETYPE_IPV6 = 0x86dd
};

/* The op for an element's conversion, and the only field length it takes (0: 1 to 8 bytes). */
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
    [ELEMENT_ICMP] = {PROGRAM_NOTHING, 2},
    [ELEMENT_PACKET] = {PROGRAM_NOTHING, 0},
    [ELEMENT_LIST] = {PROGRAM_NOTHING, 0},
    [ELEMENT_LABEL] = {PROGRAM_LABEL, 3},
    [ELEMENT_FLAGS] = {PROGRAM_FLAGS, 0},
    [ELEMENT_REVERSE_FLAGS] = {PROGRAM_FLAGS, 0},
    [ELEMENT_DSCP] = {PROGRAM_DSCP, 0},
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
};

static bool fits(const struct conversion *conversion, uint16_t length)
{
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

/* The field may have several lines in the element map. */
static void compile_field(struct program_draft *draft, const struct draft_source *source,
    const struct template_field *field, bool is_reverse)
{
    bool is_reverse_pen = field->pen == ELEMENT_REVERSE_PEN;
    uint32_t pen = is_reverse_pen ? 0 : field->pen;
    const struct element *element = element_find(pen, field->id);
    while (element != NULL && element->pen == pen && element->id == field->id) {
        if (is_wanted(element, is_reverse_pen, is_reverse)) {
            compile_element(draft, source, element);
        }
        element = element_next(element);
    }
}

static void compile_fields(struct program_draft *draft, const struct template_field *fields,
    uint16_t field_count, bool is_reverse)
{
    struct draft_source source = {.index = 0};
    for (; source.index < field_count; source.index++) {
        const struct template_field *field = &fields[source.index];
        source.length = field->length;
        if (field->length > 0) { /* without bytes it says nothing, in any record */
            compile_field(draft, &source, field, is_reverse);
        }
        source.offset += field->length;
    }
}

/* Where both families can fill a field, the record decides: the pair becomes one step. */
static void pair_addresses(struct program_draft *draft)
{
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        int ipv4 = draft->ipv4_of[field];
        int ipv6 = draft->ipv6_of[field];
        if (ipv4 != DRAFT_NONE && ipv6 != DRAFT_NONE) {
            draft->ops[ipv4].code = PROGRAM_EITHER_ADDRESS;
            draft->ops[ipv6].code = PROGRAM_NOTHING; /* emitted behind its partner */
        }
    }
}

static bool has_op(const struct program_draft *draft, enum program_code code)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        if (draft->ops[i].code == code) {
            return true;
        }
    }
    return false;
}

/* The Ethernet type that all records share, or 0 when each record tells, or nothing does. */
static uint16_t common_etype(const struct program_draft *draft)
{
    bool is_ipv4 =
        draft->ipv4_of[FLOW_SRC_ADDR] != DRAFT_NONE || draft->ipv4_of[FLOW_DST_ADDR] != DRAFT_NONE;
    bool is_ipv6 =
        draft->ipv6_of[FLOW_SRC_ADDR] != DRAFT_NONE || draft->ipv6_of[FLOW_DST_ADDR] != DRAFT_NONE;
    bool is_told = draft->number_of[FLOW_ETYPE] != DRAFT_NONE || has_op(draft, PROGRAM_PACKET);
    if (is_told || is_ipv4 == is_ipv6) {
        return 0;
    }
    return is_ipv4 ? ETYPE_IPV4 : ETYPE_IPV6;
}

static void emit(struct template_program *program, const struct program_draft *draft,
    enum program_code code, int word)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct program_op *op = &draft->ops[i];
        if (op->code != code || (word != DRAFT_NONE && op->word != word)) {
            continue;
        }
        program->ops[program->op_count++] = *op;
        if (code == PROGRAM_EITHER_ADDRESS) {
            program->ops[program->op_count++] = draft->ops[draft->ipv6_of[op->destination]];
        }
    }
}

/* Steps run in the order of enum program_code, so that what others need is known before. */
static void assemble(struct template_program *program, const struct program_draft *draft)
{
    emit(program, draft, PROGRAM_NUMBER, 0);
    program->ends[PROGRAM_LOW_NUMBERS] = program->op_count;
    emit(program, draft, PROGRAM_NUMBER, 1);
    program->ends[PROGRAM_HIGH_NUMBERS] = program->op_count;
    emit(program, draft, PROGRAM_IPV4, DRAFT_NONE);
    emit(program, draft, PROGRAM_IPV6, DRAFT_NONE);
    program->ends[PROGRAM_ADDRESSES] = program->op_count;
    for (int code = PROGRAM_FALLBACK; code <= PROGRAM_SYSTEM_INIT; code++) {
        emit(program, draft, (enum program_code)code, DRAFT_NONE);
    }
    for (int slot = 0; slot < DRAFT_TIMES; slot++) {
        if (draft->time_scores[slot] != 0) {
            program->ops[program->op_count++] = draft->times[slot];
        }
    }
    for (int code = PROGRAM_DURATION; code <= PROGRAM_PACKET; code++) {
        emit(program, draft, (enum program_code)code, DRAFT_NONE);
    }
    program->ends[PROGRAM_STEPS] = program->op_count;
    emit(program, draft, PROGRAM_LIST, DRAFT_NONE);
    program->ends[PROGRAM_LISTS] = program->op_count;
}

static enum err program_new(
    struct template_program **program_p, const struct program_draft *draft, bool is_variable)
{
    size_t op_room = draft->count + DRAFT_TIMES;
    size_t copies = is_variable ? 2 : 1;
    struct template_program *program =
        calloc(1, sizeof *program + copies * op_room * sizeof program->ops[0]);
    if (program == NULL) {
        return ERR_MEMORY;
    }
    assemble(program, draft);
    program->size_bytes = sizeof *program + copies * op_room * sizeof program->ops[0];
    program->etype = common_etype(draft);
    program->has_time = draft->time_scores[TIME_START] != 0 || draft->time_scores[TIME_END] != 0;
    program->has_sampling =
        draft->number_of[FLOW_SAMPLER_ID] != DRAFT_NONE || has_op(draft, PROGRAM_SAMPLING);
    program->has_volume =
        draft->number_of[FLOW_BYTES] != DRAFT_NONE || draft->number_of[FLOW_PACKETS] != DRAFT_NONE;
    if (is_variable) {
        program->unplaced = program->ops + op_room;
        memcpy(program->unplaced, program->ops, program->op_count * sizeof program->ops[0]);
    }
    *program_p = program;
    return ERR_OK;
}

/* One direction; an answer of which nothing is told gives NULL. */
static enum err compile_direction(struct template_program **program_p,
    const struct template_field *fields, uint16_t field_count, bool is_reverse)
{
    struct program_op *ops = calloc((size_t)field_count * DRAFT_OPS_PER_FIELD + 1, sizeof *ops);
    if (ops == NULL) {
        return ERR_MEMORY;
    }
    struct program_draft draft;
    draft_start(&draft, ops);
    compile_fields(&draft, fields, field_count, is_reverse);
    pair_addresses(&draft);
    bool is_variable = false;
    for (uint32_t i = 0; i < field_count; i++) {
        is_variable |= fields[i].length == TEMPLATE_VARIABLE;
    }
    enum err err = program_new(program_p, &draft, is_variable);
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

void template_program_destroy(struct template_program **program_p)
{
    if (*program_p == NULL) {
        return;
    }
    template_program_destroy(&(*program_p)->reverse);
    free(*program_p);
    *program_p = NULL;
}

size_t template_program_bytes(const struct template_program *program)
{
    size_t reverse = program->reverse != NULL ? program->reverse->size_bytes : 0;
    return program->size_bytes + reverse;
}

struct program_op template_program_op_at(
    const struct template_program *program, uint32_t index, const struct record_place *places)
{
    struct program_op op = program->unplaced[index];
    const struct record_place *place = &places[op.field];
    bool is_variable = op.length == TEMPLATE_VARIABLE;
    draft_place(&op, (uint32_t)place->offset + op.within, is_variable ? place->length : op.length);
    return op;
}

void template_program_place(struct template_program *program, const struct record_place *places)
{
    for (uint32_t i = 0; i < program->op_count; i++) {
        program->ops[i] = template_program_op_at(program, i, places);
    }
    if (program->reverse != NULL) {
        template_program_place(program->reverse, places);
    }
}
