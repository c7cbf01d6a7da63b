/* SPDX-License-Identifier: BSD-3-Clause -- turns a flow into that of its answer. */
#include "ingest/decode/flow_answer.h"

#include "ingest/decode/flow_pair.h"

static const struct flow_pair PAIRS[] = {
    {FLOW_SRC_ADDR, FLOW_DST_ADDR},
    {FLOW_SRC_PORT, FLOW_DST_PORT},
    {FLOW_SRC_AS, FLOW_DST_AS},
    {FLOW_SRC_NET, FLOW_DST_NET},
    {FLOW_SRC_MAC, FLOW_DST_MAC},
    {FLOW_SRC_VLAN, FLOW_DST_VLAN},
    {FLOW_IN_IF, FLOW_OUT_IF},
    {FLOW_INGRESS_VRF_ID, FLOW_EGRESS_VRF_ID},
    {FLOW_POST_NAT_SRC_ADDR, FLOW_POST_NAT_DST_ADDR},
    {FLOW_POST_NAT_SRC_PORT, FLOW_POST_NAT_DST_PORT},
    {FLOW_SRC_ADDR_ENCAP, FLOW_DST_ADDR_ENCAP},
    {FLOW_SRC_PORT_ENCAP, FLOW_DST_PORT_ENCAP},
};

/* Of the forward direction alone. */
static const enum flow_field ONE_WAY[] = {FLOW_BYTES, FLOW_PACKETS, FLOW_LAYER2_BYTES,
    FLOW_TCP_FLAGS, FLOW_IP_TTL, FLOW_IP_TOS, FLOW_NEXT_HOP, FLOW_BGP_NEXT_HOP, FLOW_NEXT_HOP_AS,
    FLOW_AS_PATH, FLOW_BGP_COMMUNITIES, FLOW_FRAGMENT_FLAGS, FLOW_IPSEC_SPI};

/* RFC 5103 section 6.3: whether the source is who began; a perimeter (3) has no sides to swap. */
enum {
    SOURCE_IS_INITIATOR = 1,
    SOURCE_IS_NOT_INITIATOR = 2
};

static void swap_initiator(struct flow *flow)
{
    uint64_t direction = flow_number(flow, FLOW_BI_FLOW_DIRECTION);
    if (direction == SOURCE_IS_INITIATOR || direction == SOURCE_IS_NOT_INITIATOR) {
        flow_set_bi_flow_direction(flow, SOURCE_IS_INITIATOR + SOURCE_IS_NOT_INITIATOR - direction);
    }
}

void flow_turn_round(struct flow *flow)
{
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        flow_pair_swap(flow, &PAIRS[i]);
    }
    for (size_t i = 0; i < sizeof ONE_WAY / sizeof ONE_WAY[0]; i++) {
        flow_mark(flow, ONE_WAY[i], false);
    }
    swap_initiator(flow);
}
