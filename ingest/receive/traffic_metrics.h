/*
 * traffic_metrics.h -- what comes from whom, as the metrics flow_traffic_* and others.
 *
 * The number of label values is bounded by the entries of struct traffic.
 */
#pragma once

#include "common/metrics.h"
#include "ingest/receive/traffic.h"

/* The address a local port is bound to, as text. */
typedef const char *traffic_local_host(const void *context, uint16_t port);

/* Any thread. */
void traffic_metrics_collect(const struct traffic *traffic, traffic_local_host *local_host,
    const void *context, struct metrics_page *page);
