/*
 * packet_etype.h -- what comes behind an Ethernet header: IEEE 802 numbers (Ethernet types).
 *
 * Also the values of the field Etype, for flows that come without such a header.
 */
#pragma once

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
