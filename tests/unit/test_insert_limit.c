/* SPDX-License-Identifier: BSD-3-Clause -- the size of INSERTs where large ones are refused. */
#include "store/write/insert_limit.h"

#include "common/clock.h"

#include <criterion/criterion.h>

static const uint64_t START_NS = 1000 * NS_PER_S;

Test(insert_limit, is_none_until_an_insert_is_too_large)
{
    struct insert_limit limit = {0};
    cr_assert_eq(insert_limit_rows(&limit), UINT32_MAX);
    cr_assert_not(insert_limit_pass(&limit, START_NS));
    cr_assert_eq(insert_limit_rows(&limit), UINT32_MAX);
}

Test(insert_limit, halves_each_time)
{
    struct insert_limit limit = {0};
    cr_assert(insert_limit_shrink(&limit, 1000, START_NS), "the first one is news");
    cr_assert_eq(insert_limit_rows(&limit), 500);
    cr_assert_not(insert_limit_shrink(&limit, 499, START_NS));
    cr_assert_eq(insert_limit_rows(&limit), 249);
    cr_assert_not(insert_limit_shrink(&limit, 1, START_NS));
    cr_assert_eq(insert_limit_rows(&limit), 1, "never none");
}

Test(insert_limit, holds_for_minutes_and_then_tries_twice_as_many)
{
    struct insert_limit limit = {0};
    (void)insert_limit_shrink(&limit, 1000, START_NS);
    cr_assert_not(insert_limit_pass(&limit, START_NS + 599 * NS_PER_S));
    cr_assert_eq(insert_limit_rows(&limit), 500);
    cr_assert_not(insert_limit_pass(&limit, START_NS + 601 * NS_PER_S));
    cr_assert_eq(insert_limit_rows(&limit), 1000);
    cr_assert_not(insert_limit_pass(&limit, START_NS + 602 * NS_PER_S));
    cr_assert_eq(insert_limit_rows(&limit), 1000, "one step in ten minutes");
}

Test(insert_limit, is_forgotten_when_no_block_reaches_it)
{
    struct insert_limit limit = {.rows = 1 << 23};
    cr_assert(insert_limit_pass(&limit, START_NS));
    cr_assert_eq(insert_limit_rows(&limit), UINT32_MAX);
}
