/*
 * sampling_facts.h -- what one record, of options or of data, says about sampling.
 *
 * Exporters write a rate as such, as packets or time taken and left out, as a size and a
 * population, or as a probability (RFC 5477); it is one number in the end. The algorithm decides
 * which of them count. A value.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sampling_fact {
    SAMPLING_RATE,            /* elements 34, 50: one in this many */
    SAMPLING_PACKET_INTERVAL, /* 305: packets taken in a row */
    SAMPLING_PACKET_SPACE,    /* 306: packets left out after them */
    SAMPLING_SIZE,            /* 309: this many ... */
    SAMPLING_POPULATION,      /* 310: ... out of this many */
    SAMPLING_PROBABILITY,     /* 311: bits of a floating point number; kept as the rate */
    SAMPLING_TIME_INTERVAL,   /* 307: µs in which packets are taken */
    SAMPLING_TIME_SPACE,      /* 308: µs after them in which packets are left out */
    SAMPLING_ALGORITHM,       /* 304: which of these count */
    SAMPLING_LINE_CARD,       /* 141: where the packets were sampled */
    SAMPLING_FACT_COUNT
};

struct sampling_facts {
    uint32_t known; /* bit n: fact n was there; 0: the values mean nothing */
    uint64_t values[SAMPLING_FACT_COUNT];
};

void sampling_facts_set(struct sampling_facts *facts, enum sampling_fact fact, uint64_t value);

/* Whether a rate was among them, which may be 0: unknown from then on. */
bool sampling_facts_have_rate(const struct sampling_facts *facts);

/* The value; 0: it was not there. */
static inline uint64_t sampling_facts_get(
    const struct sampling_facts *facts, enum sampling_fact fact)
{
    return (facts->known >> fact & 1) != 0 ? facts->values[fact] : 0;
}

/* The rate of facts of which some are known. */
uint64_t sampling_facts_settle(const struct sampling_facts *facts);

/* The rate that the facts give, 0 for none. */
static inline uint64_t sampling_facts_rate(const struct sampling_facts *facts)
{
    return facts->known != 0 ? sampling_facts_settle(facts) : 0;
}
