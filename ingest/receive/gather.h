/*
 * gather.h -- how long a worker leaves its sockets alone, so that its next turn finds many
 * datagrams.
 *
 * Waking up costs more than decoding a datagram, and what is received together shares caches. So a
 * worker that has emptied its sockets sleeps until about a block of datagrams has come, by the rate
 * of the last turn, and never longer than GATHER_MAX_MS. A lone datagram is received at once.
 * The worker's thread; pure.
 */
#pragma once

#include <stdint.h>

enum {
    GATHER_MAX_MS = 10, /* what a flow may wait; its batch waits up to a second anyway */
    GATHER_DATAGRAMS = 64
};

/* Zero at the start. */
struct gather {
    uint64_t turn_ns; /* end of the turn before */
    uint64_t datagrams;
};

/*
 * For how many ms the sockets may be left alone; 0: not at all. `datagrams` is the number received
 * so far, `buffer_bytes` the size of a socket's buffer, `now_ns` monotonic.
 */
int gather_wait_ms(
    struct gather *gather, uint64_t datagrams, uint64_t buffer_bytes, uint64_t now_ns);
