/* SPDX-License-Identifier: BSD-3-Clause -- Ethernet and VLAN tags (IEEE 802.3, 802.1Q). */
#include "ingest/decode/packet_reader.h"

enum {
    ETHERNET_SIZE = 14,
    VLAN_TAG_SIZE = 4,
    SNAP_SIZE = 8,
    TYPE_MIN = 1536, /* a type field below this is a length: IEEE 802.3 clause 3.2.6 */
    VLAN_ID_MASK = 0x0fff
};

static enum packet_step follow_type_or_length(struct packet_reader *reader, uint16_t value)
{
    return value < TYPE_MIN ? PACKET_STEP_SNAP : packet_follow_etype(reader, value);
}

enum packet_step packet_read_ethernet(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, ETHERNET_SIZE);
    if (header == NULL) {
        return PACKET_STEP_END;
    }
    /* A frame inside a pseudowire leaves the addresses of the frame around it alone. */
    if (reader->depth == 0 && !flow_has(reader->flow, FLOW_HAS_MPLS)) {
        flow_set_dst_mac(reader->flow, load_be64(header) >> 16);
        flow_set_src_mac(reader->flow, load_be64(header + 6) >> 16);
    }
    return follow_type_or_length(reader, load_be16(header + 12));
}

/* The type of an IEEE 802.2 frame with a SNAP header (RFC 1042); other LLC frames have none. */
enum packet_step packet_read_snap(struct packet_reader *reader)
{
    static const uint8_t SNAP[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    const uint8_t *header = cursor_take(&reader->cursor, SNAP_SIZE);
    if (header == NULL || memcmp(header, SNAP, sizeof SNAP) != 0) {
        return PACKET_STEP_OTHER;
    }
    return packet_follow_etype(reader, load_be16(header + 6));
}

enum packet_step packet_read_vlan(struct packet_reader *reader)
{
    const uint8_t *tag = cursor_take(&reader->cursor, VLAN_TAG_SIZE);
    if (tag == NULL) {
        return PACKET_STEP_END;
    }
    struct flow *flow = reader->flow;
    uint16_t vlan_id = load_be16(tag) & VLAN_ID_MASK;
    if (reader->depth == 0 && !flow_has(flow, FLOW_VLAN_ID)) {
        flow_set_vlan_id(flow, vlan_id);
    } else if (reader->depth == 0 && !flow_has(flow, FLOW_CUSTOMER_VLAN_ID)) {
        flow_set_customer_vlan_id(flow, vlan_id);
    }
    return follow_type_or_length(reader, load_be16(tag + 2));
}

static enum packet_step step_of_etype(uint16_t etype)
{
    switch (etype) {
    case PACKET_ETYPE_IPV4:
        return PACKET_STEP_IPV4;
    case PACKET_ETYPE_IPV6:
        return PACKET_STEP_IPV6;
    case PACKET_ETYPE_VLAN:
    case PACKET_ETYPE_PROVIDER_VLAN:
    case PACKET_ETYPE_QINQ:
    case PACKET_ETYPE_QINQ_OTHER:
        return PACKET_STEP_VLAN;
    case PACKET_ETYPE_MPLS:
    case PACKET_ETYPE_MPLS_MULTICAST:
        return PACKET_STEP_MPLS;
    case PACKET_ETYPE_PPPOE:
        return PACKET_STEP_PPPOE;
    case PACKET_ETYPE_BRIDGED:
        return PACKET_STEP_ETHERNET;
    case PACKET_ETYPE_PPP:
        return PACKET_STEP_PPP;
    default:
        return PACKET_STEP_END;
    }
}

bool packet_knows_etype(uint16_t etype)
{
    return step_of_etype(etype) != PACKET_STEP_END;
}

/* What the packet around this one told: fields of two packets side by side would be of none. */
static void forget_inner(struct flow *flow)
{
    static const enum flow_field INNER[] = {FLOW_SRC_ADDR_ENCAP, FLOW_DST_ADDR_ENCAP,
        FLOW_PROTO_ENCAP, FLOW_SRC_PORT_ENCAP, FLOW_DST_PORT_ENCAP, FLOW_TCP_FLAGS_ENCAP,
        FLOW_IP_TOS_ENCAP, FLOW_IP_TTL_ENCAP, FLOW_IPV6_FLOW_LABEL_ENCAP, FLOW_FRAGMENT_ID_ENCAP,
        FLOW_FRAGMENT_OFFSET_ENCAP};
    for (size_t i = 0; i < sizeof INNER / sizeof INNER[0]; i++) {
        flow_mark(flow, INNER[i], false);
    }
}

static void store_inner_etype(struct packet_reader *reader, uint16_t etype)
{
    if (reader->inner_depth != 0 && reader->inner_depth != reader->depth) {
        forget_inner(reader->flow);
    }
    reader->inner_depth = reader->depth;
    flow_set_etype_encap(reader->flow, etype);
}

enum packet_step packet_follow_etype(struct packet_reader *reader, uint16_t etype)
{
    enum packet_step step = step_of_etype(etype);
    if (step == PACKET_STEP_VLAN) {
        return step;
    }
    if (reader->depth == 0) {
        flow_set_etype(reader->flow, etype);
    } else {
        store_inner_etype(reader, etype);
    }
    return step;
}
