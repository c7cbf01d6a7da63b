/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow 5, and its relatives 1 and 7. */

/*
 * A header, then records of one size. NetFlow 5:
 *
 *   header: version 2, count 2, uptime 4, seconds 4, nanoseconds 4, sequence 4, engine type 1,
 *           engine id 1, sampling mode and interval 2
 *   record: source 4, destination 4, next hop 4, input 2, output 2, packets 4, octets 4, first 4,
 *           last 4, source port 2, destination port 2, pad 1, TCP flags 1, protocol 1, TOS 1,
 *           source AS 2, destination AS 2, source mask 1, destination mask 1, pad 2
 *
 * NetFlow 7 (Catalyst switches) has records four bytes longer and no engine or sampling; NetFlow 1
 * has a header of 16 bytes that ends before the sequence, and no AS numbers or masks. Its records
 * have 52 bytes by Cisco's old manual, and 48 as softflowd and fprobe send them: the datagram's
 * length shows which. What is read lies at the same place in both.
 *
 * Cisco, "NetFlow Export Datagram Format", tables B-1 to B-6.
 */
#include "ingest/decode/decode_context.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/packet_etype.h"
#include "ingest/decode/record_time.h"

enum {
    COUNT_AT = 2,
    UPTIME_AT = 4,
    SECONDS_AT = 8,
    NANOSECONDS_AT = 12,
    SEQUENCE_AT = 16,
    ENGINE_AT = 20,
    SAMPLING_AT = 22,
    SAMPLING_RATE_MASK = 0x3fff /* the upper two bits are the mode */
};

enum {
    SRC_ADDR_AT = 0,
    DST_ADDR_AT = 4,
    NEXT_HOP_AT = 8,
    INPUT_AT = 12,
    OUTPUT_AT = 14,
    PACKETS_AT = 16,
    OCTETS_AT = 20,
    FIRST_AT = 24,
    LAST_AT = 28,
    SRC_PORT_AT = 32,
    DST_PORT_AT = 34,
    PROTOCOL_AT = 38,
    TOS_AT = 39,
    SRC_AS_AT = 40,
    DST_AS_AT = 42,
    SRC_MASK_AT = 44,
    DST_MASK_AT = 45
};

/* In what the versions differ. */
struct layout {
    enum flow_type type;
    size_t header_size;
    size_t record_size;
    size_t tcp_flags_at;
    bool has_sequence;
    bool has_engine;  /* and sampling */
    bool has_routing; /* AS numbers and masks */
};

static const struct layout NETFLOW1 = {
    .type = FLOW_TYPE_NETFLOW1, .header_size = 16, .record_size = 52, .tcp_flags_at = 40};
static const struct layout NETFLOW5 = {.type = FLOW_TYPE_NETFLOW5,
    .header_size = 24,
    .record_size = 48,
    .tcp_flags_at = 37,
    .has_sequence = true,
    .has_engine = true,
    .has_routing = true};
static const struct layout NETFLOW7 = {.type = FLOW_TYPE_NETFLOW7,
    .header_size = 24,
    .record_size = 52,
    .tcp_flags_at = 37,
    .has_sequence = true,
    .has_routing = true};

enum {
    PROTOCOL_ICMP = 1
};

enum {
    NETFLOW1_SHORT_RECORD = 48
};

/* The layout's record size, or the other one that fits the datagram where that does not. */
static size_t record_size_of(const struct layout *layout, size_t count, size_t bytes)
{
    bool is_netflow1 = layout->type == FLOW_TYPE_NETFLOW1;
    bool is_short = count * layout->record_size > bytes && count * NETFLOW1_SHORT_RECORD <= bytes;
    return is_netflow1 && is_short ? NETFLOW1_SHORT_RECORD : layout->record_size;
}

static struct sampling_answer rate_of(
    const struct decode_context *context, const struct layout *layout, const uint8_t *header)
{
    uint16_t sampling = layout->has_engine ? load_be16(header + SAMPLING_AT) : 0;
    return sampling_rule_apply(&context->rule, sampling_of_header(sampling & SAMPLING_RATE_MASK));
}

static void fix_common_fields(
    struct decode_context *context, const struct layout *layout, const uint8_t *header)
{
    struct flow *flow = context->flow;
    flow_begin(flow);
    flow_set_type(flow, layout->type);
    flow_set_time_received(flow, context->datagram->received_ns / NS_PER_S);
    struct address source = address_without_zone(&context->datagram->source);
    flow_set_sampler_address(flow, &source);
    flow_set_etype(flow, PACKET_ETYPE_IPV4);
    if (layout->has_sequence) {
        flow_set_sequence_num(flow, load_be32(header + SEQUENCE_AT));
    }
    if (layout->has_engine) {
        flow_set_observation_domain_id(flow, load_be16(header + ENGINE_AT));
    }
    struct sampling_answer rate = rate_of(context, layout, header);
    sampling_answer_set(&rate, flow);
    flow_fix(flow);
}

static void set_times(struct flow *flow, const struct export_clock *clock, const uint8_t *record)
{
    uint64_t start_ns = time_from_uptime(clock, load_be32(record + FIRST_AT));
    uint64_t end_ns = time_from_uptime(clock, load_be32(record + LAST_AT));
    flow_set_time_flow_start(flow, start_ns / NS_PER_S);
    flow_set_time_flow_end(flow, end_ns / NS_PER_S);
    flow_set_time_flow_start_ns(flow, start_ns);
    flow_set_time_flow_end_ns(flow, end_ns);
    flow_set_time_suspect(flow, time_suspicion(clock, start_ns, end_ns));
}

