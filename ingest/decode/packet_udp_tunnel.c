/* SPDX-License-Identifier: BSD-3-Clause -- tunnels over UDP, known by their ports. */
#include "ingest/decode/packet_reader.h"

/* IANA's ports; 8472 is what Linux took before VXLAN had one. */
enum udp_port {
    UDP_L2TP = 1701,
    UDP_GTP = 2152,
    UDP_TEREDO = 3544,
    UDP_VXLAN = 4789,
    UDP_VXLAN_GPE = 4790,
    UDP_GENEVE = 6081,
    UDP_MPLS = 6635,
    UDP_VXLAN_LINUX = 8472
};

enum {
    VXLAN_SIZE = 8,
    VXLAN_HAS_VNI = 0x08,
    GENEVE_SIZE = 8,
    GTP_SIZE = 8,
    GTP_VERSION_MASK = 0xf0,
    GTP_VERSION_1 = 0x30, /* version 1, protocol type GTP */
    GTP_OPTIONAL = 0x07,  /* extension, sequence number, N-PDU number */
    GTP_EXTENSION = 0x04,
    GTP_G_PDU = 255,
    GTP_EXTENSIONS_MAX = 8,
    L2TP_CONTROL = 0x8000,
    L2TP_LENGTH = 0x4000,
    L2TP_SEQUENCE = 0x0800,
    L2TP_OFFSET = 0x0200,
    L2TP_VERSION_MASK = 0x000f,
    TEREDO_ORIGIN = 0x0000,
    TEREDO_ORIGIN_SIZE = 8,
    TEREDO_AUTHENTICATION = 0x0001,
    TEREDO_NONCE_SIZE = 9 /* nonce and confirmation octet */
};

enum packet_step packet_follow_udp_ports(uint16_t src_port, uint16_t dst_port)
{
    switch (dst_port) {
    case UDP_VXLAN:
    case UDP_VXLAN_LINUX:
        return PACKET_STEP_VXLAN;
    case UDP_VXLAN_GPE:
        return PACKET_STEP_VXLAN_GPE;
    case UDP_GENEVE:
        return PACKET_STEP_GENEVE;
    case UDP_MPLS:
        return PACKET_STEP_MPLS_INSIDE;
    case UDP_GTP:
        return PACKET_STEP_GTP;
    case UDP_TEREDO:
        return PACKET_STEP_TEREDO;
    case UDP_L2TP:
        return PACKET_STEP_L2TP;
    default:
        break;
    }
    switch (src_port) {
    case UDP_GTP:
        return PACKET_STEP_GTP;
    case UDP_TEREDO:
        return PACKET_STEP_TEREDO;
    case UDP_L2TP:
        return PACKET_STEP_L2TP;
    default:
        return PACKET_STEP_END;
    }
}

/* RFC 7348 section 5. */
enum packet_step packet_read_vxlan(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, VXLAN_SIZE);
    if (header == NULL || (header[0] & VXLAN_HAS_VNI) == 0) {
        return PACKET_STEP_OTHER;
    }
    uint32_t vni = load_be32(header + 4) >> 8;
    packet_enter_tunnel(reader, PACKET_TUNNEL_VXLAN, vni);
    return PACKET_STEP_ETHERNET;
}

/* draft-ietf-nvo3-vxlan-gpe, Next Protocol: the fourth octet names the payload. */
enum packet_step packet_read_vxlan_gpe(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, VXLAN_SIZE);
    if (header == NULL || (header[0] & VXLAN_HAS_VNI) == 0) {
        return PACKET_STEP_OTHER;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_VXLAN, load_be32(header + 4) >> 8);
    switch (header[3]) {
    case 1:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
    case 2:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
    case 3:
        return PACKET_STEP_ETHERNET;
    default:
        return PACKET_STEP_END;
    }
}

