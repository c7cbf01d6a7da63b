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
    struct counter *dropped; /* borrowed: sets that were dropped, by enum decode_status */
};

/* What waits, of all exporters of a decoder. */
struct held_pool {
    uint64_t bytes;
    struct held_queue *first_freed; /* queues whose template has come, in the order of that */
    struct held_queue *last_freed;
};

struct held_list {
    const struct held_limits *limits; /* borrowed */
    struct held_pool *pool;           /* borrowed */
    struct held_queue *queues;        /* one for each template, freed ones among them */
    uint32_t queue_count;
    uint64_t bytes; /* of this exporter */
};
