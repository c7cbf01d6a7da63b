/* SPDX-License-Identifier: BSD-3-Clause -- IPv4 (RFC 791) and IPv6 (RFC 8200). */
#include "ingest/decode/packet_reader.h"

enum {
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    FRAGMENT_OFFSET_MASK = 0x1fff,
    FRAGMENT_MORE = 0x2000
};

/* What IPv4 and IPv6 have in common. */
struct ip_header {
    struct address src;
    struct address dst;
    uint32_t flow_label;
    uint32_t fragment_id;
    uint32_t size;            /* of the packet, with the header */
    uint16_t fragment_offset; /* in units of 8 octets */
    uint8_t protocol;
    uint8_t tos;
    uint8_t ttl;
};

static void store_outer(struct flow *flow, const struct ip_header *ip)
{
    flow_set_src_addr(flow, &ip->src);
    flow_set_dst_addr(flow, &ip->dst);
    flow_set_proto(flow, ip->protocol);
    flow_set_ip_tos(flow, ip->tos);
    flow_set_ip_ttl(flow, ip->ttl);
    flow_set_ipv6_flow_label(flow, ip->flow_label);
    flow_set_fragment_id(flow, ip->fragment_id);
    flow_set_fragment_offset(flow, ip->fragment_offset);
}

static void store_inner(struct flow *flow, const struct ip_header *ip)
{
    flow_set_src_addr_encap(flow, &ip->src);
    flow_set_dst_addr_encap(flow, &ip->dst);
    flow_set_proto_encap(flow, ip->protocol);
    flow_set_ip_tos_encap(flow, ip->tos);
    flow_set_ip_ttl_encap(flow, ip->ttl);
    flow_set_ipv6_flow_label_encap(flow, ip->flow_label);
    flow_set_fragment_id_encap(flow, ip->fragment_id);
    flow_set_fragment_offset_encap(flow, ip->fragment_offset);
}

static void store(struct packet_reader *reader, const struct ip_header *ip)
{
    if (reader->depth == 0) {
        reader->ip_size = ip->size;
        store_outer(reader->flow, ip);
    } else {
        store_inner(reader->flow, ip);
    }
}

/* Few packets are fragments: the flags of the others, mostly not to cut them, are not told. */
static enum packet_step follow_fragment(struct packet_reader *reader, const uint8_t *header)
{
    uint16_t fragment = load_be16(header + 6);
    if (reader->depth == 0) {
        flow_set_fragment_flags(reader->flow, (fragment & ~FRAGMENT_OFFSET_MASK) >> 8);
    }
    /* Only the first one has the header of the protocol above. */
    bool is_first = (fragment & FRAGMENT_OFFSET_MASK) == 0;
    return is_first ? packet_follow_protocol(header[9]) : PACKET_STEP_END;
}

enum packet_step packet_read_ipv4(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, IPV4_SIZE);
    if (header == NULL) {
        return PACKET_STEP_END;
    }
    size_t header_size = (size_t)(header[0] & 0x0f) * 4;
    if (header[0] >> 4 != 4 || header_size < IPV4_SIZE) {
        return PACKET_STEP_OTHER;
    }
    cursor_skip(&reader->cursor, header_size - IPV4_SIZE);
    uint16_t fragment = load_be16(header + 6);
    struct ip_header ip = {
        .src = address_from_ipv4(header + 12),
        .dst = address_from_ipv4(header + 16),
        .size = load_be16(header + 2),
        .fragment_id = load_be16(header + 4),
        .fragment_offset = fragment & FRAGMENT_OFFSET_MASK,
        .protocol = header[9],
        .tos = header[1],
        .ttl = header[8],
    };
    store(reader, &ip);
    bool is_whole = (fragment & (FRAGMENT_OFFSET_MASK | FRAGMENT_MORE)) == 0;
    return is_whole ? packet_follow_protocol(ip.protocol) : follow_fragment(reader, header);
}

enum packet_step packet_read_ipv6(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, IPV6_SIZE);
    if (header == NULL) {
        return PACKET_STEP_END;
    }
    if (header[0] >> 4 != 6) {
        return PACKET_STEP_OTHER;
    }
    uint32_t first_word = load_be32(header);
    struct ip_header ip = {
        .src = address_from_ipv6(header + 8),
        .dst = address_from_ipv6(header + 24),
        .size = IPV6_SIZE + load_be16(header + 4),
        .flow_label = first_word & 0xfffff,
        .protocol = header[6],
        .tos = (uint8_t)(first_word >> 20),
        .ttl = header[7],
    };
    store(reader, &ip);
    return packet_follow_next_header(ip.protocol);
}

enum packet_step packet_follow_ip_version(struct packet_reader *reader)
{
    if (cursor_left(&reader->cursor) == 0) {
        return PACKET_STEP_END;
    }
    switch (reader->cursor.pos[0] >> 4) {
    case 4:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
    case 6:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
    default:
        return PACKET_STEP_END;
    }
}