/* RFC 8926 section 3.4. */
enum packet_step packet_read_geneve(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, GENEVE_SIZE);
    if (header == NULL || header[0] >> 6 != 0) {
        return PACKET_STEP_OTHER;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_GENEVE, load_be32(header + 4) >> 8);
    cursor_skip(&reader->cursor, (size_t)(header[0] & 0x3f) * 4);
    return packet_follow_etype(reader, load_be16(header + 2));
}

/* 3GPP TS 29.281 section 5.2.1: each extension header tells its size in units of 4 octets. */
static void skip_gtp_options(struct cursor *cursor, uint8_t flags)
{
    const uint8_t *optional = cursor_take(cursor, 4);
    bool has_extension = (flags & GTP_EXTENSION) != 0 && optional != NULL && optional[3] != 0;
    for (int i = 0; i < GTP_EXTENSIONS_MAX && has_extension; i++) {
        size_t size = (size_t)cursor_u8(cursor) * 4;
        const uint8_t *rest = size != 0 ? cursor_take(cursor, size - 1) : NULL;
        if (rest == NULL) {
            cursor_fail(cursor);
            return;
        }
        has_extension = rest[size - 2] != 0;
    }
}

enum packet_step packet_read_gtp(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, GTP_SIZE);
    if (header == NULL || (header[0] & GTP_VERSION_MASK) != GTP_VERSION_1) {
        return PACKET_STEP_OTHER;
    }
    if (header[1] != GTP_G_PDU) {
        return PACKET_STEP_END;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_GTP, load_be32(header + 4));
    if ((header[0] & GTP_OPTIONAL) != 0) {
        skip_gtp_options(&reader->cursor, header[0]);
    }
    return packet_follow_ip_version(reader);
}

/* RFC 4380 section 5.1.1: authentication and origin may come before the IPv6 packet. */
static void skip_teredo_indications(struct cursor *cursor)
{
    if (cursor_left(cursor) >= 4 && load_be16(cursor->pos) == TEREDO_AUTHENTICATION) {
        const uint8_t *header = cursor_take(cursor, 4);
        cursor_skip(cursor, (size_t)header[2] + header[3] + TEREDO_NONCE_SIZE);
    }
    if (cursor_left(cursor) >= 2 && load_be16(cursor->pos) == TEREDO_ORIGIN) {
        cursor_skip(cursor, TEREDO_ORIGIN_SIZE);
    }
}

enum packet_step packet_read_teredo(struct packet_reader *reader)
{
    struct cursor *cursor = &reader->cursor;
    skip_teredo_indications(cursor);
    if (cursor_left(cursor) == 0 || cursor->pos[0] >> 4 != 6) {
        return PACKET_STEP_OTHER;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_TEREDO, 0);
    return packet_follow_ip_version(reader);
}

/* RFC 2661 section 3.1: version 2 carries PPP. Version 3 hides the size of its cookie. */
enum packet_step packet_read_l2tp(struct packet_reader *reader)
{
    struct cursor *cursor = &reader->cursor;
    uint16_t flags = cursor_be16(cursor);
    if ((flags & L2TP_CONTROL) != 0) {
        return PACKET_STEP_OTHER;
    }
    if ((flags & L2TP_VERSION_MASK) == 3) {
        cursor_skip(cursor, 2);
        return PACKET_STEP_L2TPV3;
    }
    if ((flags & L2TP_VERSION_MASK) != 2) {
        return PACKET_STEP_OTHER;
    }
    cursor_skip(cursor, (flags & L2TP_LENGTH) != 0 ? 4 : 2); /* length, tunnel id */
    uint16_t session = cursor_be16(cursor);
    cursor_skip(cursor, (flags & L2TP_SEQUENCE) != 0 ? 4 : 0);
    cursor_skip(cursor, (flags & L2TP_OFFSET) != 0 ? cursor_be16(cursor) : 0);
    if (cursor_failed(cursor)) {
        return PACKET_STEP_END;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_L2TP, session);
    return PACKET_STEP_PPP;
}
