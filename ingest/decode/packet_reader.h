/*
 * packet_reader.h -- the walk through a packet's headers, one step a header.
 *
 * Internal to packet_*.c. packet_header.c runs the walk: each step reads one header from the
 * cursor, writes what it says into the flow, and names the next step. The outermost packet fills
 * the ordinary fields, the innermost one those ending in Encap: where tunnels are inside tunnels,
 * each packet takes the place of the one around it there. The tunnel's type and number are the
 * outermost one's, to which the ordinary fields belong. A header cut short ends the walk. Whatever
 * a step takes from the cursor is its header: LayerStack and LayerSize are the walk's own trace.
 */
#pragma once

#include "common/cursor.h"
#include "common/flow.h"
#include "ingest/decode/packet_etype.h"

struct packet_reader {
    struct flow *flow;
    struct cursor cursor;
    uint32_t ip_size;     /* of the outermost IP packet, as its header says; 0: there is none */
    uint32_t depth;       /* tunnels entered */
    uint32_t inner_depth; /* of the packet that the fields ending in Encap are of */
    uint32_t layers;      /* noted so far */
};

/* Values of the field LayerStack: goflow2's numbers. */
enum packet_layer {
    PACKET_LAYER_ETHERNET = 0,
    PACKET_LAYER_IPV4 = 1,
    PACKET_LAYER_IPV6 = 2,
    PACKET_LAYER_TCP = 3,
    PACKET_LAYER_UDP = 4,
    PACKET_LAYER_MPLS = 5,
    PACKET_LAYER_VLAN = 6,
    PACKET_LAYER_ICMP = 7,
    PACKET_LAYER_ICMPV6 = 8,
    PACKET_LAYER_GRE = 9,
    PACKET_LAYER_IPV6_ROUTING = 10,
    PACKET_LAYER_IPV6_FRAGMENT = 11,
    PACKET_LAYER_GENEVE = 12,
    PACKET_LAYER_TEREDO = 13,
    PACKET_LAYER_CUSTOM = 99, /* every other header */
    PACKET_LAYER_NONE         /* of a step that has no header: not in LayerStack */
};

/* Each step, its reader (packet_read_ and the name), and the layer that its header is. */
#define PACKET_STEP_LIST(X)                                                                        \
    X(PACKET_STEP_ETHERNET, ethernet, PACKET_LAYER_ETHERNET)                                       \
    X(PACKET_STEP_SNAP, snap, PACKET_LAYER_CUSTOM)                                                 \
    X(PACKET_STEP_VLAN, vlan, PACKET_LAYER_VLAN)                                                   \
    X(PACKET_STEP_PPPOE, pppoe, PACKET_LAYER_CUSTOM)                                               \
    X(PACKET_STEP_PPP, ppp, PACKET_LAYER_CUSTOM)                                                   \
    X(PACKET_STEP_MPLS, mpls, PACKET_LAYER_MPLS)                                                   \
    X(PACKET_STEP_CONTROL_WORD, control_word, PACKET_LAYER_CUSTOM)                                 \
    X(PACKET_STEP_IPV4, ipv4, PACKET_LAYER_IPV4)                                                   \
    X(PACKET_STEP_IPV6, ipv6, PACKET_LAYER_IPV6)                                                   \
    X(PACKET_STEP_EXTENSION, extension, PACKET_LAYER_CUSTOM)                                       \
    X(PACKET_STEP_ROUTING, routing, PACKET_LAYER_IPV6_ROUTING)                                     \
    X(PACKET_STEP_FRAGMENT, fragment, PACKET_LAYER_IPV6_FRAGMENT)                                  \
    X(PACKET_STEP_AUTHENTICATION, authentication, PACKET_LAYER_CUSTOM)                             \
    X(PACKET_STEP_IPV4_AUTHENTICATION, ipv4_authentication, PACKET_LAYER_CUSTOM)                   \
    X(PACKET_STEP_ICMP, icmp, PACKET_LAYER_ICMP)                                                   \
    X(PACKET_STEP_ICMPV6, icmp, PACKET_LAYER_ICMPV6)                                               \
    X(PACKET_STEP_TCP, tcp, PACKET_LAYER_TCP)                                                      \
    X(PACKET_STEP_UDP, udp, PACKET_LAYER_UDP)                                                      \
    X(PACKET_STEP_UDP_LITE, udp_lite, PACKET_LAYER_CUSTOM)                                         \
    X(PACKET_STEP_SCTP, sctp, PACKET_LAYER_CUSTOM)                                                 \
    X(PACKET_STEP_DCCP, dccp, PACKET_LAYER_CUSTOM)                                                 \
    X(PACKET_STEP_IPV4_INSIDE, ipv4_inside, PACKET_LAYER_NONE)                                     \
    X(PACKET_STEP_IPV6_INSIDE, ipv6_inside, PACKET_LAYER_NONE)                                     \
    X(PACKET_STEP_MPLS_INSIDE, mpls_inside, PACKET_LAYER_NONE)                                     \
    X(PACKET_STEP_ETHERIP, etherip, PACKET_LAYER_CUSTOM)                                           \
    X(PACKET_STEP_GRE, gre, PACKET_LAYER_GRE)                                                      \
    X(PACKET_STEP_ERSPAN_2, erspan_2, PACKET_LAYER_CUSTOM)                                         \
    X(PACKET_STEP_ERSPAN_3, erspan_3, PACKET_LAYER_CUSTOM)                                         \
    X(PACKET_STEP_L2TPV3, l2tpv3, PACKET_LAYER_CUSTOM)                                             \
    X(PACKET_STEP_L2TP, l2tp, PACKET_LAYER_CUSTOM)                                                 \
    X(PACKET_STEP_VXLAN, vxlan, PACKET_LAYER_CUSTOM)                                               \
    X(PACKET_STEP_VXLAN_GPE, vxlan_gpe, PACKET_LAYER_CUSTOM)                                       \
    X(PACKET_STEP_GENEVE, geneve, PACKET_LAYER_GENEVE)                                             \
    X(PACKET_STEP_GTP, gtp, PACKET_LAYER_CUSTOM)                                                   \
    X(PACKET_STEP_TEREDO, teredo, PACKET_LAYER_TEREDO)

