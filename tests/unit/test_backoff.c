/* SPDX-License-Identifier: BSD-3-Clause -- waits between tries. */
#include "store/write/backoff.h"

#include <criterion/criterion.h>

Test(backoff, survives_limits_of_zero)
{
    struct backoff backoff;
    backoff_init(&backoff, 0, 0, 0);
    cr_assert_eq(backoff_next_ms(&backoff), 1);
    cr_assert_eq(backoff_next_ms(&backoff), 1);
}

Test(backoff, doubles_up_to_its_limit_and_stays_within_it)
{
    struct backoff backoff;
    backoff_init(&backoff, 100, 1000, 7);
    static const uint32_t LIMITS[] = {100, 200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        uint32_t wait_ms = backoff_next_ms(&backoff);
        cr_expect(wait_ms >= LIMITS[i] / 2 && wait_ms <= LIMITS[i], "%u of %u", wait_ms, LIMITS[i]);
    }
}

Test(backoff, is_short_again_after_success)
{
    struct backoff backoff;
    backoff_init(&backoff, 100, 10000, 7);
    for (int i = 0; i < 10; i++) {
        (void)backoff_next_ms(&backoff);
    }
    backoff_reset(&backoff);
    cr_assert_leq(backoff_next_ms(&backoff), 100);
}

Test(backoff, scatters_stores_that_fail_together)
{
    struct backoff a;
    struct backoff b;
    backoff_init(&a, 10000, 10000, 1);
    backoff_init(&b, 10000, 10000, 99);
    cr_assert_neq(backoff_next_ms(&a), backoff_next_ms(&b));
}
