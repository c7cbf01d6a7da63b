/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records on what the device took off or changed. */
#include "ingest/decode/packet_header.h"
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

enum {
    NAT_PORTS_SIZE = 8,
    VLAN_ID_MASK = 0x0fff,
    LABELS_MAX = 32
};

/*
 * sFlow version 5 section 5: extended_mpls. The stack that came in counts where the sampled
 * header has none of its own; the one that went out has no field.
 */
enum sflow_record_outcome sflow_read_mpls(struct flow *flow, struct cursor record)
{
    struct address next_hop;
    bool is_known = sflow_xdr_address(&record, &next_hop);
    size_t labels = cursor_be32(&record);
    struct cursor stack = cursor_sub(&record, labels * 4);
    if (!is_known || cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    if (!address_is_unspecified(&next_hop) && !flow_has(flow, FLOW_NEXT_HOP)) {
        flow_set_next_hop(flow, &next_hop);
    }
    if (flow_has(flow, FLOW_HAS_MPLS)) {
        return SFLOW_RECORD_READ;
    }
    for (uint32_t i = 0; i < LABELS_MAX && cursor_left(&stack) > 0; i++) {
        packet_label_store(flow, i, cursor_be32(&stack));
    }
    return SFLOW_RECORD_READ;
}

/* sFlow version 5 section 5: extended_nat. */
enum sflow_record_outcome sflow_read_nat(struct flow *flow, struct cursor record)
{
    struct address src;
    struct address dst;
    if (!sflow_xdr_address(&record, &src) || !sflow_xdr_address(&record, &dst) ||
        cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    if (!address_is_unspecified(&src)) {
        flow_set_post_nat_src_addr(flow, &src);
    }
    if (!address_is_unspecified(&dst)) {
        flow_set_post_nat_dst_addr(flow, &dst);
    }
    return SFLOW_RECORD_READ;
}

/* sFlow Port NAT Structures: extended_nat_port. */
enum sflow_record_outcome sflow_read_nat_ports(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, NAT_PORTS_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    flow_set_post_nat_src_port(flow, load_be16(bytes + 2));
    flow_set_post_nat_dst_port(flow, load_be16(bytes + 6));
    return SFLOW_RECORD_READ;
}

/*
 * sFlow version 5 section 5: extended_vlantunnel. These tags, outermost first, were around the
 * frame before the device took them off, so a tag that the sampled header still has lies inside.
 */
enum sflow_record_outcome sflow_read_vlan_tunnel(struct flow *flow, struct cursor record)
{
    size_t tags = cursor_be32(&record);
    struct cursor stack = cursor_sub(&record, tags * 4);
    if (cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    if (tags == 0) {
        return SFLOW_RECORD_READ;
    }
    uint32_t outer = cursor_be32(&stack) & VLAN_ID_MASK;
    if (outer == 0) {
        return SFLOW_RECORD_READ; /* a priority tag says nothing of the VLAN */
    }
    bool has_frame_tag = flow_has(flow, FLOW_VLAN_ID);
    uint32_t frame_tag = has_frame_tag ? (uint32_t)flow->vlan_id : 0;
    flow_set_customer_vlan_id(flow, tags > 1 ? cursor_be32(&stack) & VLAN_ID_MASK : frame_tag);
    flow_set_vlan_id(flow, outer);
    return SFLOW_RECORD_READ;
}

/*
 * sFlow Tunnel Structures: extended_vni_egress, extended_vni_ingress. Tells the network of a packet
 * whose VXLAN header is not yet, or no longer, around it; a header in the sample knows better.
 */
enum sflow_record_outcome sflow_read_vni(struct flow *flow, struct cursor record)
{
    uint32_t vni = cursor_be32(&record);
    if (cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    if (!flow_has(flow, FLOW_TUNNEL_TYPE)) {
        flow_set_tunnel_id(flow, vni);
    }
    return SFLOW_RECORD_READ;
}
