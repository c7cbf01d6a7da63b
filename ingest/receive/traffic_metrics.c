/* SPDX-License-Identifier: BSD-3-Clause -- what comes from whom, as metrics. */
#include "ingest/receive/traffic_metrics.h"

#include "ingest/receive/exporter_metrics.h"

#include <stdio.h>

METRIC_FAMILY(BYTES, COUNTER, "flow_traffic_bytes", "Bytes received by the application.");
METRIC_FAMILY(PACKETS, COUNTER, "flow_traffic_packets", "Packets received by the application.");
METRIC_FAMILY(SIZES, SUMMARY, "flow_traffic_summary_size_bytes", "Summary of packet sizes.");
METRIC_FAMILY(DELAYS, SUMMARY, "flow_process_nf_delay_summary_seconds",
    "Time from an export to its reception, by the two clocks, in seconds.");

enum {
    PORT_TEXT_SIZE = 6,
    LABELS_SIZE = 2 * ADDRESS_TEXT_SIZE + 2 * PORT_TEXT_SIZE + 96
};

static void add_traffic(
    const struct traffic_entry *entry, const char *labels, struct metrics_page *page)
{
    metrics_page_add(page, &PACKETS, (double)counter_get(&entry->datagrams), "%s", labels);
    metrics_page_add(page, &BYTES, (double)counter_get(&entry->bytes), "%s", labels);
    struct quantiles_view sizes = {0};
    quantiles_read(&sizes, &entry->sizes);
    quantiles_page_add(page, &SIZES, &sizes, 1, labels);
}

static void add_delays(
    const struct traffic_entry *entry, const char *router, struct metrics_page *page)
{
    char labels[LABELS_SIZE];
    (void)snprintf(
        labels, sizeof labels, "router=\"%s\",version=\"%u\"", router, entry->key.version);
    struct quantiles_view delays = {0};
    quantiles_read(&delays, &entry->delays_ms);
    quantiles_page_add(page, &DELAYS, &delays, 1e-3, labels);
}

/* The decoder keeps nothing of who speaks no protocol of ours, so it is told from here. */
static void add_bad_versions(
    const struct traffic_entry *entry, const char *router, struct metrics_page *page)
{
    uint64_t count = counter_get(&entry->bad_versions);
    if (count > 0) {
        bool is_sflow = entry->key.type == TRAFFIC_SFLOW;
        metrics_page_add(page, is_sflow ? &EXPORTER_SF_ERRORS : &EXPORTER_NF_ERRORS, (double)count,
            "router=\"%s\",error=\"error_version\"", router);
    }
}

void traffic_metrics_collect(const struct traffic *traffic, traffic_local_host *local_host,
    const void *context, struct metrics_page *page)
{
    const struct traffic_entry *entry;
    for (size_t i = 0; (entry = traffic_entry(traffic, i)) != NULL; i++) {
        char remote[ADDRESS_ZONED_TEXT_SIZE] = "other";
        char remote_port[PORT_TEXT_SIZE] = "";
        if (!entry->is_others) {
            address_format_zoned(&entry->source, remote);
        }
        if (!entry->is_others && entry->key.remote_port != 0) {
            (void)snprintf(remote_port, sizeof remote_port, "%u", entry->key.remote_port);
        }
        char labels[LABELS_SIZE];
        (void)snprintf(labels, sizeof labels,
            "remote_ip=\"%s\",remote_port=\"%s\",local_ip=\"%s\",local_port=\"%u\",type=\"%s\"",
            remote, remote_port, local_host(context, entry->key.local_port), entry->key.local_port,
            traffic_type_text((enum traffic_type)entry->key.type));
        add_traffic(entry, labels, page);
        add_bad_versions(entry, remote, page);
        if (entry->key.version != 0 && !entry->is_others) {
            add_delays(entry, remote, page);
        }
    }
}
