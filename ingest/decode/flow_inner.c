/* SPDX-License-Identifier: BSD-3-Clause -- exchanges the outer and the inner packet of a flow. */
#include "ingest/decode/flow_inner.h"

#include "ingest/decode/flow_pair.h"

static const struct flow_pair PAIRS[] = {
    {FLOW_SRC_ADDR, FLOW_SRC_ADDR_ENCAP},
    {FLOW_DST_ADDR, FLOW_DST_ADDR_ENCAP},
    {FLOW_ETYPE, FLOW_ETYPE_ENCAP},
    {FLOW_PROTO, FLOW_PROTO_ENCAP},
    {FLOW_SRC_PORT, FLOW_SRC_PORT_ENCAP},
    {FLOW_DST_PORT, FLOW_DST_PORT_ENCAP},
    {FLOW_TCP_FLAGS, FLOW_TCP_FLAGS_ENCAP},
    {FLOW_IP_TOS, FLOW_IP_TOS_ENCAP},
    {FLOW_IP_TTL, FLOW_IP_TTL_ENCAP},
    {FLOW_IPV6_FLOW_LABEL, FLOW_IPV6_FLOW_LABEL_ENCAP},
    {FLOW_FRAGMENT_ID, FLOW_FRAGMENT_ID_ENCAP},
    {FLOW_FRAGMENT_OFFSET, FLOW_FRAGMENT_OFFSET_ENCAP},
};

void flow_swap_inner(struct flow *flow)
{
    if (!flow_has(flow, FLOW_SRC_ADDR_ENCAP) && !flow_has(flow, FLOW_DST_ADDR_ENCAP)) {
        return;
    }
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        flow_pair_swap(flow, &PAIRS[i]);
    }
}
