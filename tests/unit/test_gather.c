/* SPDX-License-Identifier: BSD-3-Clause -- how long datagrams may gather at the sockets. */
#include "ingest/receive/gather.h"

#include "common/clock.h"

#include <criterion/criterion.h>

#define BUFFER (UINT64_C(32) << 20)

static struct gather gather;

/* The wait after a turn of so many datagrams, so many ms after the one before. */
static int wait_after(uint64_t datagrams, uint64_t elapsed_ms, uint64_t buffer_bytes)
{
    return gather_wait_ms(&gather, gather.datagrams + datagrams, buffer_bytes,
        gather.turn_ns + elapsed_ms * NS_PER_MS);
}

Test(gather, receives_a_lone_datagram_at_once)
{
    cr_assert_eq(wait_after(1, 60000, BUFFER), 0);
    cr_assert_eq(wait_after(1, 10, BUFFER), 0);
    cr_assert_eq(wait_after(0, 1, BUFFER), 0);
}

Test(gather, waits_longest_where_few_come)
{
    cr_assert_eq(wait_after(1, 2, BUFFER), GATHER_MAX_MS);   /* 500 a second */
    cr_assert_eq(wait_after(40, 10, BUFFER), GATHER_MAX_MS); /* 4,000 a second */
}

Test(gather, waits_for_about_a_block_where_many_come)
{
    cr_assert_eq(wait_after(400, 10, BUFFER), 2); /* 40,000 a second */
    cr_assert_eq(wait_after(40, 1, BUFFER), 2);
    cr_assert_eq(wait_after(5000, 5, BUFFER), 1); /* a million */
}

Test(gather, waits_no_longer_than_a_burst_fits_into_the_buffer)
{
    cr_assert_eq(wait_after(40, 10, 212992), 1);
    cr_assert_eq(wait_after(40, 10, 1 << 20), 5);
    cr_assert_eq(wait_after(40, 10, 4096), 0);
}

Test(gather, wakes_early_again_after_a_burst)
{
    cr_assert_eq(wait_after(2000, 10, BUFFER), 1);
    cr_assert_eq(wait_after(20, 5, BUFFER), GATHER_MAX_MS);
    cr_assert_eq(wait_after(1, 500, BUFFER), 0);
}
