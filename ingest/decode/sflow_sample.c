/* SPDX-License-Identifier: BSD-3-Clause -- sFlow samples: flow, discarded packet. */
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/sflow_xdr.h"

enum {
    FLOW_SAMPLE_SIZE = 32, /* the fixed parts, up to and with the count of records */
    FLOW_SAMPLE_EXPANDED_SIZE = 44,
    DISCARDED_PACKET_SIZE = 32
};

/* Formats of records that describe the same packet. */
enum {
    RECORD_RAW_HEADER = 1,
    RECORD_ETHERNET = 2,
    RECORD_IPV4 = 3,
    RECORD_IPV6 = 4
};

/* sFlow version 5 section 5: interface, interface_expanded. */
enum interface_format {
    INTERFACE_SINGLE = 0,
    INTERFACE_DISCARDED = 1, /* the value is the reason */
    INTERFACE_MULTIPLE = 2,  /* the value is their number */
    INTERFACE_INTERNAL = 3   /* ours, for what sFlow writes as 0x3fffffff */
};
#define INTERFACE_VALUE_MASK     UINT32_C(0x3fffffff)
#define INTERFACE_VALUE_INTERNAL UINT32_C(0x3fffffff)

struct interface {
    uint32_t format;
    uint32_t value;
};

/* What the three kinds of packet samples have in common. */
struct sample_header {
    struct sflow_source_step step;
    struct interface in;
    struct interface out;
    bool is_sampled;
    uint32_t sampling_rate; /* 0: unknown */
    uint32_t drop_reason;   /* 0 when the packet was not discarded */
    uint32_t records;       /* as claimed */
};

static struct interface interface_of(uint32_t format, uint32_t value)
{
    bool is_internal = format == INTERFACE_SINGLE && value == INTERFACE_VALUE_INTERNAL;
    return (struct interface){.format = is_internal ? INTERFACE_INTERNAL : format, .value = value};
}

static struct interface interface_of_compact(uint32_t word)
{
    return interface_of(word >> 30, word & INTERFACE_VALUE_MASK);
}

static uint32_t drop_reason_of(const struct interface *out)
{
    return out->format == INTERFACE_DISCARDED ? out->value : 0;
}

/* sFlow version 5 section 5: flow_sample. */
static bool parse_flow_sample(struct sample_header *header, struct cursor *sample)
{
    const uint8_t *bytes = cursor_take(sample, FLOW_SAMPLE_SIZE);
    if (bytes == NULL) {
        return false;
    }
    uint32_t source = load_be32(bytes + 4);
    header->step = (struct sflow_source_step){.kind = SFLOW_SOURCE_FLOW,
        .source_class = source >> SFLOW_SOURCE_INDEX_BITS,
        .source_index = source & SFLOW_SOURCE_INDEX_MASK,
        .number = load_be32(bytes),
        .pool = load_be32(bytes + 12),
        .agent_drops = load_be32(bytes + 16)};
    header->in = interface_of_compact(load_be32(bytes + 20));
    header->out = interface_of_compact(load_be32(bytes + 24));
    header->is_sampled = true;
    header->sampling_rate = load_be32(bytes + 8);
    header->drop_reason = drop_reason_of(&header->out);
    header->records = load_be32(bytes + 28);
    return true;
}

/* sFlow version 5 section 5: flow_sample_expanded. */
static bool parse_flow_sample_expanded(struct sample_header *header, struct cursor *sample)
{
    const uint8_t *bytes = cursor_take(sample, FLOW_SAMPLE_EXPANDED_SIZE);
    if (bytes == NULL) {
        return false;
    }
    header->step = (struct sflow_source_step){.kind = SFLOW_SOURCE_FLOW,
        .source_class = load_be32(bytes + 4),
        .source_index = load_be32(bytes + 8),
        .number = load_be32(bytes),
        .pool = load_be32(bytes + 16),
        .agent_drops = load_be32(bytes + 20)};
    header->in = interface_of(load_be32(bytes + 24), load_be32(bytes + 28));
    header->out = interface_of(load_be32(bytes + 32), load_be32(bytes + 36));
    header->is_sampled = true;
    header->sampling_rate = load_be32(bytes + 12);
    header->drop_reason = drop_reason_of(&header->out);
    header->records = load_be32(bytes + 40);
    return true;
}

/*
 * sFlow Dropped Packet Notification Structures: discarded_packet. Every drop is told,
 * up to a limit of the agent's, so no rate scales them.
 */
