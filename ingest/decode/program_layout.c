/* SPDX-License-Identifier: BSD-3-Clause -- a program's memory, and its ops in their order. */
#include "ingest/decode/packet_etype.h"
#include "ingest/decode/program_draft.h"

#include <stdlib.h>

/* 1 and 58. */
#define ICMP_PROTOCOLS (UINT64_C(1) << 1 | UINT64_C(1) << 58)

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

/*
 * The Ethernet type that all records share, or 0 when each record contains it, or nothing does.
 * With an inner header the record decides, because the flow may put that header first.
 */
static uint16_t common_etype(const struct program_draft *draft)
{
    bool is_ipv4 =
        draft->ipv4_of[FLOW_SRC_ADDR] != DRAFT_NONE || draft->ipv4_of[FLOW_DST_ADDR] != DRAFT_NONE;
    bool is_ipv6 =
        draft->ipv6_of[FLOW_SRC_ADDR] != DRAFT_NONE || draft->ipv6_of[FLOW_DST_ADDR] != DRAFT_NONE;
    bool is_told = draft->number_of[FLOW_ETYPE] != DRAFT_NONE || has_op(draft, PROGRAM_PACKET);
    if (is_told || draft->has_inner || is_ipv4 == is_ipv6) {
        return 0;
    }
    return is_ipv4 ? PACKET_ETYPE_IPV4 : PACKET_ETYPE_IPV6;
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

/* Fields of the third presence word: as steps, they cost nothing where there are none. */
static void emit_rare_numbers(struct template_program *program, const struct program_draft *draft)
{
    uint32_t first = program->op_count;
    emit(program, draft, PROGRAM_NUMBER, 2);
    for (uint32_t i = first; i < program->op_count; i++) {
        program->ops[i].code = PROGRAM_FALLBACK;
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
    emit_rare_numbers(program, draft);
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

/* Protocol and ports, and no element of ICMP. */
static bool may_have_icmp_port(const struct program_draft *draft)
{
    bool has_icmp = draft->number_of[FLOW_ICMP_TYPE] != DRAFT_NONE ||
                    draft->number_of[FLOW_ICMP_CODE] != DRAFT_NONE || has_op(draft, PROGRAM_PACKET);
    return !has_icmp && draft->number_of[FLOW_PROTO] != DRAFT_NONE &&
           draft->number_of[FLOW_DST_PORT] != DRAFT_NONE;
}

enum err draft_finish(
    struct template_program **program_p, struct program_draft *draft, bool is_variable)
{
    pair_addresses(draft);
    size_t op_room = draft->count + DRAFT_TIMES;
    size_t copies = is_variable ? 2 : 1;
    struct template_program *program;
    size_t size = sizeof *program + copies * op_room * sizeof program->ops[0];
    program = calloc(1, size);
    if (program == NULL) {
        return ERR_MEMORY;
    }
    assemble(program, draft);
    program->size_bytes = size;
    program->etype = common_etype(draft);
    program->has_time = draft->time_scores[TIME_START] != 0 || draft->time_scores[TIME_END] != 0;
    program->has_sampling =
        draft->number_of[FLOW_SAMPLER_ID] != DRAFT_NONE || has_op(draft, PROGRAM_SAMPLING);
    program->icmp_protocols = may_have_icmp_port(draft) ? ICMP_PROTOCOLS : 0;
    program->has_original =
        has_op(draft, PROGRAM_ORIGINAL_IPV4) || has_op(draft, PROGRAM_ORIGINAL_IPV6);
    program->has_volume =
        draft->number_of[FLOW_BYTES] != DRAFT_NONE || draft->number_of[FLOW_PACKETS] != DRAFT_NONE;
    if (is_variable) {
        program->unplaced = program->ops + op_room;
        memcpy(program->unplaced, program->ops, program->op_count * sizeof program->ops[0]);
    }
    *program_p = program;
    return ERR_OK;
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
