/* SPDX-License-Identifier: BSD-3-Clause -- collects the ops of a program. */
#include "ingest/decode/program_draft.h"

static uint64_t mask_of_size(size_t size_bytes)
{
    if (size_bytes > 8) {
        return 0;
    }
    return size_bytes == 8 ? UINT64_MAX : (UINT64_C(1) << size_bytes * 8) - 1;
}

/* The bits that a flow field can hold: values in a record may be wider than they should be. */
static uint64_t mask_of_field(enum flow_field field)
{
    switch (field) {
    case FLOW_VLAN_ID:
    case FLOW_SRC_VLAN:
    case FLOW_DST_VLAN:
    case FLOW_CUSTOMER_VLAN_ID:
    case FLOW_TCP_FLAGS: /* RFC 9565: above is TCP's data offset, to be ignored */
        return 0xfff;
    case FLOW_FRAGMENT_OFFSET:
        return 0x1fff;
    case FLOW_IPV6_FLOW_LABEL:
        return 0xfffff;
    default:
        return mask_of_size(FLOW_FIELDS[field].size_bytes);
    }
}

/* Reads whole bytes at its source, not a number that ends there. */
static bool is_bytes(enum program_code code)
{
    switch (code) {
    case PROGRAM_IPV4:
    case PROGRAM_IPV6:
    case PROGRAM_EITHER_ADDRESS:
    case PROGRAM_APPEND_IPV4:
    case PROGRAM_APPEND_IPV6:
    case PROGRAM_PACKET:
    case PROGRAM_LIST:
    case PROGRAM_TEXT:
    case PROGRAM_APPLICATION:
    case PROGRAM_SEGMENTS:
    case PROGRAM_ORIGINAL_IPV4:
    case PROGRAM_ORIGINAL_IPV6:
    case PROGRAM_ROUTING_HEADER:
    case PROGRAM_NOTHING: /* as a step: the IPv6 half of the pair in front of it */
        return true;
    default:
        return false;
    }
}

void draft_place(struct program_op *op, uint32_t offset, uint16_t length)
{
    op->length = length;
    if (is_bytes((enum program_code)op->code)) {
        op->source = (int32_t)offset;
        return;
    }
    op->source = (int32_t)offset + length - PROGRAM_HEADROOM;
    op->mask &= mask_of_size(length);
}

/* Puts a number, or a part of one, into a field of the flow. */
static bool is_for_field(enum program_code code)
{
    return code == PROGRAM_NUMBER || code == PROGRAM_FLAGS || code == PROGRAM_DSCP;
}

struct program_op draft_op(
    const struct draft_source *source, enum program_code code, uint16_t destination)
{
    struct program_op op = {.mask = UINT64_MAX,
        .field = source->index,
        .destination = destination,
        .within = source->within,
        .code = (uint8_t)code};
    draft_place(&op, source->offset, source->length);
    if (source->length == TEMPLATE_VARIABLE) {
        op.mask = UINT64_MAX; /* until the record tells the length */
    }
    if (is_for_field(code)) {
        op.mask &= mask_of_field((enum flow_field)destination);
    }
    return op;
}

static void aim_at_field(struct program_op *op, enum flow_field field)
{
    op->offset = (uint16_t)FLOW_FIELDS[field].offset;
    op->bit = (uint8_t)(field % 64);
    op->word = (uint8_t)(field / 64);
}

static void add_op(struct program_draft *draft, const struct program_op *op)
{
    draft->ops[draft->count++] = *op;
}

void draft_start(struct program_draft *draft, struct program_op *ops)
{
    *draft = (struct program_draft){.ops = ops};
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        draft->number_of[i] = DRAFT_NONE;
        draft->ipv4_of[i] = DRAFT_NONE;
        draft->ipv6_of[i] = DRAFT_NONE;
    }
}

void draft_number(struct program_draft *draft, const struct draft_source *source,
    enum flow_field field, enum draft_rank rank)
{
    if (source->length > 8 && source->length != TEMPLATE_VARIABLE) {
        return;
    }
    struct program_op op = draft_op(source, PROGRAM_NUMBER, (uint16_t)field);
    aim_at_field(&op, field);
    int rival = draft->number_of[field];
    if (rival != DRAFT_NONE && rank <= draft->rank_of[field]) {
        op.code = rank == DRAFT_TOTAL ? PROGRAM_NOTHING : PROGRAM_FALLBACK;
        add_op(draft, &op);
        return;
    }
    if (rival != DRAFT_NONE) {
        bool is_total = draft->rank_of[field] == DRAFT_TOTAL;
        draft->ops[rival].code = is_total ? PROGRAM_NOTHING : PROGRAM_FALLBACK;
    }
    draft->number_of[field] = (int)draft->count;
    draft->rank_of[field] = rank;
    add_op(draft, &op);
}