static bool parse_discarded_packet(struct sample_header *header, struct cursor *sample)
{
    const uint8_t *bytes = cursor_take(sample, DISCARDED_PACKET_SIZE);
    if (bytes == NULL) {
        return false;
    }
    header->step = (struct sflow_source_step){.kind = SFLOW_SOURCE_DISCARDED,
        .source_class = load_be32(bytes + 4),
        .source_index = load_be32(bytes + 8),
        .number = load_be32(bytes),
        .agent_drops = load_be32(bytes + 12)};
    header->in = interface_of(INTERFACE_SINGLE, load_be32(bytes + 16));
    header->out = interface_of(INTERFACE_SINGLE, load_be32(bytes + 20));
    header->is_sampled = false;
    header->sampling_rate = 0;
    header->drop_reason = load_be32(bytes + 24);
    header->records = load_be32(bytes + 28);
    return true;
}

/* The operator's rates are for what is sampled. */
static struct sampling_answer rate_of(
    const struct decode_context *context, const struct sample_header *header)
{
    struct sampling_answer told = sampling_of_header(header->sampling_rate);
    return header->is_sampled ? sampling_rule_apply(&context->rule, told) : told;
}

static void store_header(struct decode_context *context, const struct sample_header *header)
{
    struct flow *flow = context->flow;
    struct sampling_answer rate = rate_of(context, header);
    flow_reset(flow);
    flow_set_packets(flow, 1);
    flow_set_in_if(flow, header->in.value);
    flow_set_in_if_format(flow, header->in.format);
    flow_set_out_if(flow, header->out.value);
    flow_set_out_if_format(flow, header->out.format);
    flow_set_drop_reason(flow, header->drop_reason);
    flow_set_forwarding_status(flow, header->drop_reason);
    sampling_answer_set(&rate, flow);
    if (header->is_sampled && context->stream != NULL) {
        context->stream->sampling = rate;
    }
}

/* What no field holds may go to Extra; what is not read at all is counted. */
__attribute__((noinline)) static void take_unread(struct decode_context *context, uint32_t format,
    struct cursor record, enum sflow_record_outcome outcome)
{
    if (outcome == SFLOW_RECORD_SKIPPED && context->takes_extra) {
        uint32_t dropped = 0;
        outcome = sflow_read_extra(context->flow, format, record, &dropped);
        counter_add(&context->counters->extra_dropped, dropped);
    }
    sflow_count_record(context, false, format, outcome);
}

/* Inlined where most samples need it. */
static inline __attribute__((always_inline)) void take_record(
    struct decode_context *context, uint32_t format, struct cursor record)
{
    enum sflow_record_outcome outcome = SFLOW_RECORD_BAD;
    if (!cursor_failed(&record)) {
        outcome = format == RECORD_RAW_HEADER ? sflow_read_raw_header(context->flow, record)
                                              : sflow_record_read(context->flow, format, record);
    }
    if (outcome != SFLOW_RECORD_READ) {
        take_unread(context, format, record, outcome);
    }
}

/*
 * The records of a sample are read in this order, whatever theirs is: what describes the packet by
 * its own bytes goes before what describes it in parts, and IP before Ethernet.
 */
enum record_phase {
    PHASE_RAW = 1,
    PHASE_OTHERS = 2,
    PHASE_IP = 4,
    PHASE_ETHERNET = 8,
    PHASE_PARTS = PHASE_IP | PHASE_ETHERNET
};

static uint32_t phase_of(uint32_t format)
{
    switch (format) {
    case RECORD_RAW_HEADER:
        return PHASE_RAW;
    case RECORD_ETHERNET:
        return PHASE_ETHERNET;
    case RECORD_IPV4:
    case RECORD_IPV6:
        return PHASE_IP;
    default:
        return PHASE_OTHERS;
    }
}

/* Reads the records of one phase. */
static void read_phase(
    struct decode_context *context, struct cursor sample, uint32_t claimed, uint32_t phase)
{
    for (uint32_t i = 0; i < claimed && cursor_left(&sample) > 0; i++) {
        uint32_t format = cursor_be32(&sample);
        struct cursor record = sflow_xdr_opaque(&sample);
        if (phase_of(format) == phase) {
            take_record(context, format, record);
        }
    }
}

