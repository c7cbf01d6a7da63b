/*
 * clock.h -- the two clocks, in nanoseconds.
 *
 * Wall time stamps what people read; monotonic time measures durations. Never mix them.
 */
#pragma once

#include <stdint.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

#define S_PER_MINUTE UINT64_C(60)
#define S_PER_DAY    UINT64_C(86400)

/*
 * 2026-01-01 in UTC. A clock that says less was never set: the program is younger.
 */
#define CLOCK_EARLIEST_S UINT64_C(1767225600)

/* UTC since 1970. */
uint64_t clock_wall_ns(void);

/*
 * Since the machine started; never goes back. It counts also while the machine is suspended, which
 * Linux's CLOCK_MONOTONIC does not: a lease goes on in the meantime for everybody else.
 */
uint64_t clock_monotonic_ns(void);
