/* SPDX-License-Identifier: BSD-3-Clause -- IPv4 (RFC 791), IPv6 (RFC 8200), extension headers. */
#include "ingest/decode/packet_reader.h"

enum {
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    FRAGMENT_OFFSET_MASK = 0x1fff,
    EXTENSIONS_MAX = 8, /* RFC 8200 section 4.1 names seven, each once */
    EXTENSION_MIN_SIZE = 8,
    ROUTING_ADDRESS_OFFSET = 8
};

/* Next-header values that are extension headers (RFC 7045 section 4). */
enum extension {
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AUTHENTICATION = 51,
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSION_HOST_IDENTITY = 139,
    EXTENSION_SHIM6 = 140
};

enum routing_type {
    ROUTING_SOURCE = 0,  /* RFC 2460, deprecated by RFC 5095 */
    ROUTING_SEGMENTS = 4 /* SRv6, RFC 8754 */
};

/* What IPv4 and IPv6 have in common. */
struct ip_header {
    struct address src;
    struct address dst;
    uint32_t flow_label;
    uint32_t fragment_id;
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

/* Only the first fragment has the header of the protocol above. */
static enum packet_step finish(struct packet_reader *reader, const struct ip_header *ip)
{
    if (reader->depth == 0) {
        store_outer(reader->flow, ip);
    } else {
        store_inner(reader->flow, ip);
    }
    return ip->fragment_offset == 0 ? packet_follow_protocol(ip->protocol) : PACKET_STEP_END;
}

enum packet_step packet_read_ipv4(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, IPV4_SIZE);
    if (header == NULL || header[0] >> 4 != 4) {
        return PACKET_STEP_END;
    }
    size_t header_size = (size_t)(header[0] & 0x0f) * 4;
    if (header_size < IPV4_SIZE) {
        return PACKET_STEP_END;
    }
    cursor_skip(&reader->cursor, header_size - IPV4_SIZE);
    struct ip_header ip = {
        .src = address_from_ipv4(header + 12),
        .dst = address_from_ipv4(header + 16),
        .fragment_id = load_be16(header + 4),
        .fragment_offset = load_be16(header + 6) & FRAGMENT_OFFSET_MASK,
        .protocol = header[9],
        .tos = header[1],
        .ttl = header[8],
    };
    return finish(reader, &ip);
}

static size_t extension_size(uint8_t extension, const uint8_t *header)
{
    switch (extension) {
    case EXTENSION_FRAGMENT:
        return EXTENSION_MIN_SIZE;
    case EXTENSION_AUTHENTICATION:
        return ((size_t)header[1] + 2) * 4; /* RFC 4302 section 2.2 */
    default:
        return ((size_t)header[1] + 1) * 8;
    }
}

static bool is_extension(uint8_t next_header)
{
    switch (next_header) {
    case EXTENSION_HOP_BY_HOP:
    case EXTENSION_ROUTING:
    case EXTENSION_FRAGMENT:
    case EXTENSION_AUTHENTICATION:
    case EXTENSION_DESTINATION:
    case EXTENSION_MOBILITY:
    case EXTENSION_HOST_IDENTITY:
    case EXTENSION_SHIM6:
        return true;
    default:
        return false;
    }
}

/* The header may end in TLVs (SRv6): its own count of segments limits the list. */
static void store_routing(struct packet_reader *reader, struct cursor header)
{
    const uint8_t *fixed = cursor_take(&header, ROUTING_ADDRESS_OFFSET);
    if (reader->depth != 0 || fixed == NULL) {
        return;
    }
    flow_set_ipv6_routing_segments_left(reader->flow, fixed[3]);
    size_t addresses = cursor_left(&header) / 16;
    if (fixed[2] == ROUTING_SEGMENTS && addresses > (size_t)fixed[4] + 1) {
        addresses = (size_t)fixed[4] + 1;
    } else if (fixed[2] != ROUTING_SEGMENTS && fixed[2] != ROUTING_SOURCE) {
        addresses = 0;
    }
    for (size_t i = 0; i < addresses; i++) {
        struct address address = address_from_ipv6(cursor_take(&header, 16));
        flow_append_ipv6_routing_addresses(reader->flow, &address);
    }
}

/*
 * Follows the chain of extension headers to the protocol above. Where the snippet ends inside the
 * chain, the protocol stays that of the header that could not be read, and the cursor fails.
 */
static void read_extensions(struct packet_reader *reader, struct ip_header *ip)
{
    struct cursor *cursor = &reader->cursor;
    for (int i = 0; i < EXTENSIONS_MAX && is_extension(ip->protocol); i++) {
        if (cursor_left(cursor) < EXTENSION_MIN_SIZE) {
            cursor_fail(cursor);
            return;
        }
        const uint8_t *start = cursor->pos;
        struct cursor header = cursor_sub(cursor, extension_size(ip->protocol, start));
        if (header.failed) {
            return;
        }
        if (ip->protocol == EXTENSION_FRAGMENT) {
            ip->fragment_offset = load_be16(start + 2) >> 3;
            ip->fragment_id = load_be32(start + 4);
        } else if (ip->protocol == EXTENSION_ROUTING) {
            store_routing(reader, header);
        }
        ip->protocol = start[0];
        if (ip->fragment_offset != 0) {
            return;
        }
    }
}

enum packet_step packet_read_ipv6(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, IPV6_SIZE);
    if (header == NULL || header[0] >> 4 != 6) {
        return PACKET_STEP_END;
    }
    uint32_t first_word = load_be32(header);
    struct ip_header ip = {
        .src = address_from_ipv6(header + 8),
        .dst = address_from_ipv6(header + 24),
        .flow_label = first_word & 0xfffff,
        .protocol = header[6],
        .tos = (uint8_t)(first_word >> 20),
        .ttl = header[7],
    };
    read_extensions(reader, &ip);
    return finish(reader, &ip);
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