static void set_addresses(struct flow *flow, const uint8_t *record)
{
    struct address src = address_from_ipv4(record + SRC_ADDR_AT);
    struct address dst = address_from_ipv4(record + DST_ADDR_AT);
    flow_set_src_addr(flow, &src);
    flow_set_dst_addr(flow, &dst);
    if (load_be32(record + NEXT_HOP_AT) != 0) {
        struct address next_hop = address_from_ipv4(record + NEXT_HOP_AT);
        flow_set_next_hop(flow, &next_hop);
    }
}

static void set_numbers(struct flow *flow, const uint8_t *record)
{
    flow_set_in_if(flow, load_be16(record + INPUT_AT));
    flow_set_out_if(flow, load_be16(record + OUTPUT_AT));
    flow_set_packets(flow, load_be32(record + PACKETS_AT));
    flow_set_bytes(flow, load_be32(record + OCTETS_AT));
    flow_set_src_port(flow, load_be16(record + SRC_PORT_AT));
    flow_set_dst_port(flow, load_be16(record + DST_PORT_AT));
    flow_set_proto(flow, record[PROTOCOL_AT]);
    flow_set_ip_tos(flow, record[TOS_AT]);
    if (record[PROTOCOL_AT] == PROTOCOL_ICMP) {
        flow_set_icmp_type(flow, record[DST_PORT_AT]);
        flow_set_icmp_code(flow, record[DST_PORT_AT + 1]);
    }
}

static void set_routing(struct flow *flow, const uint8_t *record)
{
    flow_set_src_as(flow, load_be16(record + SRC_AS_AT));
    flow_set_dst_as(flow, load_be16(record + DST_AS_AT));
    flow_set_src_net(flow, record[SRC_MASK_AT]);
    flow_set_dst_net(flow, record[DST_MASK_AT]);
}

static void read_records(struct decode_context *context, const struct layout *layout,
    const uint8_t *header, struct cursor records, size_t record_size)
{
    struct export_clock clock = {
        .export_ns = load_be32(header + SECONDS_AT) * NS_PER_S + load_be32(header + NANOSECONDS_AT),
        .uptime_ms = load_be32(header + UPTIME_AT),
        .has_uptime = true};
    export_clock_check(&clock, context->datagram->received_ns);
    struct flow *flow = context->flow;
    fix_common_fields(context, layout, header);
    while (cursor_left(&records) > 0) {
        const uint8_t *record = cursor_take(&records, record_size);
        flow_reset(flow);
        set_addresses(flow, record);
        set_numbers(flow, record);
        flow_set_tcp_flags(flow, record[layout->tcp_flags_at]);
        if (layout->has_routing) {
            set_routing(flow, record);
        }
        set_times(flow, &clock, record);
        decode_emit(context);
    }
}

/* The number is that of the first flow in the datagram. */
static void follow_sequence(struct decode_context *context, const struct layout *layout,
    const uint8_t *header, uint32_t count)
{
    if (!layout->has_sequence) {
        return;
    }
    const struct datagram *datagram = context->datagram;
    struct sequence_step step = {.type = (uint8_t)layout->type,
        .has_units = true,
        .domain = layout->has_engine ? load_be16(header + ENGINE_AT) : 0,
        .number = load_be32(header + SEQUENCE_AT),
        .units = count,
        .flows = count,
        .uptime_ms = load_be32(header + UPTIME_AT),
        .export_s = load_be32(header + SECONDS_AT),
        .origin = datagram->source_port,
        .received_ns = datagram->received_ns};
    struct exporter *exporter = context->exporter;
    context->stream = exporter_find_stream(exporter, &step);
    if (context->stream != NULL) {
        stream_follow(context->stream, &exporter->counters.sequences[layout->type], &step);
        context->stream->sampling = rate_of(context, layout, header);
    }
}

static void decode(
    struct decode_context *context, const struct layout *layout, struct cursor cursor)
{
    const uint8_t *header = cursor_take(&cursor, layout->header_size);
    if (header == NULL) {
        decode_truncated(context, DECODE_SHORT_HEADER);
        return;
    }
    size_t count = load_be16(header + COUNT_AT);
    size_t record_size = record_size_of(layout, count, cursor_left(&cursor));
    size_t held = cursor_left(&cursor) / record_size;
    if (count > held) {
        decode_truncated(context, DECODE_COUNT); /* damaged, and nothing tells where */
        return;
    }
    if (count != held || count == 0) {
        decode_drop(context, DECODE_COUNT); /* what was not announced is left out */
    }
    if (count == 0) {
        return;
    }
    read_records(context, layout, header, cursor_sub(&cursor, count * record_size), record_size);
    follow_sequence(context, layout, header, (uint32_t)count);
}

void netflow1_decode(struct decode_context *context, struct cursor cursor)
{
    decode(context, &NETFLOW1, cursor);
}

void netflow5_decode(struct decode_context *context, struct cursor cursor)
{
    decode(context, &NETFLOW5, cursor);
}

void netflow7_decode(struct decode_context *context, struct cursor cursor)
{
    decode(context, &NETFLOW7, cursor);
}
