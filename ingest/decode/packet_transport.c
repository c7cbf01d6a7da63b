/* SPDX-License-Identifier: BSD-3-Clause -- TCP, UDP, other protocols with ports, ICMP. */
#include "ingest/decode/packet_reader.h"

enum {
    PORTS_SIZE = 4,
    UDP_REST_SIZE = 4,      /* length and checksum */
    TCP_FLAGS_OFFSET = 8,   /* after the ports: data offset and flags */
    TCP_FLAGS_MASK = 0x0fff /* RFC 9293 section 3.1: four bits still reserved, eight flags */
};

static const uint8_t STEPS[256] = {
    [1] = PACKET_STEP_ICMP,
    [4] = PACKET_STEP_IPV4_INSIDE,
    [6] = PACKET_STEP_TCP,
    [17] = PACKET_STEP_UDP,
    [33] = PACKET_STEP_PORTS, /* DCCP */
    [41] = PACKET_STEP_IPV6_INSIDE,
    [47] = PACKET_STEP_GRE,
    [58] = PACKET_STEP_ICMP,
    [115] = PACKET_STEP_L2TPV3,
    [132] = PACKET_STEP_PORTS, /* SCTP */
    [136] = PACKET_STEP_PORTS, /* UDP-Lite */
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

enum packet_step packet_read_ports(struct packet_reader *reader)
{
    (void)read_ports(reader);
    return PACKET_STEP_END;
}

enum packet_step packet_read_tcp(struct packet_reader *reader)
{
    (void)read_ports(reader);
    const uint8_t *rest = cursor_take(&reader->cursor, TCP_FLAGS_OFFSET + 2);
    if (rest == NULL) {
        return PACKET_STEP_END;
    }
    uint16_t flags = load_be16(rest + TCP_FLAGS_OFFSET) & TCP_FLAGS_MASK;
    if (reader->depth == 0) {
        flow_set_tcp_flags(reader->flow, flags);
    } else {
        flow_set_tcp_flags_encap(reader->flow, flags);
    }
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
