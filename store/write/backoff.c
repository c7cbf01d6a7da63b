/* SPDX-License-Identifier: BSD-3-Clause -- waits that double, with jitter. */
#include "store/write/backoff.h"

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms, uint64_t seed)
{
    backoff->min_ms = min_ms > 0 ? min_ms : 1;
    backoff->max_ms = max_ms > backoff->min_ms ? max_ms : backoff->min_ms;
    backoff->random = seed | 1; /* xorshift never leaves zero */
    backoff_reset(backoff);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->next_ms = backoff->min_ms;
}

static uint64_t draw(struct backoff *backoff)
{
    backoff->random ^= backoff->random << 13;
    backoff->random ^= backoff->random >> 7;
    backoff->random ^= backoff->random << 17;
    return backoff->random;
}

uint32_t backoff_next_ms(struct backoff *backoff)
{
    uint32_t wait_ms = backoff->next_ms;
    backoff->next_ms = wait_ms > backoff->max_ms / 2 ? backoff->max_ms : wait_ms * 2;
    uint32_t half_ms = wait_ms / 2;
    return wait_ms - half_ms + (uint32_t)(draw(backoff) % (half_ms + 1));
}
