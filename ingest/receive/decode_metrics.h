/*
 * decode_metrics.h -- a decoder's counters as metrics; the decoder itself knows no metrics.
 */
#pragma once

#include "common/metrics.h"
#include "ingest/decode/decode_counters.h"

/* Any thread. */
void decode_metrics_collect(const struct decode_counters *counters, struct metrics_page *page);
