/* SPDX-License-Identifier: BSD-3-Clause -- how long datagrams may gather at the sockets. */
#include "ingest/receive/gather.h"

#include "common/clock.h"

/*
 * A burst must fit into the socket's buffer meanwhile: 1 Gbit/s brings 125 kB a millisecond, which
 * take three times as much kernel memory, of which the kernel grants twice the buffer's size.
 */
#define BUFFER_BYTES_PER_MS 187500

int gather_wait_ms(
    struct gather *gather, uint64_t datagrams, uint64_t buffer_bytes, uint64_t now_ns)
{
    uint64_t elapsed_ns = now_ns - gather->turn_ns;
    uint64_t received = datagrams - gather->datagrams;
    *gather = (struct gather){.turn_ns = now_ns, .datagrams = datagrams};
    /* Fewer than two a wait: nothing would be saved. */
    if (received == 0 || elapsed_ns * 2 > received * GATHER_MAX_MS * NS_PER_MS) {
        return 0;
    }
    uint64_t most_ms = buffer_bytes / BUFFER_BYTES_PER_MS;
    uint64_t wait_ms = elapsed_ns * GATHER_DATAGRAMS / received / NS_PER_MS + 1;
    wait_ms = wait_ms < GATHER_MAX_MS ? wait_ms : GATHER_MAX_MS;
    return (int)(wait_ms < most_ms ? wait_ms : most_ms);
}
