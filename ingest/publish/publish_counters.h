/*
 * publish_counters.h -- what the publisher's thread counts beside the window, and how it is shown.
 *
 * Internal to ingest/publish: publish.c counts, publish_counters.c reports on the HTTP thread.
 */
#pragma once

#include "common/link_channel.h"
#include "common/metrics.h"
#include "ingest/publish/spool.h"
#include "ingest/publish/window.h"

struct publish_counters {
    struct counter batches_taken; /* from the ports, and in the window or dropped by now */
    struct counter batches_sent;  /* taken by the socket, with repeats */
    struct counter bytes_sent;
    struct counter flows_spooled; /* written to the spool */
    struct counter flows_dropped_memory;
    struct counter records_dropped_memory;
    struct counter acks[LINK_ACK_KIND_COUNT];
    struct counter id_changes; /* another process had the id */
    struct counter acks_bad;
    struct counter requests_missing;
    struct link_counters link;
    struct counter tap_batches;
    struct counter tap_subscriptions; /* gauge */
    struct counter tap_floods;        /* times that all taps were cut off */
};

void publish_report(const struct publish_counters *counters, const struct window_counters *window,
    struct metrics_page *page);
void publish_report_spool(const struct publish_counters *counters,
    const struct spool_counters *spool, struct metrics_page *page);
