/* SPDX-License-Identifier: BSD-3-Clause -- TCP, UDP, other protocols with ports, ICMP. */
#include "ingest/decode/packet_reader.h"

enum {
    PORTS_SIZE = 4,
    ICMP_SIZE = 8,
    UDP_REST_SIZE = 4,      /* behind the ports: length and checksum */
    SCTP_REST_SIZE = 8,     /* verification tag, checksum */
    DCCP_SIZE = 12,         /* at least */
    TCP_SIZE = 20,          /* at least */
    TCP_FLAGS_OFFSET = 8,   /* behind the ports: data offset and flags */
    TCP_FLAGS_MASK = 0x0fff /* RFC 9293 section 3.1: four bits still reserved, eight flags */
};

static const uint8_t STEPS[256] = {
    [1] = PACKET_STEP_ICMP,
    [4] = PACKET_STEP_IPV4_INSIDE,
    [6] = PACKET_STEP_TCP,
    [17] = PACKET_STEP_UDP,
    [33] = PACKET_STEP_DCCP,
    [41] = PACKET_STEP_IPV6_INSIDE,
    [47] = PACKET_STEP_GRE,
    [51] = PACKET_STEP_IPV4_AUTHENTICATION,
    [58] = PACKET_STEP_ICMPV6,
    [97] = PACKET_STEP_ETHERIP,
    [115] = PACKET_STEP_L2TPV3,
    [132] = PACKET_STEP_SCTP,
    [136] = PACKET_STEP_UDP_LITE,
    [137] = PACKET_STEP_MPLS_INSIDE,
};

enum packet_step packet_follow_protocol(uint8_t protocol)
{
    return (enum packet_step)STEPS[protocol];
}

enum packet_step packet_read_icmp(struct packet_reader *reader)
{
    const uint8_t *header = cursor_take(&reader->cursor, 2);
    if (header != NULL && reader->depth == 0) {
        flow_set_icmp_type(reader->flow, header[0]);
        flow_set_icmp_code(reader->flow, header[1]);
    }
    cursor_skip(&reader->cursor, ICMP_SIZE - 2);
    return PACKET_STEP_END;
}

/* The ports, lent from the input, or NULL. */
static const uint8_t *read_ports(struct packet_reader *reader)
{
    const uint8_t *ports = cursor_take(&reader->cursor, PORTS_SIZE);
    if (ports == NULL) {
        return NULL;
    }
    if (reader->depth == 0) {
        flow_set_src_port(reader->flow, load_be16(ports));
        flow_set_dst_port(reader->flow, load_be16(ports + 2));
    } else {
        flow_set_src_port_encap(reader->flow, load_be16(ports));
        flow_set_dst_port_encap(reader->flow, load_be16(ports + 2));
    }
    return ports;
}

/* To the end of a header that tells its own size; none is smaller than `minimum`. */
static void skip_to(struct cursor *cursor, size_t done, size_t size, size_t minimum)
{
    cursor_skip(cursor, (size < minimum ? minimum : size) - done);
}

enum packet_step packet_read_tcp(struct packet_reader *reader)
{
    (void)read_ports(reader);
    const uint8_t *rest = cursor_take(&reader->cursor, TCP_FLAGS_OFFSET + 2);
    if (rest == NULL) {
        return PACKET_STEP_END;
    }
    uint16_t word = load_be16(rest + TCP_FLAGS_OFFSET);
    if (reader->depth == 0) {
        flow_set_tcp_flags(reader->flow, word & TCP_FLAGS_MASK);
    } else {
        flow_set_tcp_flags_encap(reader->flow, word & TCP_FLAGS_MASK);
    }
    skip_to(&reader->cursor, PORTS_SIZE + TCP_FLAGS_OFFSET + 2, (size_t)(word >> 12) * 4, TCP_SIZE);
    return PACKET_STEP_END;
}

enum packet_step packet_read_udp(struct packet_reader *reader)
{
    const uint8_t *ports = read_ports(reader);
    if (ports == NULL) {
        return PACKET_STEP_END;
    }
    cursor_skip(&reader->cursor, UDP_REST_SIZE);
    return packet_follow_udp_ports(load_be16(ports), load_be16(ports + 2));
}

enum packet_step packet_read_udp_lite(struct packet_reader *reader)
{
    (void)read_ports(reader);
    cursor_skip(&reader->cursor, UDP_REST_SIZE);
    return PACKET_STEP_END;
}

enum packet_step packet_read_sctp(struct packet_reader *reader)
{
    (void)read_ports(reader);
    cursor_skip(&reader->cursor, SCTP_REST_SIZE);
    return PACKET_STEP_END;
}

/* RFC 4340 section 5.1. */
enum packet_step packet_read_dccp(struct packet_reader *reader)
{
    (void)read_ports(reader);
    size_t size = (size_t)cursor_u8(&reader->cursor) * 4;
    skip_to(&reader->cursor, PORTS_SIZE + 1, size, DCCP_SIZE);
    return PACKET_STEP_END;
}
