/*
 * packet_reader.h -- the walk through a packet's headers, one step a header.
 *
 * Internal to packet_*.c. packet_header.c runs the walk: each step reads one header from the
 * cursor, writes what it says into the flow, and names the next step. The first packet fills the
 * ordinary fields; the packet inside a tunnel (depth 1) fills those ending in Encap; what is
 * inside that one is not read. A header cut short ends the walk.
 */
#pragma once

#include "common/cursor.h"
#include "common/flow.h"

struct packet_reader {
    struct flow *flow;
    struct cursor cursor;
    uint32_t depth; /* 0: the packet itself; 1: the packet inside its tunnel */
};

/* The step's reader is packet_read_ and its name. */
#define PACKET_STEP_LIST(X)                                                                        \
    X(PACKET_STEP_ETHERNET, ethernet)                                                              \
    X(PACKET_STEP_VLAN, vlan)                                                                      \
    X(PACKET_STEP_PPPOE, pppoe)                                                                    \
    X(PACKET_STEP_PPP, ppp)                                                                        \
    X(PACKET_STEP_MPLS, mpls)                                                                      \
    X(PACKET_STEP_IPV4, ipv4)                                                                      \
    X(PACKET_STEP_IPV6, ipv6)                                                                      \
    X(PACKET_STEP_ICMP, icmp)                                                                      \
    X(PACKET_STEP_TCP, tcp)                                                                        \
    X(PACKET_STEP_UDP, udp)                                                                        \
    X(PACKET_STEP_PORTS, ports)                                                                    \
    X(PACKET_STEP_IPV4_INSIDE, ipv4_inside)                                                        \
    X(PACKET_STEP_IPV6_INSIDE, ipv6_inside)                                                        \
    X(PACKET_STEP_GRE, gre)                                                                        \
    X(PACKET_STEP_L2TPV3, l2tpv3)                                                                  \
    X(PACKET_STEP_L2TP, l2tp)                                                                      \
    X(PACKET_STEP_VXLAN, vxlan)                                                                    \
    X(PACKET_STEP_VXLAN_GPE, vxlan_gpe)                                                            \
    X(PACKET_STEP_GENEVE, geneve)                                                                  \
    X(PACKET_STEP_GTP, gtp)                                                                        \
    X(PACKET_STEP_TEREDO, teredo)

enum packet_step {
    PACKET_STEP_END,
#define PACKET_STEP_ENUM(step, name) step,
    PACKET_STEP_LIST(PACKET_STEP_ENUM)
#undef PACKET_STEP_ENUM
};

#define PACKET_STEP_DECLARE(step, name) enum packet_step packet_read_##name(struct packet_reader *);
PACKET_STEP_LIST(PACKET_STEP_DECLARE)
#undef PACKET_STEP_DECLARE

/* IEEE 802 numbers (Ethernet types). */
enum packet_etype {
    PACKET_ETYPE_IPV4 = 0x0800,
    PACKET_ETYPE_BRIDGED = 0x6558, /* Ethernet inside GRE, Geneve */
    PACKET_ETYPE_VLAN = 0x8100,
    PACKET_ETYPE_IPV6 = 0x86dd,
    PACKET_ETYPE_PPP = 0x880b,
    PACKET_ETYPE_MPLS = 0x8847,
    PACKET_ETYPE_MPLS_MULTICAST = 0x8848,
    PACKET_ETYPE_PPPOE = 0x8864,
    PACKET_ETYPE_PROVIDER_VLAN = 0x88a8,
    PACKET_ETYPE_QINQ = 0x9100,
    PACKET_ETYPE_QINQ_OTHER = 0x9200
};

/* Values of the field TunnelType. */
enum packet_tunnel {
    PACKET_TUNNEL_GRE = 1,
    PACKET_TUNNEL_IPIP = 2,
    PACKET_TUNNEL_VXLAN = 3,
    PACKET_TUNNEL_GENEVE = 4,
    PACKET_TUNNEL_GTP = 5,
    PACKET_TUNNEL_TEREDO = 6,
    PACKET_TUNNEL_L2TP = 7,
    PACKET_TUNNEL_NVGRE = 8
};

/* The step for what follows an Ethernet type; the flow's type is set, unless it is a VLAN tag. */
enum packet_step packet_follow_etype(struct packet_reader *reader, uint16_t etype);

/* Whether what follows that Ethernet type is read. */
bool packet_knows_etype(uint16_t etype);

/* The step for an IP protocol number; PACKET_STEP_END for those not read further. */
enum packet_step packet_follow_protocol(uint8_t protocol);

/* The step for the payload of a UDP datagram, by its ports. */
enum packet_step packet_follow_udp_ports(uint16_t src_port, uint16_t dst_port);

/* Goes on by the version in the first four bits: IPv4, IPv6, or the end. */
enum packet_step packet_follow_ip_version(struct packet_reader *reader);

/* Notes a tunnel and goes one packet deeper. False when already inside one: stop there. */
bool packet_enter_tunnel(struct packet_reader *reader, enum packet_tunnel tunnel, uint32_t id);
