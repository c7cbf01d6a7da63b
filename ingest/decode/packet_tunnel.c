/* SPDX-License-Identifier: BSD-3-Clause -- tunnels straight over IP: IP, MPLS, Ethernet, GRE,
 * L2TPv3. */
#include "ingest/decode/packet_reader.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080, /* RFC 2637 only */
    GRE_VERSION_MASK = 0x0007,
    GRE_VERSION_PPTP = 1,
    GRE_ERSPAN_2 = 0x88be, /* also ERSPAN type I, which has no header of its own */
    GRE_ERSPAN_3 = 0x22eb,
    ETHERIP_SIZE = 2,
    ETHERIP_VERSION = 3,
    ERSPAN_2_SIZE = 8,
    ERSPAN_3_SIZE = 12,
    ERSPAN_3_PLATFORM_SIZE = 8
};

struct gre_header {
    uint16_t flags;
    uint16_t etype;
    uint32_t key; /* 0: none */
};

void packet_enter_tunnel(struct packet_reader *reader, enum packet_tunnel tunnel, uint32_t id)
{
    if (reader->depth == 0) {
        flow_set_has_encap(reader->flow, true);
        flow_set_tunnel_type(reader->flow, tunnel);
        flow_set_tunnel_id(reader->flow, id);
    }
    reader->depth++;
}

enum packet_step packet_read_ipv4_inside(struct packet_reader *reader)
{
    packet_enter_tunnel(reader, PACKET_TUNNEL_IPIP, 0);
    return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
}

enum packet_step packet_read_ipv6_inside(struct packet_reader *reader)
{
    packet_enter_tunnel(reader, PACKET_TUNNEL_IPIP, 0);
    return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
}

/* RFC 4023, and RFC 7510 over UDP: the label stack begins at once. */
enum packet_step packet_read_mpls_inside(struct packet_reader *reader)
{
    packet_enter_tunnel(reader, PACKET_TUNNEL_MPLS, 0);
    return packet_follow_etype(reader, PACKET_ETYPE_MPLS);
}

/* RFC 3378 section 3. */
enum packet_step packet_read_etherip(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, ETHERIP_SIZE);
    if (header == NULL || header[0] >> 4 != ETHERIP_VERSION) {
        return PACKET_STEP_OTHER;
    }
    packet_enter_tunnel(reader, PACKET_TUNNEL_ETHERIP, 0);
    return PACKET_STEP_ETHERNET;
}

/* RFC 2784, RFC 2890; version 1 is PPTP's (RFC 2637 section 4.1). */
static struct gre_header parse_gre(struct cursor *cursor)
{
    struct gre_header gre = {.flags = cursor_be16(cursor), .etype = cursor_be16(cursor)};
    if ((gre.flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0) {
        cursor_skip(cursor, 4);
    }
    if ((gre.flags & GRE_KEY) != 0) {
        gre.key = cursor_be32(cursor);
    }
    if ((gre.flags & GRE_SEQUENCE) != 0) {
        cursor_skip(cursor, 4);
    }
    if ((gre.flags & GRE_VERSION_MASK) == GRE_VERSION_PPTP) {
        gre.key &= 0xffff; /* the call id; above it is the payload's length */
        if ((gre.flags & GRE_ACKNOWLEDGEMENT) != 0) {
            cursor_skip(cursor, 4);
        }
    }
    return gre;
}

/* RFC 7637 section 3.2: a key without checksum and sequence number around Ethernet. */
static bool is_nvgre(const struct gre_header *gre)
{
    uint16_t flags = gre->flags & (GRE_CHECKSUM | GRE_ROUTING | GRE_KEY | GRE_SEQUENCE);
    return gre->etype == PACKET_ETYPE_BRIDGED && flags == GRE_KEY;
}

/* A header of ERSPAN type II is there where GRE has a sequence number. */
static enum packet_step follow_gre(struct packet_reader *reader, const struct gre_header *gre)
{
    switch (gre->etype) {
    case PACKET_ETYPE_PPP:
        flow_set_has_ppp(reader->flow, true);
        return PACKET_STEP_PPP;
    case GRE_ERSPAN_2:
        return (gre->flags & GRE_SEQUENCE) != 0 ? PACKET_STEP_ERSPAN_2 : PACKET_STEP_ETHERNET;
    case GRE_ERSPAN_3:
        return PACKET_STEP_ERSPAN_3;
    default:
        return packet_follow_etype(reader, gre->etype);
    }
}

enum packet_step packet_read_gre(struct packet_reader *reader)
{
    struct gre_header gre = parse_gre(&reader->cursor);
    if (cursor_failed(&reader->cursor)) {
        return PACKET_STEP_END;
    }
    enum packet_tunnel tunnel = is_nvgre(&gre) ? PACKET_TUNNEL_NVGRE : PACKET_TUNNEL_GRE;
    uint32_t id = tunnel == PACKET_TUNNEL_NVGRE ? gre.key >> 8 : gre.key;
    packet_enter_tunnel(reader, tunnel, id);
    /* Source routes (RFC 1701) were dropped by RFC 2784; their length is not worth the walk. */
    return (gre.flags & GRE_ROUTING) == 0 ? follow_gre(reader, &gre) : PACKET_STEP_END;
}

enum packet_step packet_read_erspan_2(struct packet_reader *reader)
{
    cursor_skip(&reader->cursor, ERSPAN_2_SIZE);
    return PACKET_STEP_ETHERNET;
}

enum packet_step packet_read_erspan_3(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, ERSPAN_3_SIZE);
    bool has_platform = header != NULL && (header[ERSPAN_3_SIZE - 1] & 1) != 0;
    cursor_skip(&reader->cursor, has_platform ? ERSPAN_3_PLATFORM_SIZE : 0);
    return PACKET_STEP_ETHERNET;
}

/* RFC 3931 section 4.1.1: session 0 is control. The cookie's size is not in the packet. */
enum packet_step packet_read_l2tpv3(struct packet_reader *reader)
{
    uint32_t session = cursor_be32(&reader->cursor);
    if (session != 0) {
        packet_enter_tunnel(reader, PACKET_TUNNEL_L2TP, session);
    }
    return PACKET_STEP_END;
}