enum packet_step {
    PACKET_STEP_END,
    PACKET_STEP_OTHER, /* the end, too: the bytes were not the header they had to be */
#define PACKET_STEP_ENUM(step, name, layer) step,
    PACKET_STEP_LIST(PACKET_STEP_ENUM)
#undef PACKET_STEP_ENUM
};

#define PACKET_STEP_DECLARE(step, name, layer)                                                     \
    enum packet_step packet_read_##name(struct packet_reader *);
PACKET_STEP_LIST(PACKET_STEP_DECLARE)
#undef PACKET_STEP_DECLARE

/* Values of the field TunnelType. */
enum packet_tunnel {
    PACKET_TUNNEL_GRE = 1,
    PACKET_TUNNEL_IPIP = 2,
    PACKET_TUNNEL_VXLAN = 3,
    PACKET_TUNNEL_GENEVE = 4,
    PACKET_TUNNEL_GTP = 5,
    PACKET_TUNNEL_TEREDO = 6,
    PACKET_TUNNEL_L2TP = 7,
    PACKET_TUNNEL_NVGRE = 8,
    PACKET_TUNNEL_MPLS = 9, /* in IP or UDP; in GRE it is GRE's */
    PACKET_TUNNEL_ETHERIP = 10
};

/* The step for what follows an Ethernet type; the flow's type is set, unless it is a VLAN tag. */
enum packet_step packet_follow_etype(struct packet_reader *reader, uint16_t etype);

/* Whether what follows that Ethernet type is read. */
bool packet_knows_etype(uint16_t etype);

/* The step for an IP protocol number; PACKET_STEP_END for those not read further. */
enum packet_step packet_follow_protocol(uint8_t protocol);

/* The same for IPv6, where the number may be that of an extension header. */
enum packet_step packet_follow_next_header(uint8_t next_header);

/* The step for the payload of a UDP datagram, by its ports. */
enum packet_step packet_follow_udp_ports(uint16_t src_port, uint16_t dst_port);

/* Goes on by the version in the first four bits: IPv4, IPv6, or the end. */
enum packet_step packet_follow_ip_version(struct packet_reader *reader);

/* Notes a tunnel and goes one packet deeper. */
void packet_enter_tunnel(struct packet_reader *reader, enum packet_tunnel tunnel, uint32_t id);