/* Out of line: few samples need it. */
__attribute__((noinline)) static void read_phases(
    struct decode_context *context, struct cursor sample, uint32_t claimed, uint32_t phases)
{
    for (uint32_t phase = PHASE_RAW; phase <= PHASE_ETHERNET; phase <<= 1) {
        if ((phase & phases) != 0) {
            read_phase(context, sample, claimed, phase);
        }
    }
}

/* Counts the records, up to the sample's own end. */
__attribute__((noinline)) static uint32_t skip_records(struct cursor *sample, uint32_t claimed)
{
    uint32_t records = 0;
    while (records < claimed && cursor_left(sample) > 0) {
        (void)cursor_be32(sample);
        (void)sflow_xdr_opaque(sample);
        records++;
    }
    return records;
}

/*
 * Most samples begin with the raw header, and have none of records 2 to 4: they are read in one
 * walk. Returns the records found; *phases_p has what is left to read.
 */
static uint32_t walk_records(
    struct decode_context *context, struct cursor *sample, uint32_t claimed, uint32_t *phases_p)
{
    uint32_t records = 0;
    *phases_p = 0;
    while (records < claimed && cursor_left(sample) > 0) {
        uint32_t format = cursor_be32(sample);
        struct cursor record = sflow_xdr_opaque(sample);
        records++;
        if (__builtin_expect(format - RECORD_ETHERNET <= RECORD_IPV6 - RECORD_ETHERNET, 0)) {
            *phases_p = PHASE_PARTS;
        } else {
            take_record(context, format, record);
        }
    }
    return records;
}

/* The count is a limit: the sample's own end decides. Returns the records found. */
static uint32_t read_records(
    struct decode_context *context, struct cursor *sample, uint32_t claimed)
{
    const struct cursor start = *sample;
    uint32_t phases = PHASE_RAW | PHASE_OTHERS | PHASE_PARTS;
    bool begins_raw = cursor_left(sample) >= 4 && load_be32(sample->pos) == RECORD_RAW_HEADER;
    uint32_t records = begins_raw ? walk_records(context, sample, claimed, &phases)
                                  : skip_records(sample, claimed);
    if (phases != 0) {
        read_phases(context, start, claimed, phases);
    }
    if (records < claimed && !cursor_failed(sample)) {
        decode_drop(context, DECODE_COUNT);
    }
    return records;
}

static bool parse_sample(
    struct sample_header *header, enum sflow_sample_type type, struct cursor *sample)
{
    switch (type) {
    case SFLOW_SAMPLE_FLOW:
        return parse_flow_sample(header, sample);
    case SFLOW_SAMPLE_FLOW_EXPANDED:
        return parse_flow_sample_expanded(header, sample);
    default:
        return parse_discarded_packet(header, sample);
    }
}

void sflow_follow_source(struct decode_context *context, const struct sflow_source_step *step)
{
    struct exporter *exporter = context->exporter;
    if (context->stream != NULL) { /* else there are too many sub-agents */
        sflow_sources_follow(
            &exporter->sources, exporter->counters.sflow.sources, context->stream, step);
    }
}

static void decode_packet_sample(
    struct decode_context *context, enum sflow_sample_type type, struct cursor sample)
{
    struct sample_header header;
    if (!parse_sample(&header, type, &sample)) {
        decode_drop(context, DECODE_SAMPLE);
        return;
    }
    sflow_follow_source(context, &header.step);
    store_header(context, &header);
    uint32_t records = read_records(context, &sample, header.records);
    counter_add(&context->exporter->counters.sflow.records[type], records);
    decode_emit(context);
}

void sflow_sample_decode(struct decode_context *context, uint32_t format, struct cursor sample)
{
    enum sflow_sample_type type =
        format < SFLOW_SAMPLE_TYPE_COUNT ? (enum sflow_sample_type)format : SFLOW_SAMPLE_OTHER;
    counter_add(&context->exporter->counters.sflow.samples[type], 1);
    switch (type) {
    case SFLOW_SAMPLE_FLOW:
    case SFLOW_SAMPLE_FLOW_EXPANDED:
    case SFLOW_SAMPLE_DISCARDED:
        decode_packet_sample(context, type, sample);
        break;
    case SFLOW_SAMPLE_COUNTER:
    case SFLOW_SAMPLE_COUNTER_EXPANDED:
        counter_add(&context->counters->counter_samples, 1);
        sflow_counter_sample_decode(context, type, sample);
        break;
    default:
        counter_add(&context->counters->skipped_samples, 1);
    }
}
