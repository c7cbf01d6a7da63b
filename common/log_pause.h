/*
 * log_pause.h -- a log line that may come often is written once a minute.
 *
 * A value of one thread, zeroed before the first use.
 */
#pragma once

#include "common/clock.h"

#include <stdbool.h>

struct log_pause {
    uint64_t end_ns;
    uint64_t skipped;
};

enum {
    LOG_PAUSE_MS = 60000
};

/* True: write the line now. */
static inline bool log_pause_is_over(struct log_pause *pause, uint64_t now_ns)
{
    if (now_ns < pause->end_ns) {
        pause->skipped++;
        return false;
    }
    pause->end_ns = now_ns + LOG_PAUSE_MS * NS_PER_MS;
    return true;
}

/* How many lines were not written since the last one; counts anew from now on. */
static inline uint64_t log_pause_skipped(struct log_pause *pause)
{
    uint64_t skipped = pause->skipped;
    pause->skipped = 0;
    return skipped;
}
