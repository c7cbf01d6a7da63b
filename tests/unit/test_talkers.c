/* SPDX-License-Identifier: BSD-3-Clause -- who sends how much. */
#include "tools/tap/talkers.h"

#include <criterion/criterion.h>

static struct talkers *talkers;

static void start(void)
{
    cr_assert_eq(talkers_new(&talkers), ERR_OK);
}

static void stop(void)
{
    talkers_destroy(&talkers);
}

TestSuite(talkers, .init = start, .fini = stop);

static struct address host(uint32_t number)
{
    const uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_from_ipv4(bytes);
}

static void add(uint32_t number, uint64_t bytes)
{
    const struct talker sums = {.address = host(number), .bytes = bytes, .packets = 2, .flows = 1};
    talkers_add(talkers, &sums);
}

Test(talkers, are_none_at_first)
{
    struct talker top[3];
    cr_assert_eq(talkers_top(talkers, top, 3), 0);
    cr_assert_eq(talkers_count(talkers), 0);
}

Test(talkers, come_largest_first_and_only_as_many_as_asked_for)
{
    struct talker top[3];
    for (uint32_t i = 1; i <= 9; i++) {
        add(i * 7 % 10, 100 * (i * 7 % 10));
    }
    cr_assert_eq(talkers_top(talkers, top, 3), 3);
    cr_assert_eq(top[0].bytes, 900);
    cr_assert_eq(top[1].bytes, 800);
    cr_assert_eq(top[2].bytes, 700);
    cr_assert_eq(talkers_top(talkers, top, 0), 0);
}

Test(talkers, are_summed_up)
{
    struct talker top[3];
    add(1, 100);
    add(2, 150);
    add(1, 100);
    cr_assert_eq(talkers_top(talkers, top, 3), 2);
    struct address first = host(1);
    cr_assert(address_equal(&top[0].address, &first));
    cr_assert_eq(top[0].bytes, 200);
    cr_assert_eq(top[0].packets, 4);
    cr_assert_eq(top[0].flows, 2);
    cr_assert_eq(talkers_total(talkers).bytes, 350);
}

Test(talkers, without_room_are_all_others)
{
    struct talker top[1];
    for (uint32_t i = 0; i < TALKERS_MAX + 100; i++) {
        add(i, 1000);
    }
    cr_assert_eq(talkers_count(talkers), TALKERS_MAX);
    cr_assert_eq(talkers_top(talkers, top, 1), 1);
    cr_assert(address_is_unspecified(&top[0].address));
    cr_assert_eq(top[0].flows, 100);
}
