/* SPDX-License-Identifier: BSD-3-Clause -- when the next datagram is due. */
#include "tools/replay/pace.h"

#include "common/clock.h"

#include <time.h>

enum {
    BURST_US = 500
};

void pace_start(struct pace *pace, uint64_t rate_pps)
{
    *pace = (struct pace){.start_ns = clock_monotonic_ns(), .rate_pps = rate_pps};
}

static uint64_t due_ns(const struct pace *pace)
{
    unsigned __int128 offset = (unsigned __int128)pace->sent * NS_PER_S / pace->rate_pps;
    return pace->start_ns + (uint64_t)offset;
}

bool pace_take(struct pace *pace)
{
    if (pace->rate_pps != 0 && clock_monotonic_ns() < due_ns(pace)) {
        return false;
    }
    pace->sent++;
    return true;
}

void pace_wait(const struct pace *pace)
{
    uint64_t wake_ns = clock_monotonic_ns() + BURST_US * NS_PER_US;
    uint64_t next_ns = due_ns(pace);
    if (next_ns > wake_ns) {
        wake_ns = next_ns;
    }
    struct timespec wake = {
        .tv_sec = (time_t)(wake_ns / NS_PER_S), .tv_nsec = (long)(wake_ns % NS_PER_S)};
    (void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &wake, NULL);
}
