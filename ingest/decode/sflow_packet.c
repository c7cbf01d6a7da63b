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
    (void)packet_header_read(flow, (enum packet_protocol)protocol, header);
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
    (void)packet_header_read(flow, PACKET_LLC, payload);
    return SFLOW_RECORD_READ;
}

/*
 * Records 2 to 4 repeat what the raw header has, and are read behind it: they fill what is open. A
 * 0 in them, which agents send where they do not know, never replaces a value.
 */
static void fill(struct flow *flow, enum flow_field field, uint64_t value)
{
    if (!flow_has(flow, field)) {
        flow_set_number(flow, field, value);
    }
}

static void fill_address(struct flow *flow, enum flow_field field, const struct address *value)
{
    if (!flow_has(flow, field)) {
        memcpy((uint8_t *)flow + FLOW_FIELDS[field].offset, value, sizeof *value);
        flow_mark(flow, field, true);
    }
}

/* IEEE 802.3 clause 3.2.6: below, the field is a length. */
enum {
    ETYPE_MIN = 1536
};

/* The length of an IP record beside it is the better count of the flow's octets. */
enum sflow_record_outcome sflow_read_ethernet(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, ETHERNET_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    uint32_t length = load_be32(bytes);
    uint16_t etype = load_be16(bytes + 22);
    fill(flow, FLOW_LAYER2_BYTES, length);
    fill(flow, FLOW_BYTES, length);
    fill(flow, FLOW_SRC_MAC, load_be64(bytes + 4) >> 16);
    fill(flow, FLOW_DST_MAC, load_be64(bytes + 12) >> 16);
    fill(flow, FLOW_ETYPE, etype >= ETYPE_MIN ? etype : 0);
    return SFLOW_RECORD_READ;
}

/* Of either family. What follows the addresses is the same in both: ports, TCP flags, priority. */
struct ip_record {
    struct address src;
    struct address dst;
    uint16_t etype;
    const uint8_t *bytes; /* length, protocol */
    const uint8_t *ports;
};

/* Ports and flags are of the same protocol as the raw header's, or of none. */
static void fill_ip(struct flow *flow, const struct ip_record *record)
{
    uint8_t protocol = record->bytes[7];
    bool is_same = !flow_has(flow, FLOW_PROTO) || flow_number(flow, FLOW_PROTO) == protocol;
    fill(flow, FLOW_BYTES, load_be32(record->bytes));
    fill_address(flow, FLOW_SRC_ADDR, &record->src);
    fill_address(flow, FLOW_DST_ADDR, &record->dst);
    fill(flow, FLOW_ETYPE, record->etype);
    fill(flow, FLOW_PROTO, protocol);
    fill(flow, FLOW_IP_TOS, record->ports[15]);
    if (is_same) {
        fill(flow, FLOW_SRC_PORT, load_be16(record->ports + 2));
        fill(flow, FLOW_DST_PORT, load_be16(record->ports + 6));
        fill(flow, FLOW_TCP_FLAGS, load_be16(record->ports + 10));
    }
}

enum sflow_record_outcome sflow_read_ipv4(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, IPV4_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    struct ip_record ip = {.src = address_from_ipv4(bytes + 8),
        .dst = address_from_ipv4(bytes + 12),
        .etype = PACKET_ETYPE_IPV4,
        .bytes = bytes,
        .ports = bytes + 16};
    fill_ip(flow, &ip);
    return SFLOW_RECORD_READ;
}

enum sflow_record_outcome sflow_read_ipv6(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, IPV6_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    struct ip_record ip = {.src = address_from_ipv6(bytes + 8),
        .dst = address_from_ipv6(bytes + 24),
        .etype = PACKET_ETYPE_IPV6,
        .bytes = bytes,
        .ports = bytes + 40};
    fill_ip(flow, &ip);
    return SFLOW_RECORD_READ;
}
