/* SPDX-License-Identifier: BSD-3-Clause -- PPP (RFC 1661, 1662) and PPPoE (RFC 2516). */
#include "ingest/decode/packet_reader.h"

enum {
    PPPOE_SIZE = 6,
    PPP_ADDRESS_CONTROL = 0xff03,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283
};

enum packet_step packet_read_pppoe(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, PPPOE_SIZE);
    bool is_session_data = header != NULL && header[1] == 0;
    return is_session_data ? PACKET_STEP_PPP : PACKET_STEP_END;
}

/* Both may be left out by agreement of the peers: the address and control octets, and the
 * protocol's first octet, where its last is odd (RFC 1661 section 6.5). */
static uint16_t read_protocol(struct packet_reader *reader)
{
    struct cursor *cursor = &reader->cursor;
    if (cursor_left(cursor) >= 2 && load_be16(cursor->pos) == PPP_ADDRESS_CONTROL) {
        cursor_skip(cursor, 2);
        if (flow_has(reader->flow, FLOW_HAS_PPP)) {
            flow_set_ppp_address_control(reader->flow, PPP_ADDRESS_CONTROL);
        }
    }
    uint16_t protocol = cursor_u8(cursor);
    if ((protocol & 1) == 0) {
        protocol = (uint16_t)(protocol << 8 | cursor_u8(cursor));
    }
    return protocol;
}

enum packet_step packet_read_ppp(struct packet_reader *reader)
{
    switch (read_protocol(reader)) {
    case PPP_IPV4:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
    case PPP_IPV6:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
    case PPP_MPLS:
        return packet_follow_etype(reader, PACKET_ETYPE_MPLS);
    case PPP_MPLS_MULTICAST:
        return packet_follow_etype(reader, PACKET_ETYPE_MPLS_MULTICAST);
    default:
        return PACKET_STEP_END;
    }
}
