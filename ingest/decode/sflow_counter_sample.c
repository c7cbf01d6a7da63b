/* SPDX-License-Identifier: BSD-3-Clause -- sFlow counter samples. */
#include "ingest/decode/counters_record.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

static const uint8_t SIZES[DEVICE_COUNTER_COUNT] = {
#define DEVICE_COUNTER(id, name, size, text) [DEVICE_##id] = (size),
#include "common/device_counters.def"
};

/* A record is a run of counters. Token ring 3 and 100BaseVG 4 have no columns worth their keep. */
static const struct counter_record {
    uint32_t format;
    enum device_counter first;
    enum device_counter last;
} RECORDS[] = {
    {1, DEVICE_IF_INDEX, DEVICE_PROMISCUOUS},
    {2, DEVICE_ALIGNMENT_ERRORS, DEVICE_SYMBOL_ERRORS},
    {5, DEVICE_VLAN_ID, DEVICE_VLAN_DISCARDS},
    {1001, DEVICE_CPU_5S, DEVICE_FREE_MEMORY},
};

static size_t record_size(const struct counter_record *record)
{
    size_t size = 0;
    for (size_t counter = record->first; counter <= record->last; counter++) {
        size += SIZES[counter];
    }
    return size;
}

/* sFlow version 5 section 5: a counter that does not exist is sent as all ones. */
static void store_counters(
    struct device_counters *counters, const struct counter_record *record, const uint8_t *bytes)
{
    for (size_t counter = record->first; counter <= record->last; counter++) {
        uint8_t size = SIZES[counter];
        uint64_t value = load_be(bytes, size);
        uint64_t missing = size == 8 ? UINT64_MAX : UINT32_MAX;
        bytes += size;
        counters->values[counter] = value;
        counters->present |= (uint64_t)(value != missing) << counter;
    }
}

static enum sflow_record_outcome read_record(
    struct device_counters *counters, uint32_t format, struct cursor body)
{
    if (cursor_failed(&body)) {
        return SFLOW_RECORD_BAD;
    }
    for (size_t i = 0; i < sizeof RECORDS / sizeof RECORDS[0]; i++) {
        if (RECORDS[i].format != format) {
            continue;
        }
        const uint8_t *bytes = cursor_take(&body, record_size(&RECORDS[i]));
        if (bytes == NULL) {
            return SFLOW_RECORD_BAD;
        }
        store_counters(counters, &RECORDS[i], bytes);
        return SFLOW_RECORD_READ;
    }
    return SFLOW_RECORD_SKIPPED;
}

/* sFlow version 5 section 5: counters_sample, counters_sample_expanded. */
static uint32_t parse_header(
    struct device_counters *counters, enum sflow_sample_type type, struct cursor *sample)
{
    counters->sequence = cursor_be32(sample);
    uint32_t source = cursor_be32(sample);
    if (type == SFLOW_SAMPLE_COUNTER_EXPANDED) {
        counters->source_class = source;
        counters->source_index = cursor_be32(sample);
    } else {
        counters->source_class = source >> SFLOW_SOURCE_INDEX_BITS;
        counters->source_index = source & SFLOW_SOURCE_INDEX_MASK;
    }
    return cursor_be32(sample);
}

void sflow_counter_sample_decode(
    struct decode_context *context, enum sflow_sample_type type, struct cursor sample)
{
    struct device_counters counters = {.sampler_address = context->flow->sampler_address,
        .time_received_ns = context->datagram->received_ns,
        .sub_agent_id = (uint32_t)flow_number(context->flow, FLOW_OBSERVATION_DOMAIN_ID)};
    uint32_t claimed = parse_header(&counters, type, &sample);
    if (cursor_failed(&sample)) {
        decode_drop(context, DECODE_SAMPLE);
        return;
    }
    const struct sflow_source_step step = {.kind = SFLOW_SOURCE_COUNTER,
        .source_class = counters.source_class,
        .source_index = counters.source_index,
        .number = counters.sequence};
    sflow_follow_source(context, &step);
    uint32_t records = 0;
    while (records < claimed && cursor_left(&sample) > 0) {
        uint32_t format = cursor_be32(&sample);
        struct cursor body = sflow_xdr_opaque(&sample);
        sflow_count_record(context, true, format, read_record(&counters, format, body));
        records++;
    }
    if (records < claimed && !cursor_failed(&sample)) {
        decode_drop(context, DECODE_COUNT);
    }
    counter_add(&context->exporter->counters.sflow.records[type], records);
    if (counters.present != 0 && context->records != NULL) {
        counters_record_give(&counters, context->records);
    }
}
