/* SPDX-License-Identifier: BSD-3-Clause -- the loss ledger's rows. */
#include "ingest/decode/loss.h"

_Static_assert(LOSSES_FLOWS - LOSSES_DATAGRAMS == SEQUENCE_FLOWS - SEQUENCE_DATAGRAMS,
    "amounts are in the order of the row's fields");

void loss_count(struct decode_context *context, enum flow_type type, uint64_t flows)
{
    struct stream *stream = context->stream;
    if (stream == NULL) { /* no sequence number, or a fault before it */
        stream = stream_table_take(&context->exporter->streams, (uint8_t)type, 0);
    }
    if (stream == NULL) {
        return;
    }
    bool has_fault = context->is_truncated ||
                     (context->status != DECODE_OK && context->status != DECODE_TEMPLATE_MISSING);
    uint64_t *amounts = stream->sequence.amounts;
    amounts[SEQUENCE_DATAGRAMS]++;
    amounts[SEQUENCE_FLOWS] += flows;
    amounts[SEQUENCE_UNDECODABLE] += has_fault;
    amounts[SEQUENCE_TRUNCATED] += context->is_truncated;
    amounts[SEQUENCE_NO_TEMPLATE] += context->has_unread_records;
}

void loss_count_late(struct decode_context *context, uint64_t units, uint64_t flows)
{
    struct exporter *exporter = context->exporter;
    uint64_t *amounts = context->stream->sequence.amounts;
    bool has_fault = context->status != DECODE_OK;
    counter_add(&exporter->counters.flows, flows);
    counter_add(&exporter->counters.errors, has_fault);
    amounts[SEQUENCE_RECEIVED] += units;
    amounts[SEQUENCE_FLOWS] += flows;
    amounts[SEQUENCE_UNDECODABLE] += has_fault;
}

/* What the flow table calls the exporter: an sFlow agent names itself. */
static struct address address_of(const struct exporter *exporter, uint8_t type)
{
    const struct counter *agent = exporter->counters.sflow.agent;
    uint64_t words[2] = {counter_get(&agent[0]), counter_get(&agent[1])};
    struct address address;
    memcpy(address.bytes, words, sizeof address.bytes);
    bool is_agent = type == FLOW_TYPE_SFLOW5 && !address_is_unspecified(&address);
    return is_agent ? address : exporter->address;
}

static bool has_news(const struct sequence_tracker *sequence)
{
    return memcmp(sequence->amounts, sequence->told, sizeof sequence->told) != 0;
}

static void report_stream(const struct exporter *exporter, struct stream *stream, uint64_t time_s,
    const struct record_sink *sink)
{
    struct sequence_tracker *sequence = &stream->sequence;
    struct record record = {.present = 0};
    struct address address = address_of(exporter, stream->type);
    record_set_number(&record, LOSSES_TIME_RECEIVED, time_s);
    record_set_address(&record, LOSSES_SAMPLER_ADDRESS, &address);
    record_set_number(&record, LOSSES_DOMAIN, stream->domain);
    record_set_number(&record, LOSSES_PROTOCOL, stream->type);
    for (unsigned i = 0; i < SEQUENCE_AMOUNT_COUNT; i++) {
        record_set_number(&record, LOSSES_DATAGRAMS + i, sequence->amounts[i] - sequence->told[i]);
    }
    memcpy(sequence->told, sequence->amounts, sizeof sequence->told);
    sink->take(sink->context, RECORD_LOSSES, &record);
}

void loss_report(struct exporter *exporter, uint64_t time_s, const struct record_sink *sink)
{
    for (uint32_t i = 0; i < exporter->streams.count; i++) {
        struct stream *stream = &exporter->streams.streams[i];
        if (has_news(&stream->sequence)) {
            report_stream(exporter, stream, time_s, sink);
        }
    }
}
