/* SPDX-License-Identifier: BSD-3-Clause -- the loss ledger's rows. */
#include "ingest/decode/loss.h"

_Static_assert(LOSSES_FLOWS - LOSSES_DATAGRAMS == SEQUENCE_FLOWS - SEQUENCE_DATAGRAMS,
    "amounts are in the order of the row's fields");

void loss_count(struct decode_context *context, enum flow_type type, uint64_t flows)
{
    struct sequence_tracker *tracker = context->tracker;
    if (tracker == NULL) { /* no sequence number, or a fault before it */
        tracker = sequence_table_take(&context->exporter->sequences, (uint8_t)type, 0);
    }
    if (tracker == NULL) {
        return;
    }
    bool has_fault = context->is_truncated ||
                     (context->status != DECODE_OK && context->status != DECODE_TEMPLATE_MISSING);
    tracker->amounts[SEQUENCE_DATAGRAMS]++;
    tracker->amounts[SEQUENCE_FLOWS] += flows;
    tracker->amounts[SEQUENCE_UNDECODABLE] += has_fault;
    tracker->amounts[SEQUENCE_TRUNCATED] += context->is_truncated;
    tracker->amounts[SEQUENCE_NO_TEMPLATE] += context->has_unread_records;
}

void loss_count_late(struct decode_context *context, const struct export_message *message,
    uint64_t units, uint64_t flows)
{
    struct exporter *exporter = context->exporter;
    struct sequence_tracker *tracker =
        sequence_table_take(&exporter->sequences, (uint8_t)message->type, message->domain);
    bool has_fault = context->status != DECODE_OK;
    counter_add(&exporter->counters.flows, flows);
    counter_add(&exporter->counters.errors, has_fault);
    if (tracker != NULL) {
        tracker->amounts[SEQUENCE_RECEIVED] += units;
        tracker->amounts[SEQUENCE_FLOWS] += flows;
        tracker->amounts[SEQUENCE_UNDECODABLE] += has_fault;
    }
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

static bool has_news(const struct sequence_tracker *tracker)
{
    return memcmp(tracker->amounts, tracker->told, sizeof tracker->told) != 0;
}

static void report_tracker(const struct exporter *exporter, struct sequence_tracker *tracker,
    uint64_t time_s, const struct record_sink *sink)
{
    struct record record = {.present = 0};
    struct address address = address_of(exporter, tracker->type);
    record_set_number(&record, LOSSES_TIME_RECEIVED, time_s);
    record_set_address(&record, LOSSES_SAMPLER_ADDRESS, &address);
    record_set_number(&record, LOSSES_DOMAIN, tracker->domain);
    record_set_number(&record, LOSSES_PROTOCOL, tracker->type);
    for (unsigned i = 0; i < SEQUENCE_AMOUNT_COUNT; i++) {
        record_set_number(&record, LOSSES_DATAGRAMS + i, tracker->amounts[i] - tracker->told[i]);
    }
    memcpy(tracker->told, tracker->amounts, sizeof tracker->told);
    sink->take(sink->context, RECORD_LOSSES, &record);
}

void loss_report(struct exporter *exporter, uint64_t time_s, const struct record_sink *sink)
{
    for (uint32_t i = 0; i < exporter->sequences.count; i++) {
        struct sequence_tracker *tracker = &exporter->sequences.trackers[i];
        if (has_news(tracker)) {
            report_tracker(exporter, tracker, time_s, sink);
        }
    }
}
