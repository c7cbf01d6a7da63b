/* SPDX-License-Identifier: BSD-3-Clause -- the sampling rate that one record tells. */
#include "ingest/decode/sampling_facts.h"

#include <stddef.h>
#include <string.h>

/* Values of selectorAlgorithm (element 304), IANA's registry of packet selection methods. */
enum {
    ALGORITHM_COUNT = 1,       /* systematic, count-based */
    ALGORITHM_TIME = 2,        /* systematic, time-based */
    ALGORITHM_N_OUT_OF_N = 3,  /* random */
    ALGORITHM_PROBABILITY = 4, /* uniform */
};

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
    if (facts->known == 0) {
        memset(facts->values, 0, sizeof facts->values);
    }
    facts->values[fact] = fact == SAMPLING_PROBABILITY ? rate_of_probability(value) : value;
    facts->known |= UINT32_C(1) << fact;
}

bool sampling_facts_have_rate(const struct sampling_facts *facts)
{
    uint32_t others = UINT32_C(1) << SAMPLING_ALGORITHM | UINT32_C(1) << SAMPLING_LINE_CARD;
    return (facts->known & ~others) != 0;
}

/* Packets or time taken, and left out after them. */
static uint64_t rate_of_interval(
    const struct sampling_facts *facts, enum sampling_fact interval, enum sampling_fact space)
{
    uint64_t taken = facts->values[interval];
    return taken != 0 ? (taken + facts->values[space]) / taken : 0;
}

/* Without a space, element 305 is meant as the rate: some exporters send it alone. */
static uint64_t rate_of_packets(const struct sampling_facts *facts)
{
    bool has_space = (facts->known >> SAMPLING_PACKET_SPACE & 1) != 0;
    return has_space ? rate_of_interval(facts, SAMPLING_PACKET_INTERVAL, SAMPLING_PACKET_SPACE)
                     : facts->values[SAMPLING_PACKET_INTERVAL];
}

static uint64_t rate_of_population(const struct sampling_facts *facts)
{
    uint64_t size = facts->values[SAMPLING_SIZE];
    return size != 0 ? facts->values[SAMPLING_POPULATION] / size : 0;
}

/* By the parameters that RFC 5477 section 8.2 gives the algorithm. */
static uint64_t rate_of_algorithm(const struct sampling_facts *facts)
{
    switch (facts->values[SAMPLING_ALGORITHM]) {
    case ALGORITHM_COUNT:
        return rate_of_packets(facts);
    case ALGORITHM_TIME:
        return rate_of_interval(facts, SAMPLING_TIME_INTERVAL, SAMPLING_TIME_SPACE);
    case ALGORITHM_N_OUT_OF_N:
        return rate_of_population(facts);
    case ALGORITHM_PROBABILITY:
        return facts->values[SAMPLING_PROBABILITY];
    default:
        return 0;
    }
}

/* Many exporters leave the algorithm out, or send the parameters of another one. */
uint64_t sampling_facts_settle(const struct sampling_facts *facts)
{
    const uint64_t candidates[] = {rate_of_algorithm(facts), facts->values[SAMPLING_RATE],
        facts->values[SAMPLING_PROBABILITY], rate_of_packets(facts), rate_of_population(facts)};
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (candidates[i] != 0) {
            return candidates[i];
        }
    }
    return 0;
}
