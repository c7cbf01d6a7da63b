/* SPDX-License-Identifier: BSD-3-Clause -- a counter sample as a row. */
#include "ingest/decode/counters_record.h"

#include "common/clock.h"

void counters_record_give(const struct device_counters *counters, const struct record_sink *sink)
{
    struct record record = {.present = 0};
    record_set_number(&record, COUNTERS_TIME_RECEIVED, counters->time_received_ns / NS_PER_S);
    record_set_address(&record, COUNTERS_SAMPLER_ADDRESS, &counters->sampler_address);
    record_set_number(&record, COUNTERS_SUB_AGENT, counters->sub_agent_id);
    record_set_number(&record, COUNTERS_SEQUENCE, counters->sequence);
    record_set_number(&record, COUNTERS_SOURCE_CLASS, counters->source_class);
    record_set_number(&record, COUNTERS_SOURCE_INDEX, counters->source_index);
    for (unsigned i = 0; i < DEVICE_COUNTER_COUNT; i++) {
        if (device_counters_have(counters, (enum device_counter)i)) {
            record_set_number(&record, COUNTERS_DEVICE + i, counters->values[i]);
        }
    }
    sink->take(sink->context, RECORD_COUNTERS, &record);
}
