/*
 * flow_pair.h -- two fields of a flow that change places.
 *
 * Pure functions; any thread.
 */
#pragma once

#include "common/flow.h"

/* Both are numbers, or both addresses. */
struct flow_pair {
    enum flow_field one;
    enum flow_field other;
};

static inline void flow_pair_swap(struct flow *flow, const struct flow_pair *pair)
{
    const struct flow_field_info *info = &FLOW_FIELDS[pair->one];
    size_t size = info->kind == FLOW_KIND_ADDRESS ? sizeof(struct address) : sizeof(uint64_t);
    uint8_t *one = (uint8_t *)flow + info->offset;
    uint8_t *other = (uint8_t *)flow + FLOW_FIELDS[pair->other].offset;
    uint8_t kept[sizeof(struct address)];
    memcpy(kept, one, size);
    memcpy(one, other, size);
    memcpy(other, kept, size);
    bool had_one = flow_has(flow, pair->one);
    flow_mark(flow, pair->one, flow_has(flow, pair->other));
    flow_mark(flow, pair->other, had_one);
}
