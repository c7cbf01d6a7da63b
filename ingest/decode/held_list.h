/*
 * held_list.h -- an exporter's data sets that wait for their template (held_data.h).
 */
#pragma once

#include "common/counter.h"

struct held_queue;

struct held_limits {
    uint64_t max_bytes; /* of all exporters together; 0: nothing waits */
    uint64_t max_age_ns;
    struct counter *waiting; /* borrowed: sets that wait now */
    struct counter *dropped; /* borrowed: sets whose template did not come in time */
};

/* Bytes that wait, of all exporters of a decoder. */
struct held_budget {
    uint64_t bytes;
};

struct held_list {
    const struct held_limits *limits; /* borrowed */
    struct held_budget *budget;       /* borrowed */
    struct held_queue *queues;        /* one for each template waited for */
    uint32_t queue_count;
    uint64_t bytes; /* of this exporter */
};
