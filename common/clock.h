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

/* UTC since 1970. */
uint64_t clock_wall_ns(void);

/* Since an arbitrary point; never goes back, stands still for no one. */
uint64_t clock_monotonic_ns(void);
