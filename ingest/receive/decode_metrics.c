/* SPDX-License-Identifier: BSD-3-Clause -- a decoder's counters as metrics. */
#include "ingest/receive/decode_metrics.h"

#include <inttypes.h>

METRIC_FAMILY(DATAGRAMS, COUNTER, "goflow_decode_datagrams_total",
    "Datagrams decoded, by protocol; unknown: no protocol of ours.");
METRIC_FAMILY(FLOWS, COUNTER, "goflow_flows_total", "Flows decoded.");
METRIC_FAMILY(DROPPED, COUNTER, "goflow_decode_dropped_total",
    "Records, samples, sets and datagrams that could not be decoded, by reason.");
METRIC_FAMILY(DEVICE_SAMPLES, COUNTER, "goflow_decode_device_samples_total",
    "sFlow samples of a device's counters, not of packets.");
METRIC_FAMILY(SKIPPED_SAMPLES, COUNTER, "goflow_decode_skipped_samples_total",
    "sFlow samples of formats that are not read.");
METRIC_FAMILY(SKIPPED_RECORDS, COUNTER, "goflow_decode_skipped_records_total",
    "sFlow records of formats that are not read.");
METRIC_FAMILY(SKIPPED_FORMATS, COUNTER, "goflow_sflow_skipped_records_total",
    "sFlow records of formats that are not read, by format: records of flow and of counter "
    "samples.");
METRIC_FAMILY(OPTIONS_DROPPED, COUNTER, "goflow_decode_options_dropped_total",
    "Values of options data over the limit of one datagram: not sent to the table of options.");
METRIC_FAMILY(EXTRA_DROPPED, COUNTER, "goflow_decode_extra_dropped_total",
    "Values of information elements that a flow's Extra had no room for.");
METRIC_FAMILY(
    OPTIONS_RECORDS, COUNTER, "goflow_decode_options_records_total", "Options data records read.");
METRIC_FAMILY(LISTS_UNREAD, COUNTER, "goflow_decode_lists_unread_total",
    "Lists inside records (RFC 6313) not read: unknown template, wrong length, or too deep.");
METRIC_FAMILY(TEMPLATES, COUNTER, "goflow_decode_templates_total", "Templates learnt or renewed.");

METRIC_FAMILY(MISFITS, COUNTER, "goflow_decode_misfit_sets_total",
    "Data sets whose length does not fit their template: held until it changes, or dropped.");
METRIC_FAMILY(HELD, GAUGE, "goflow_decode_held_sets",
    "Data sets that wait for their template; those it never comes for are dropped.");

static void collect_skipped(const struct sflow_skipped *skipped, struct metrics_page *page)
{
    struct sflow_skipped_entry entry;
    for (size_t i = 0; sflow_skipped_read(skipped, i, &entry); i++) {
        metrics_page_add(page, &SKIPPED_FORMATS, (double)entry.records,
            "sample=\"%s\",enterprise=\"%" PRIu32 "\",format=\"%" PRIu32 "\"",
            entry.is_counter ? "counter" : "flow", entry.enterprise, entry.format);
    }
    if (counter_get(&skipped->others) != 0) {
        metrics_page_add(page, &SKIPPED_FORMATS, (double)counter_get(&skipped->others),
            "sample=\"other\",enterprise=\"\",format=\"\"");
    }
}

void decode_metrics_collect(const struct decode_counters *counters, struct metrics_page *page)
{
    for (int i = 0; i < FLOW_TYPE_COUNT; i++) {
        metrics_page_add(page, &DATAGRAMS, (double)counter_get(&counters->datagrams[i]),
            "type=\"%s\"", flow_type_text((enum flow_type)i));
    }
    for (int i = DECODE_OK + 1; i < DECODE_STATUS_COUNT; i++) {
        metrics_page_add(page, &DROPPED, (double)counter_get(&counters->dropped[i]),
            "reason=\"%s\"", decode_status_text((enum decode_status)i));
    }
    metrics_page_add_counter(page, &FLOWS, &counters->flows);
    metrics_page_add_counter(page, &DEVICE_SAMPLES, &counters->counter_samples);
    metrics_page_add_counter(page, &SKIPPED_SAMPLES, &counters->skipped_samples);
    metrics_page_add_counter(page, &SKIPPED_RECORDS, &counters->skipped_records);
    collect_skipped(&counters->skipped_formats, page);
    metrics_page_add_counter(page, &OPTIONS_RECORDS, &counters->options_records);
    metrics_page_add_counter(page, &OPTIONS_DROPPED, &counters->options_dropped);
    metrics_page_add_counter(page, &EXTRA_DROPPED, &counters->extra_dropped);
    metrics_page_add_counter(page, &LISTS_UNREAD, &counters->lists_unread);
    metrics_page_add_counter(page, &TEMPLATES, &counters->templates);
    metrics_page_add_counter(page, &MISFITS, &counters->misfit_sets);
    metrics_page_add_counter(page, &HELD, &counters->held_sets);
}
