/* SPDX-License-Identifier: BSD-3-Clause -- IPv6 extension headers (RFC 8200 section 4). */
#include "ingest/decode/packet_header.h"
#include "ingest/decode/packet_reader.h"

enum {
    EXTENSION_MIN_SIZE = 8,
    ROUTING_ADDRESS_OFFSET = 8,
    FRAGMENT_FLAG_MORE = 0x20 /* in the field FragmentFlags */
};

/* IANA's IPv6 Extension Header Types (RFC 7045) that tell what follows them. */
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

enum packet_step packet_follow_next_header(uint8_t next_header)
{
    switch (next_header) {
    case EXTENSION_HOP_BY_HOP:
    case EXTENSION_DESTINATION:
    case EXTENSION_MOBILITY:
    case EXTENSION_HOST_IDENTITY:
    case EXTENSION_SHIM6:
        return PACKET_STEP_EXTENSION;
    case EXTENSION_ROUTING:
        return PACKET_STEP_ROUTING;
    case EXTENSION_FRAGMENT:
        return PACKET_STEP_FRAGMENT;
    case EXTENSION_AUTHENTICATION:
        return PACKET_STEP_AUTHENTICATION;
    default:
        return packet_follow_protocol(next_header);
    }
}

/* An extension header of `unit` octets for each one in its length field, and `fixed` before. */
static struct cursor take_extension(struct cursor *cursor, size_t unit, size_t fixed)
{
    bool has_length = cursor_left(cursor) >= EXTENSION_MIN_SIZE;
    return cursor_sub(cursor, has_length ? cursor->pos[1] * unit + fixed : EXTENSION_MIN_SIZE);
}

/*
 * The packet's protocol is what the last header of the chain names: each one that is whole
 * corrects it.
 */
static enum packet_step follow(struct packet_reader *reader, const struct cursor *header)
{
    if (cursor_failed(header)) {
        return PACKET_STEP_END;
    }
    uint8_t next_header = header->pos[0];
    if (reader->depth == 0) {
        flow_set_proto(reader->flow, next_header);
    } else {
        flow_set_proto_encap(reader->flow, next_header);
    }
    return packet_follow_next_header(next_header);
}

enum packet_step packet_read_extension(struct packet_reader *reader)
{
    struct cursor header = take_extension(&reader->cursor, 8, 8);
    return follow(reader, &header);
}

/* RFC 4302 section 2.2. */
enum packet_step packet_read_authentication(struct packet_reader *reader)
{
    struct cursor header = take_extension(&reader->cursor, 4, 8);
    return follow(reader, &header);
}

/* To IPv4 it is a protocol, and stays the packet's (protocolIdentifier, element 4). */
enum packet_step packet_read_ipv4_authentication(struct packet_reader *reader)
{
    struct cursor header = take_extension(&reader->cursor, 4, 8);
    return cursor_failed(&header) ? PACKET_STEP_END : packet_follow_protocol(header.pos[0]);
}

/* Only the first fragment has the headers behind this one. */
enum packet_step packet_read_fragment(struct packet_reader *reader)
{
    struct cursor header = cursor_sub(&reader->cursor, EXTENSION_MIN_SIZE);
    enum packet_step next = follow(reader, &header);
    if (cursor_failed(&header)) {
        return next;
    }
    uint16_t word = load_be16(header.pos + 2);
    uint16_t offset = word >> 3;
    uint32_t id = load_be32(header.pos + 4);
    if (reader->depth == 0) {
        flow_set_fragment_offset(reader->flow, offset);
        flow_set_fragment_flags(reader->flow, (word & 1) != 0 ? FRAGMENT_FLAG_MORE : 0);
        flow_set_fragment_id(reader->flow, id);
    } else {
        flow_set_fragment_offset_encap(reader->flow, offset);
        flow_set_fragment_id_encap(reader->flow, id);
    }
    return offset == 0 ? next : PACKET_STEP_END;
}

/* The header may end in TLVs (SRv6): its own count of segments limits the list. */
void packet_routing_read(struct flow *flow, struct cursor header)
{
    const uint8_t *fixed = cursor_take(&header, ROUTING_ADDRESS_OFFSET);
    if (fixed == NULL) {
        return;
    }
    flow_set_ipv6_routing_segments_left(flow, fixed[3]);
    if (fixed[2] == ROUTING_SEGMENTS) {
        flow_set_srh_flags(flow, fixed[5]);
        flow_set_srh_tag(flow, load_be16(fixed + 6));
    }
    size_t addresses = cursor_left(&header) / 16;
    if (fixed[2] == ROUTING_SEGMENTS && addresses > (size_t)fixed[4] + 1) {
        addresses = (size_t)fixed[4] + 1;
    } else if (fixed[2] != ROUTING_SEGMENTS && fixed[2] != ROUTING_SOURCE) {
        addresses = 0;
    }
    for (size_t i = 0; i < addresses; i++) {
        struct address address = address_from_ipv6(cursor_take(&header, 16));
        flow_append_ipv6_routing_addresses(flow, &address);
    }
}

enum packet_step packet_read_routing(struct packet_reader *reader)
{
    struct cursor header = take_extension(&reader->cursor, 8, 8);
    if (reader->depth == 0) {
        packet_routing_read(reader->flow, header);
    }
    return follow(reader, &header);
}
