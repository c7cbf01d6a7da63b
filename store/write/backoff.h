/*
 * backoff.h -- how long to wait before the next try.
 *
 * Doubles from min to max; each wait is drawn from its upper half, so that stores which lost the
 * same database at the same moment do not come back at the same moment. A value.
 */
#pragma once

#include <stdint.h>

struct backoff {
    uint32_t min_ms;
    uint32_t max_ms;
    uint32_t next_ms;
    uint64_t random; /* state of the jitter */
};

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms, uint64_t seed);

/* After success: the next wait is short again. */
void backoff_reset(struct backoff *backoff);

/* After failure: milliseconds to wait. */
uint32_t backoff_next_ms(struct backoff *backoff);
