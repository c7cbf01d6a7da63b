/*
 * packet_header.h -- reads the sampled first bytes of a packet into a flow record.
 *
 * Used by sFlow raw headers and IPFIX packet sections (elements 104, 313, 315). The bytes end
 * wherever the exporter cut them; that is no error: what is there is read. VLAN, MPLS, IPv4, IPv6
 * with extension headers, TCP, UDP, ICMP; tunnels give the outer and the inner packet.
 */
#pragma once

#include "common/cursor.h"
#include "common/flow.h"

/* sFlow version 5 section 5: header_protocol, of which the caller knows what is read; and ours. */
enum packet_protocol {
    PACKET_ETHERNET = 1,
    PACKET_PPP = 7,
    PACKET_IPV4 = 11,
    PACKET_IPV6 = 12,
    PACKET_MPLS = 13,
    PACKET_LLC = 256 /* a frame from its logical link control (IEEE 802.2) on */
};

/* Reads an IPv6 routing header alone (RFC 8754 section 2). */
void packet_routing_read(struct flow *flow, struct cursor header);

/*
 * Sets the fields found; never fails, never touches Bytes or Packets. Returns the octets of the
 * outermost IP packet, as its header says; 0: there is none.
 */
uint32_t packet_header_read(struct flow *flow, enum packet_protocol protocol, struct cursor packet);

/*
 * Sets the fields of one entry of a label stack (RFC 3032 section 2.1), the top at position 0; a
 * stack begins there and ends with the entry that has the bottom bit.
 */
void packet_label_store(struct flow *flow, uint32_t position, uint32_t entry);
