/*
 * counters_record.h -- a counter sample as a row.
 *
 * Internal to ingest/decode.
 */
#pragma once

#include "common/device_counters.h"
#include "common/record.h"

void counters_record_give(const struct device_counters *counters, const struct record_sink *sink);
