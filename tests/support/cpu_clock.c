/* SPDX-License-Identifier: BSD-3-Clause -- the CPU time of a thread. */
#include "tests/support/cpu_clock.h"

#include "common/clock.h"

#include <time.h>

uint64_t cpu_clock_ns(void)
{
    struct timespec spent;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * NS_PER_S + (uint64_t)spent.tv_nsec;
}
