/* SPDX-License-Identifier: BSD-3-Clause -- fills open fields of a flow. */
#include "ingest/decode/template_fill.h"

#include "ingest/decode/packet_etype.h"
#include "ingest/decode/program_draft.h"
#include "ingest/decode/program_step.h"

static void fill_address(const struct program_op *op, const uint8_t *record, struct flow *flow)
{
    enum flow_field field = (enum flow_field)op->destination;
    struct address address;
    bool is_there =
        program_step_address(&address, record + op->source, (enum program_code)op->code);
    if (!is_there || flow_has(flow, field)) {
        return;
    }
    memcpy((uint8_t *)flow + FLOW_FIELDS[field].offset, &address, sizeof address);
    flow_mark(flow, field, true);
    if (field == FLOW_SRC_ADDR && !flow_has(flow, FLOW_ETYPE)) {
        flow_set_etype(flow, op->code == PROGRAM_IPV4 ? PACKET_ETYPE_IPV4 : PACKET_ETYPE_IPV6);
    }
}

static void fill(struct program_op op, const uint8_t *record, struct flow *flow)
{
    switch ((enum program_code)op.code) {
    case PROGRAM_NUMBER:
        op.code = PROGRAM_FALLBACK;
        program_step_run(&op, record, flow);
        break;
    case PROGRAM_IPV4:
    case PROGRAM_IPV6:
        fill_address(&op, record, flow);
        break;
    case PROGRAM_EITHER_ADDRESS:
        op.code = PROGRAM_IPV4;
        fill_address(&op, record, flow);
        break;
    case PROGRAM_NOTHING: /* the other half of that pair */
        op.code = PROGRAM_IPV6;
        fill_address(&op, record, flow);
        break;
    default:
        program_step_run(&op, record, flow);
    }
}

void template_fill_record(const struct template_program *program, const struct record_place *places,
    const uint8_t *record, struct flow *flow)
{
    for (uint32_t i = 0; i < program->ends[PROGRAM_STEPS]; i++) {
        bool is_variable = program->unplaced != NULL;
        fill(is_variable ? template_program_op_at(program, i, places) : program->ops[i], record,
            flow);
    }
}

void template_fill_value(const struct element *element, const uint8_t *value, uint16_t length,
    uint16_t index, struct flow *flow)
{
    struct program_op op;
    if (!draft_value(&op, element, length)) {
        return;
    }
    if (op.code == PROGRAM_LABEL) {
        op.destination = index;
    }
    fill(op, value, flow);
}
