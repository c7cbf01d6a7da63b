/*
 * device_counters.h -- what one sFlow counter sample says of an interface or a processor.
 *
 * A value. A counter that the agent does not have is not present: sFlow writes those as all ones.
 */
#pragma once

#include "common/address.h"

#include <stdbool.h>
#include <stdint.h>

/* DEVICE_IF_INDEX and so on, in the order of device_counters.def. */
enum device_counter {
#define DEVICE_COUNTER(id, ...) DEVICE_##id,
#include "common/device_counters.def"
    DEVICE_COUNTER_COUNT
};
_Static_assert(DEVICE_COUNTER_COUNT <= 64, "the presence bitmap is too small");

struct device_counters {
    struct address sampler_address;
    uint64_t time_received_ns;
    uint32_t sub_agent_id;
    uint32_t sequence;     /* of the sample, by its source */
    uint32_t source_class; /* 0 ifIndex, 1 VLAN, 2 physical entity */
    uint32_t source_index;
    uint64_t present; /* bit n: values[n] is known */
    uint64_t values[DEVICE_COUNTER_COUNT];
};

static inline bool device_counters_have(
    const struct device_counters *counters, enum device_counter counter)
{
    return (counters->present >> counter & 1) != 0;
}
