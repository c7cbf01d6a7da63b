/*
 * pace.h -- when the next datagram is due.
 *
 * Datagrams go out in small bursts that keep to the rate on the average; waiting for each one would
 * cost more than sending it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t start_ns; /* monotonic */
    uint64_t rate_pps; /* 0: as fast as possible */
    uint64_t sent;
};

void pace_start(struct pace *pace, uint64_t rate_pps);

/* True when one more may go now; it is then counted as sent. */
bool pace_take(struct pace *pace);

/* Sleeps until the next is due, at least a little, so that a burst gathers. */
void pace_wait(const struct pace *pace);
