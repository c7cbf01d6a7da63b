/* SPDX-License-Identifier: BSD-3-Clause -- a histogram of two generations for quantiles. */
#include "common/quantiles.h"

#include "common/clock.h"

#include <math.h>

enum {
    STEP_BITS = 4
};
_Static_assert(1 << STEP_BITS == QUANTILES_STEPS, "steps are a power of two");

static const uint64_t GENERATION_NS = 300 * NS_PER_S;

/* Above 15 the bucket is the exponent, then the four bits behind the leading one. */
static size_t bucket_of(uint64_t value)
{
    if (value < QUANTILES_STEPS) {
        return (size_t)value;
    }
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value) - STEP_BITS;
    return (size_t)exponent * QUANTILES_STEPS + (size_t)(value >> exponent);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < QUANTILES_STEPS) {
        return bucket;
    }
    unsigned exponent = (unsigned)(bucket / QUANTILES_STEPS) - 1;
    uint64_t mantissa = bucket % QUANTILES_STEPS + QUANTILES_STEPS;
    return (mantissa << exponent) + ((UINT64_C(1) << exponent) - 1);
}

/* Readers may see a generation half cleared: for a moment a few values are missing. */
static void turn(struct quantiles *quantiles, uint64_t now_ns)
{
    struct counter *oldest = quantiles->buckets[(counter_get(&quantiles->generation) + 1) % 2];
    for (size_t i = 0; i < QUANTILES_BUCKETS; i++) {
        counter_set(&oldest[i], 0);
    }
    counter_add(&quantiles->generation, 1);
    quantiles->turned_ns = now_ns;
}

void quantiles_add_many(
    struct quantiles *quantiles, uint64_t value, uint64_t times, uint64_t now_ns)
{
    if (quantiles->turned_ns == 0) {
        quantiles->turned_ns = now_ns;
    }
    uint64_t age_ns = now_ns - quantiles->turned_ns;
    if (age_ns >= GENERATION_NS) {
        turn(quantiles, now_ns);
    }
    if (age_ns >= 2 * GENERATION_NS) {
        turn(quantiles, now_ns); /* after a long silence both generations are old */
    }
    struct counter *buckets = quantiles->buckets[counter_get(&quantiles->generation) % 2];
    counter_add(&buckets[bucket_of(value)], times);
    counter_add(&quantiles->sum, value * times);
    counter_add(&quantiles->count, times);
}

void quantiles_add(struct quantiles *quantiles, uint64_t value, uint64_t now_ns)
{
    quantiles_add_many(quantiles, value, 1, now_ns);
}

void quantiles_read(struct quantiles_view *view, const struct quantiles *quantiles)
{
    for (size_t i = 0; i < QUANTILES_BUCKETS; i++) {
        uint64_t count =
            counter_get(&quantiles->buckets[0][i]) + counter_get(&quantiles->buckets[1][i]);
        view->buckets[i] += count;
        view->bucket_sum += count;
    }
    view->sum += counter_get(&quantiles->sum);
    view->count += counter_get(&quantiles->count);
}

uint64_t quantiles_at(const struct quantiles_view *view, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)view->bucket_sum);
    uint64_t seen = 0;
    for (size_t i = 0; i < QUANTILES_BUCKETS; i++) {
        seen += view->buckets[i];
        if (seen >= wanted && seen > 0) {
            return bucket_end(i);
        }
    }
    return 0;
}

void quantiles_page_add(struct metrics_page *page, const struct metric_family *family,
    const struct quantiles_view *view, double scale, const char *labels)
{
    static const double SHARES[] = {0.5, 0.9, 0.99};
    const char *comma = labels[0] != '\0' ? "," : "";
    for (size_t i = 0; i < sizeof SHARES / sizeof SHARES[0]; i++) {
        double value =
            view->bucket_sum > 0 ? (double)quantiles_at(view, SHARES[i]) * scale : (double)NAN;
        metrics_page_add(page, family, value, "%s%squantile=\"%g\"", labels, comma, SHARES[i]);
    }
    metrics_page_add_part(page, family, "_sum", (double)view->sum * scale, "%s", labels);
    metrics_page_add_part(page, family, "_count", (double)view->count, "%s", labels);
}
