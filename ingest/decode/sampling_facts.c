/* SPDX-License-Identifier: BSD-3-Clause -- the sampling rate that one record tells. */
#include "ingest/decode/sampling_facts.h"

#include <stdbool.h>
#include <string.h>

/*
 * RFC 7011 section 6.2 lets a float64 be sent as a float32: of numbers up to 1 that one has no bits
 * above 32, the other always has.
 */
static double float_of(uint64_t bits)
{
    double value = 0;
    if (bits > UINT32_MAX) {
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t low = (uint32_t)bits;
    float narrow = 0;
    memcpy(&narrow, &low, sizeof narrow);
    return narrow;
}

/* 0 for what is no probability, or less than any sampler's. */
static uint64_t rate_of_probability(uint64_t bits)
{
    double probability = float_of(bits);
    bool is_usable = probability >= 1.0 / UINT32_MAX && probability <= 1;
    return is_usable ? (uint64_t)(1 / probability + 0.5) : 0;
}

void sampling_facts_set(struct sampling_facts *facts, enum sampling_fact fact, uint64_t value)
{
    if (fact == SAMPLING_PROBABILITY) {
        fact = SAMPLING_RATE;
        value = rate_of_probability(value);
    }
    facts->values[fact] = value;
    facts->known |= UINT32_C(1) << fact;
}

uint64_t sampling_facts_rate(const struct sampling_facts *facts)
{
    const uint64_t *values = facts->values;
    if (values[SAMPLING_RATE] != 0) {
        return values[SAMPLING_RATE];
    }
    if (values[SAMPLING_PACKET_INTERVAL] != 0) {
        /* Without a space it is meant as the rate: some exporters send 305 alone. */
        bool has_space = (facts->known >> SAMPLING_PACKET_SPACE & 1) != 0;
        uint64_t interval = values[SAMPLING_PACKET_INTERVAL];
        return has_space ? (interval + values[SAMPLING_PACKET_SPACE]) / interval : interval;
    }
    if (values[SAMPLING_SIZE] != 0) {
        return values[SAMPLING_POPULATION] / values[SAMPLING_SIZE];
    }
    return 0;
}
