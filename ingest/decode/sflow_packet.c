/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records 1 to 4 and 1013: the packet, raw or in
 * parts. */
#include "ingest/decode/packet_etype.h"
#include "ingest/decode/packet_header.h"
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

/* sFlow version 5 section 5: sampled_ethernet, sampled_ipv4, sampled_ipv6. */
enum {
    RAW_HEADER_SIZE = 12, /* protocol, frame length, stripped; the header follows as opaque */
    ETHERNET_SIZE = 24,   /* each address takes eight octets, the last two unused */
    IPV4_SIZE = 32,
    IPV6_SIZE = 56,
    CIPHER_SUITE_SIZE = 4
};

enum sflow_record_outcome sflow_read_raw_header(struct flow *flow, struct cursor record)
{
    const uint8_t *fixed = cursor_take(&record, RAW_HEADER_SIZE);
    struct cursor header = sflow_xdr_opaque(&record);
    if (fixed == NULL || cursor_failed(&header)) {
        return SFLOW_RECORD_BAD;
    }
    uint32_t frame_length = load_be32(fixed + 4);
    flow_set_bytes(flow, frame_length);
    uint32_t protocol = load_be32(fixed);
    switch (protocol) {
    case PACKET_ETHERNET:
        flow_set_layer2_bytes(flow, frame_length);
        break;
    case PACKET_PPP:
    case PACKET_IPV4:
    case PACKET_IPV6:
    case PACKET_MPLS:
        break;
    default:
        return SFLOW_RECORD_SKIPPED;
    }
    packet_header_read(flow, (enum packet_protocol)protocol, header);
    return SFLOW_RECORD_READ;
}

/*
 * sFlow 802.11 Structures: extended_80211_payload. The frame in the raw header is
 * encrypted; here is what it carries, from the logical link control on.
 */
enum sflow_record_outcome sflow_read_80211_payload(struct flow *flow, struct cursor record)
{
    cursor_skip(&record, CIPHER_SUITE_SIZE);
    struct cursor payload = sflow_xdr_opaque(&record);
    if (cursor_failed(&payload)) {
        return SFLOW_RECORD_BAD;
    }
    packet_header_read(flow, PACKET_LLC, payload);
    return SFLOW_RECORD_READ;
}

/* The length of an IP record beside it is the better count of the flow's octets. */
enum sflow_record_outcome sflow_read_ethernet(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, ETHERNET_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    uint32_t length = load_be32(bytes);
    flow_set_layer2_bytes(flow, length);
    if (!flow_has(flow, FLOW_BYTES)) {
        flow_set_bytes(flow, length);
    }
    flow_set_src_mac(flow, load_be64(bytes + 4) >> 16);
    flow_set_dst_mac(flow, load_be64(bytes + 12) >> 16);
    flow_set_etype(flow, load_be16(bytes + 22));
    return SFLOW_RECORD_READ;
}

/* What follows the addresses is the same in both: ports, TCP flags, TOS or priority. */
static void store_transport(struct flow *flow, uint8_t protocol, const uint8_t *ports)
{
    flow_set_proto(flow, protocol);
    flow_set_src_port(flow, load_be16(ports + 2));
    flow_set_dst_port(flow, load_be16(ports + 6));
    flow_set_tcp_flags(flow, load_be16(ports + 10));
    flow_set_ip_tos(flow, ports[15]);
}

enum sflow_record_outcome sflow_read_ipv4(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, IPV4_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    struct address src = address_from_ipv4(bytes + 8);
    struct address dst = address_from_ipv4(bytes + 12);
    flow_set_bytes(flow, load_be32(bytes));
    flow_set_src_addr(flow, &src);
    flow_set_dst_addr(flow, &dst);
    flow_set_etype(flow, PACKET_ETYPE_IPV4);
    store_transport(flow, bytes[7], bytes + 16);
    return SFLOW_RECORD_READ;
}

enum sflow_record_outcome sflow_read_ipv6(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, IPV6_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    struct address src = address_from_ipv6(bytes + 8);
    struct address dst = address_from_ipv6(bytes + 24);
    flow_set_bytes(flow, load_be32(bytes));
    flow_set_src_addr(flow, &src);
    flow_set_dst_addr(flow, &dst);
    flow_set_etype(flow, PACKET_ETYPE_IPV6);
    store_transport(flow, bytes[7], bytes + 40);
    return SFLOW_RECORD_READ;
}
