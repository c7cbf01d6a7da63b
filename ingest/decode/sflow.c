/* SPDX-License-Identifier: BSD-3-Clause -- sFlow version 5 datagrams. */
#include "common/clock.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/sampling_map.h"
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

enum {
    SFLOW_VERSION = 5
};

struct sflow_header {
    struct address agent;
    uint32_t sub_agent_id;
    uint32_t sequence;
    uint32_t uptime_ms;
    uint32_t samples; /* as claimed */
};

/* sFlow version 5 section 5: sample_datagram_v5. */
static enum decode_status parse_header(struct sflow_header *header, struct cursor *cursor)
{
    uint32_t version = cursor_be32(cursor);
    if (!cursor_failed(cursor) && version != SFLOW_VERSION) {
        return DECODE_VERSION;
    }
    if (!sflow_xdr_address(cursor, &header->agent)) {
        return DECODE_ADDRESS_TYPE;
    }
    header->sub_agent_id = cursor_be32(cursor);
    header->sequence = cursor_be32(cursor);
    header->uptime_ms = cursor_be32(cursor); /* tells a restart: no time is relative to it */
    header->samples = cursor_be32(cursor);
    return cursor_failed(cursor) ? DECODE_SHORT_HEADER : DECODE_OK;
}

/* A sampled packet has one time, and the nearest to it that is known is the arrival's. */
static void fix_datagram_fields(struct decode_context *context, const struct sflow_header *header)
{
    const struct datagram *datagram = context->datagram;
    struct flow *flow = context->flow;
    uint64_t received_s = datagram->received_ns / NS_PER_S;
    flow_begin(flow);
    flow_set_type(flow, FLOW_TYPE_SFLOW5);
    flow_set_time_received(flow, received_s);
    flow_set_time_flow_start(flow, received_s);
    flow_set_time_flow_end(flow, received_s);
    flow_set_time_flow_start_ns(flow, datagram->received_ns);
    flow_set_time_flow_end_ns(flow, datagram->received_ns);
    flow_set_sequence_num(flow, header->sequence);
    flow_set_observation_domain_id(flow, header->sub_agent_id);
    bool has_agent = !address_is_unspecified(&header->agent);
    struct address source = address_without_zone(&datagram->source);
    flow_set_sampler_address(flow, has_agent ? &header->agent : &source);
    if (!address_equal(&flow->sampler_address, &source)) {
        context->rule = sampling_map_find(context->sampling, &flow->sampler_address);
    }
    flow_fix(flow);
}

/* Each sub-agent numbers its datagrams. */
static void follow_sequence(struct decode_context *context, const struct sflow_header *header)
{
    struct sequence_step step = {.type = FLOW_TYPE_SFLOW5,
        .has_units = true,
        .domain = header->sub_agent_id,
        .number = header->sequence,
        .units = 1,
        .flows = 1,
        .uptime_ms = header->uptime_ms,
        .received_ns = context->datagram->received_ns,
        .origin = load_be64(header->agent.bytes + 8) ^
                  load_be64(header->agent.bytes) * UINT64_C(0x9e3779b97f4a7c15)};
    struct exporter *exporter = context->exporter;
    context->stream = exporter_find_stream(exporter, &step);
    if (context->stream != NULL) {
        stream_follow(context->stream, &exporter->counters.sequences[FLOW_TYPE_SFLOW5], &step);
    }
}

static void count_datagram(struct sflow_counters *counters, const struct address *agent)
{
    uint64_t words[2];
    memcpy(words, agent->bytes, sizeof words);
    counter_add(&counters->datagrams, 1);
    counter_set(&counters->agent[0], words[0]);
    counter_set(&counters->agent[1], words[1]);
}

static void decode_datagram(struct decode_context *context, struct cursor cursor)
{
    struct sflow_header header;
    enum decode_status status = parse_header(&header, &cursor);
    if (status == DECODE_SHORT_HEADER) {
        decode_truncated(context, status);
        return;
    }
    if (status != DECODE_OK) {
        decode_drop(context, status);
        return;
    }
    fix_datagram_fields(context, &header);
    follow_sequence(context, &header);
    count_datagram(&context->exporter->counters.sflow, &context->flow->sampler_address);
    uint32_t samples = 0;
    while (samples < header.samples && cursor_left(&cursor) > 0) {
        uint32_t format = cursor_be32(&cursor);
        struct cursor sample = sflow_xdr_opaque(&cursor);
        if (cursor_failed(&sample)) {
            decode_truncated(context, DECODE_SAMPLE);
            return;
        }
        sflow_sample_decode(context, format, sample);
        samples++;
    }
    if (samples < header.samples) {
        decode_truncated(context, DECODE_COUNT);
    }
}

/* Samples and records of formats that are not read, so far. */
static uint64_t count_skipped(const struct decode_counters *counters)
{
    return counter_get(&counters->skipped_samples) + counter_get(&counters->skipped_records);
}

void sflow_decode(struct decode_context *context, struct cursor cursor)
{
    struct counter *errors = context->exporter->counters.sflow.errors;
    uint64_t skipped_before = count_skipped(context->counters);
    decode_datagram(context, cursor);
    if (context->status == DECODE_ADDRESS_TYPE) {
        counter_add(&errors[SFLOW_ERROR_ADDRESS], 1);
    } else if (context->status != DECODE_OK) {
        counter_add(&errors[SFLOW_ERROR_DECODING], 1);
    } else if (count_skipped(context->counters) != skipped_before) {
        counter_add(&errors[SFLOW_ERROR_FORMAT], 1);
    }
}
