/*
 * record_time.h -- the ways in which exporters write times, all to nanoseconds since 1970.
 *
 * 0 stands for unknown on both sides: exporters send 0 where they have no time.
 */
#pragma once

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* The times that a message's header gives. */
struct export_clock {
    uint64_t export_ns; /* since 1970; of a clock that is off by years, when it was received */
    uint64_t offset_ns; /* what was added to the exporter's own clock for that, modulo 2^64 */
    uint32_t uptime_ms; /* of the exporter, at export */
    bool has_uptime;
    bool is_recalled;  /* the uptime is from options data, not of this message or record */
    uint8_t suspicion; /* TIME_SUSPECT_CLOCK, TIME_SUSPECT_COLLECTOR, or 0 */
};

/* Bits of the field TimeSuspect. */
enum {
    TIME_SUSPECT_FLOW = 1,
    TIME_SUSPECT_CLOCK = 2,
    TIME_SUSPECT_COLLECTOR = 4
};

/* Longer than any export or time zone delays; shorter than what wrong clocks are off. */
#define TIME_PLAUSIBLE_NS (UINT64_C(24) * 3600 * NS_PER_S)

static inline bool time_is_near(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns - b_ns + TIME_PLAUSIBLE_NS <= 2 * TIME_PLAUSIBLE_NS; /* modulo 2^64 */
}

/* Off by more than that, a clock was never set, or a time is nonsense. */
#define TIME_POSSIBLE_NS (UINT64_C(365) * 24 * 3600 * NS_PER_S)

static inline bool time_is_possible(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns - b_ns + TIME_POSSIBLE_NS <= 2 * TIME_POSSIBLE_NS;
}

/*
 * A collector's clock that was never set gives way to the exporter's where that one was set; else
 * an exporter's that is off by years gives way to the time of reception.
 */
static inline void export_clock_check(struct export_clock *clock, uint64_t received_ns)
{
    if (time_is_near(clock->export_ns, received_ns)) {
        clock->suspicion = 0;
        return;
    }
    const uint64_t earliest_ns = CLOCK_EARLIEST_S * NS_PER_S;
    if (received_ns < earliest_ns && clock->export_ns >= earliest_ns) {
        clock->suspicion = TIME_SUSPECT_COLLECTOR;
        return;
    }
    clock->suspicion = TIME_SUSPECT_CLOCK;
    if (!time_is_possible(clock->export_ns, received_ns)) {
        clock->offset_ns = received_ns - clock->export_ns;
        clock->export_ns = received_ns;
    }
}

/* What TimeSuspect says of a flow; rounding may put its start a little behind its end. */
static inline uint64_t time_suspicion(
    const struct export_clock *clock, uint64_t start_ns, uint64_t end_ns)
{
    bool is_right = time_is_near(end_ns, clock->export_ns) && start_ns <= end_ns + NS_PER_S;
    return (uint64_t)clock->suspicion | (is_right ? 0 : TIME_SUSPECT_FLOW);
}

/* Uptimes count from here, in ms since 1970. */
static inline void export_clock_boot(struct export_clock *clock, uint64_t boot_ms)
{
    uint64_t own_ns = clock->export_ns - clock->offset_ns;
    clock->uptime_ms = (uint32_t)(own_ns / NS_PER_MS - boot_ms);
    clock->has_uptime = true;
}

/* Seconds between 1900 and 1970: the NTP epoch and ours. */
#define NTP_UNIX_OFFSET_S UINT64_C(2208988800)

/*
 * RFC 7011 sections 6.1.9 and 6.1.10: NTP timestamps. Seconds below the offset are of the era that
 * begins in 2036.
 */
static inline uint64_t time_from_ntp(uint64_t ntp)
{
    uint64_t seconds = ntp >> 32;
    uint64_t fraction = ntp & UINT32_MAX;
    if (seconds == 0) {
        return 0;
    }
    seconds += seconds < NTP_UNIX_OFFSET_S ? UINT64_C(1) << 32 : 0;
    return (seconds - NTP_UNIX_OFFSET_S) * NS_PER_S + (fraction * NS_PER_S >> 32);
}

/*
 * A time in ms of the exporter's uptime. The 32-bit uptime wraps after 49.7 days, so the signed
 * distance to the uptime at export counts: it may lie a little behind it, too.
 */
static inline uint64_t time_from_uptime(const struct export_clock *clock, uint32_t uptime_ms)
{
    int64_t distance_ms = (int32_t)(uptime_ms - clock->uptime_ms);
    return clock->export_ns + (uint64_t)(distance_ms * (int64_t)NS_PER_MS);
}
