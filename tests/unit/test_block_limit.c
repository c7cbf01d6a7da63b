/* SPDX-License-Identifier: BSD-3-Clause -- blocks shrink when late, and grow when in time. */
#include "store/pull/block_limit.h"

#include <criterion/criterion.h>

enum {
    MOST = 500000
};

static struct block_limit full(void)
{
    struct block_limit limit;
    block_limit_init(&limit, MOST);
    return limit;
}

Test(block_limit, halves_what_came_late_and_says_so_once)
{
    struct block_limit limit = full();
    cr_assert(block_limit_shrink(&limit, 400000));
    cr_assert_eq(limit.rows, 200000);
    cr_assert_not(block_limit_shrink(&limit, 200000));
    cr_assert_eq(limit.rows, 100000);
}

Test(block_limit, is_halved_once_by_several_blocks_of_the_old_size)
{
    struct block_limit limit = full();
    (void)block_limit_shrink(&limit, MOST);
    (void)block_limit_shrink(&limit, MOST);
    cr_assert_eq(limit.rows, MOST / 2);
}

Test(block_limit, never_ends_at_nothing)
{
    struct block_limit limit = full();
    for (int i = 0; i < 100; i++) {
        (void)block_limit_shrink(&limit, limit.rows);
    }
    cr_assert_gt(limit.rows, 100);
    (void)block_limit_shrink(&limit, 0);
    cr_assert_gt(limit.rows, 100);
}

Test(block_limit, a_limit_below_the_least_stays_as_it_was_configured)
{
    struct block_limit limit;
    block_limit_init(&limit, 10);
    cr_assert_not(block_limit_shrink(&limit, 10));
    cr_assert_eq(limit.rows, 10);
}

Test(block_limit, grows_slowly_and_says_once_when_it_is_full)
{
    struct block_limit limit = full();
    cr_assert_not(block_limit_grow(&limit, MOST));
    (void)block_limit_shrink(&limit, MOST);
    int blocks = 1;
    while (!block_limit_grow(&limit, limit.rows)) {
        blocks++;
        cr_assert_lt(blocks, 1000);
    }
    cr_assert_geq(blocks, 20);
    cr_assert_eq(limit.rows, MOST);
    cr_assert_not(block_limit_grow(&limit, MOST));
}

Test(block_limit, learns_nothing_from_small_blocks)
{
    struct block_limit limit = full();
    (void)block_limit_shrink(&limit, MOST);
    cr_assert_not(block_limit_grow(&limit, MOST / 8));
    cr_assert_eq(limit.rows, MOST / 2);
}
