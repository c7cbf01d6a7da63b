/*
 * quantiles.h -- the spread of a duration or size: medians and tails in fixed memory.
 *
 * A histogram with 16 steps for each power of two, so a quantile is off by at most 1/16 upwards.
 * One thread adds, any thread reads, nobody locks. Counts live in two generations: quantiles
 * cover the last five to ten minutes, the sum and the number of values the whole life.
 *
 *   value   0..15   16..31   32..63 by 2   64..127 by 4   ...
 *   bucket  0..15   16..31   32..47        48..63         ...
 */
#pragma once

#include "common/metrics.h"

#include <stdint.h>

enum {
    QUANTILES_STEPS = 16,
    QUANTILES_BUCKETS = 61 * QUANTILES_STEPS /* the last one ends at 2^64 - 1 */
};

/* Zero it before the first use. */
struct quantiles {
    struct counter buckets[2][QUANTILES_BUCKETS];
    struct counter sum;
    struct counter count;
    struct counter generation; /* the one that takes new values is generation % 2 */
    uint64_t turned_ns;        /* writer only */
};

/* Writer: adds one value; `now_ns` (monotonic) lets old values fade. */
void quantiles_add(struct quantiles *quantiles, uint64_t value, uint64_t now_ns);

/* Adds the same value `times` times, as for the average of things measured together. */
void quantiles_add_many(
    struct quantiles *quantiles, uint64_t value, uint64_t times, uint64_t now_ns);

/* Reader: several sketches read into one view are one sketch. Zero it before the first read. */
struct quantiles_view {
    uint64_t buckets[QUANTILES_BUCKETS];
    uint64_t bucket_sum;
    uint64_t sum;
    uint64_t count;
};
void quantiles_read(struct quantiles_view *view, const struct quantiles *quantiles);

/* The largest value of the bucket where `share` (0 to 1) of the values is reached; 0 when empty. */
uint64_t quantiles_at(const struct quantiles_view *view, double share);

/*
 * Adds the summary: quantiles 0.5, 0.9 and 0.99 (NaN without recent values), _sum and _count, all
 * multiplied by `scale`, e.g. 1e-9 for seconds from nanoseconds. `labels` is text without braces.
 */
void quantiles_page_add(struct metrics_page *page, const struct metric_family *family,
    const struct quantiles_view *view, double scale, const char *labels);