/* Type and code are a number of one byte each. */
void draft_icmp(struct program_draft *draft, const struct draft_source *source)
{
    if (source->length != 2) {
        return;
    }
    struct draft_source byte = {.index = source->index, .length = 1, .offset = source->offset};
    draft_number(draft, &byte, FLOW_ICMP_TYPE, DRAFT_FIRST);
    byte.offset++;
    byte.within = 1;
    draft_number(draft, &byte, FLOW_ICMP_CODE, DRAFT_FIRST);
}

void draft_address(struct program_draft *draft, const struct draft_source *source,
    enum flow_field field, bool is_ipv4, bool is_always)
{
    int *slot = is_ipv4 ? &draft->ipv4_of[field] : &draft->ipv6_of[field];
    if (source->length != (is_ipv4 ? 4 : 16)) {
        return;
    }
    if (*slot != DRAFT_NONE) {
        struct program_op *rival = &draft->ops[*slot];
        if (!is_always || rival->mask != 0) {
            return;
        }
        rival->code = PROGRAM_NOTHING;
    }
    struct program_op op = draft_op(source, is_ipv4 ? PROGRAM_IPV4 : PROGRAM_IPV6, (uint16_t)field);
    op.mask = is_always ? 1 : 0;
    aim_at_field(&op, field);
    *slot = (int)draft->count;
    add_op(draft, &op);
}

static void offer_time(
    struct program_draft *draft, const struct program_op *op, int score, int slot)
{
    if (score > draft->time_scores[slot]) {
        draft->time_scores[slot] = score;
        draft->times[slot] = *op;
        draft->times[slot].destination = (uint16_t)slot;
    }
}

void draft_time(struct program_draft *draft, const struct draft_source *source,
    enum element_time target, enum program_code code)
{
    static const int SCORES[] = {[PROGRAM_TIME_NTP_NS] = 12,
        [PROGRAM_TIME_NTP_US] = 10,
        [PROGRAM_TIME_MS] = 8,
        [PROGRAM_TIME_S] = 6,
        [PROGRAM_TIME_UPTIME] = 4,
        [PROGRAM_TIME_BEFORE_EXPORT] = 2};
    bool is_ntp = code == PROGRAM_TIME_NTP_NS || code == PROGRAM_TIME_NTP_US;
    if (source->length > 8 || (is_ntp && source->length != 8)) {
        return;
    }
    struct program_op op = draft_op(source, code, 0);
    bool is_both = target == TIME_BOTH;
    int score = is_both ? 1 : SCORES[code];
    if (is_both || target == TIME_START) {
        offer_time(draft, &op, score, TIME_START);
    }
    if (is_both || target == TIME_END) {
        offer_time(draft, &op, score, TIME_END);
    }
}

void draft_step(struct program_draft *draft, const struct draft_source *source,
    enum program_code code, uint16_t destination)
{
    struct program_op op = draft_op(source, code, destination);
    add_op(draft, &op);
}

void draft_inner(struct program_draft *draft, bool is_ip_in_ip)
{
    static const enum flow_field ADDRESSES[] = {FLOW_SRC_ADDR_ENCAP, FLOW_DST_ADDR_ENCAP};
    for (size_t i = 0; i < sizeof ADDRESSES / sizeof ADDRESSES[0]; i++) {
        draft->has_inner |= draft->ipv4_of[ADDRESSES[i]] != DRAFT_NONE ||
                            draft->ipv6_of[ADDRESSES[i]] != DRAFT_NONE;
    }
    if (draft->has_inner) {
        struct program_op op = {.code = PROGRAM_INNER, .destination = is_ip_in_ip};
        add_op(draft, &op);
    }
}

void draft_delta(struct program_draft *draft)
{
    struct program_op op = {.code = PROGRAM_DELTA};
    add_op(draft, &op);
}
