/*
 * sampling_facts.h -- what one record, of options or of data, says about sampling.
 *
 * Exporters write a rate as such, as packets taken and left out, as a size and a population, or as
 * a probability (RFC 5477); it is one number in the end. A value.
 */
#pragma once

#include <stdint.h>

enum sampling_fact {
    SAMPLING_RATE,            /* elements 34, 50: one in this many */
    SAMPLING_PACKET_INTERVAL, /* 305: packets taken in a row */
    SAMPLING_PACKET_SPACE,    /* 306: packets left out after them */
    SAMPLING_SIZE,            /* 309: this many ... */
    SAMPLING_POPULATION,      /* 310: ... out of this many */
    SAMPLING_FACT_COUNT,
    SAMPLING_PROBABILITY /* 311: bits of a floating point number; kept as the rate it stands for */
};

struct sampling_facts {
    uint64_t values[SAMPLING_FACT_COUNT];
    uint32_t known; /* bit n: fact n was there */
};

void sampling_facts_set(struct sampling_facts *facts, enum sampling_fact fact, uint64_t value);

/* The rate that the facts give, 0 for none. */
uint64_t sampling_facts_rate(const struct sampling_facts *facts);
