/*
 * held_list.h -- an exporter's queue of data sets that wait for their template (held_data.h).
 */
#pragma once

#include <stdint.h>

struct held_set;

struct held_limits {
    uint64_t max_bytes; /* of all exporters together; 0: nothing waits */
    uint64_t max_age_ns;
};

/* Bytes that wait, of all exporters of a decoder. */
struct held_budget {
    uint64_t bytes;
};

struct held_list {
    const struct held_limits *limits; /* borrowed */
    struct held_budget *budget;       /* borrowed */
    struct held_set *first;           /* the oldest */
    struct held_set *last;
    uint32_t count;
};
