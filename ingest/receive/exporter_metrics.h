/*
 * exporter_metrics.h -- what each exporter has sent, as the metrics flow_process_*.
 *
 * The number of label values is bounded by the decoder's limit on exporters.
 */
#pragma once

#include "common/metrics.h"
#include "ingest/decode/decode.h"

/* The worker adds what no exporter's counters tell of: error="error_version". */
extern const struct metric_family EXPORTER_NF_ERRORS;
extern const struct metric_family EXPORTER_SF_ERRORS;

/* Any thread. */
void exporter_metrics_collect(const struct decoder *decoder, struct metrics_page *page);
