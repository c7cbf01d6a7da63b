/* SPDX-License-Identifier: BSD-3-Clause -- from a captured frame to the IP packet in it. */
#include "ingest/receive/capture_packet.h"

#include "ingest/decode/packet_etype.h"

/* LINKTYPE_ values, tcpdump.org/linktypes.html. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_SLL2 = 276
};

enum {
    IPV4_HEADER_MIN = 20,
    IPV4_MORE_FRAGMENTS = 0x2000,
    IPV4_OFFSET_MASK = 0x1fff,
    IPV6_HEADER = 40,
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60
};

/* After the addresses of an Ethernet frame: tags, then the type. */
static uint16_t skip_vlan_tags(struct cursor *cursor)
{
    uint16_t etype = cursor_be16(cursor);
    while (etype == PACKET_ETYPE_VLAN || etype == PACKET_ETYPE_PROVIDER_VLAN ||
           etype == PACKET_ETYPE_QINQ) {
        cursor_skip(cursor, 2);
        etype = cursor_be16(cursor);
    }
    return etype;
}

/* Leaves the cursor at the network layer; 0 stands for "the version nibble will tell". */
static enum err skip_link_header(enum link_type type, struct cursor *cursor, uint16_t *etype_p)
{
    *etype_p = 0;
    switch (type) {
    case LINK_ETHERNET:
        cursor_skip(cursor, 12);
        *etype_p = skip_vlan_tags(cursor);
        return ERR_OK;
    case LINK_SLL:
        cursor_skip(cursor, 14);
        *etype_p = skip_vlan_tags(cursor);
        return ERR_OK;
    case LINK_SLL2:
        *etype_p = cursor_be16(cursor);
        cursor_skip(cursor, 18);
        return ERR_OK;
    case LINK_NULL:
    case LINK_LOOP: /* an address family in somebody's byte order: the nibble is surer */
        cursor_skip(cursor, 4);
        return ERR_OK;
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return ERR_OK;
    default:
        return ERR_UNSUPPORTED;
    }
}

enum err capture_link_parse(const struct capture_frame *frame, struct cursor *packet_p)
{
    struct cursor cursor = cursor_of(frame->bytes, frame->size);
    uint16_t etype;
    enum err err = skip_link_header((enum link_type)frame->link_type, &cursor, &etype);
    if (err != ERR_OK) {
        return err;
    }
    if (cursor_left(&cursor) == 0) {
        return ERR_SHORT;
    }
    if (etype != 0 && etype != PACKET_ETYPE_IPV4 && etype != PACKET_ETYPE_IPV6) {
        return ERR_UNSUPPORTED;
    }
    *packet_p = cursor;
    return ERR_OK;
}

static enum err parse_ipv4(struct capture_packet *packet, struct cursor cursor)
{
    struct cursor whole = cursor;
    const uint8_t *header = cursor_take(&cursor, IPV4_HEADER_MIN);
    if (header == NULL) {
        return ERR_SHORT;
    }
    size_t header_size = (size_t)(header[0] & 0x0f) * 4;
    /* Captures of a sending host show 0 where its network card cuts the segments. */
    size_t total = load_be16(header + 2) != 0 ? load_be16(header + 2) : cursor_left(&whole);
    struct cursor payload = cursor_sub(&whole, total);
    cursor_skip(&payload, header_size);
    if (header_size < IPV4_HEADER_MIN || cursor_failed(&payload)) {
        return ERR_SHORT;
    }
    uint16_t flags = load_be16(header + 6);
    packet->is_fragment = (flags & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0;
    packet->fragment = (struct fragment){
        .source = address_from_ipv4(header + 12),
        .destination = address_from_ipv4(header + 16),
        .id = load_be16(header + 4),
        .protocol = header[9],
        .has_more = (flags & IPV4_MORE_FRAGMENTS) != 0,
        .offset = (uint16_t)((flags & IPV4_OFFSET_MASK) * 8),
        .payload = payload,
    };
    return ERR_OK;
}

/* RFC 8200 section 4.5. */
static void read_fragment_header(struct capture_packet *packet, struct cursor *payload)
{
    packet->fragment.protocol = cursor_u8(payload);
    cursor_skip(payload, 1);
    uint16_t field = cursor_be16(payload);
    packet->fragment.id = cursor_be32(payload);
    packet->fragment.offset = field & 0xfff8;
    packet->fragment.has_more = (field & 1) != 0;
    packet->is_fragment = packet->fragment.offset != 0 || packet->fragment.has_more;
}

/* RFC 8200 section 4; an authentication header counts its length in units of 4 (RFC 4302). */
static void skip_extension_headers(struct capture_packet *packet, struct cursor *payload)
{
    while (!cursor_failed(payload) && !packet->is_fragment) {
        uint8_t next = packet->fragment.protocol;
        if (next == NEXT_FRAGMENT) {
            read_fragment_header(packet, payload);
        } else if (next == NEXT_AUTHENTICATION) {
            packet->fragment.protocol = cursor_u8(payload);
            cursor_skip(payload, ((size_t)cursor_u8(payload) + 2) * 4 - 2);
        } else if (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION) {
            packet->fragment.protocol = cursor_u8(payload);
            cursor_skip(payload, ((size_t)cursor_u8(payload) + 1) * 8 - 2);
        } else {
            return;
        }
    }
}

static enum err parse_ipv6(struct capture_packet *packet, struct cursor cursor)
{
    const uint8_t *header = cursor_take(&cursor, IPV6_HEADER);
    if (header == NULL) {
        return ERR_SHORT;
    }
    size_t size = load_be16(header + 4) != 0 ? load_be16(header + 4) : cursor_left(&cursor);
    struct cursor payload = cursor_sub(&cursor, size);
    packet->is_fragment = false;
    packet->fragment = (struct fragment){
        .source = address_from_ipv6(header + 8),
        .destination = address_from_ipv6(header + 24),
        .protocol = header[6],
    };
    skip_extension_headers(packet, &payload);
    packet->fragment.payload = payload;
    return cursor_failed(&payload) ? ERR_SHORT : ERR_OK;
}

enum err capture_packet_parse(struct capture_packet *packet_p, struct cursor cursor)
{
    if (cursor_left(&cursor) == 0) {
        return ERR_SHORT;
    }
    switch (cursor.pos[0] >> 4) {
    case 4:
        return parse_ipv4(packet_p, cursor);
    case 6:
        return parse_ipv6(packet_p, cursor);
    default:
        return ERR_UNSUPPORTED;
    }
}
