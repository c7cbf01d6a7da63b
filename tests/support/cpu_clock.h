/*
 * cpu_clock.h -- what a test or a benchmark spent itself, whatever else the machine does.
 */
#pragma once

#include <stdint.h>

/* CPU time of the calling thread. */
uint64_t cpu_clock_ns(void);
