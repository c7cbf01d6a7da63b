/* SPDX-License-Identifier: BSD-3-Clause -- how long peers were away. */
#include "common/link_absence.h"

#include "common/clock.h"

#include <criterion/criterion.h>

#define AT(s) ((UINT64_C(100) + (s)) * NS_PER_S)

static struct link_absence absence;

static void start(void)
{
    link_absence_begin(&absence, AT(0));
}

TestSuite(link_absence, .init = start);

Test(link_absence, counts_the_time_without_any_peer_from_the_start)
{
    struct link_return back = link_absence_come(&absence, 7, AT(5));
    cr_assert(!back.was_known && back.was_alone);
    cr_assert_eq(back.alone_ns, 5 * NS_PER_S);
}

Test(link_absence, knows_how_long_a_peer_was_away_while_others_stayed)
{
    (void)link_absence_come(&absence, 7, AT(1));
    (void)link_absence_come(&absence, 8, AT(1));
    link_absence_leave(&absence, 7, 1, AT(2));
    struct link_return back = link_absence_come(&absence, 7, AT(9));
    cr_assert(back.was_known && !back.was_alone);
    cr_assert_eq(back.away_ns, 7 * NS_PER_S);
    cr_assert(!link_absence_come(&absence, 7, AT(10)).was_known, "it is back already");
}

Test(link_absence, counts_from_when_the_last_peer_went)
{
    (void)link_absence_come(&absence, 7, AT(1));
    (void)link_absence_come(&absence, 8, AT(1));
    link_absence_leave(&absence, 7, 1, AT(2));
    link_absence_leave(&absence, 8, 0, AT(4));
    link_absence_leave(&absence, 8, 0, AT(6));
    struct link_return back = link_absence_come(&absence, 9, AT(10));
    cr_assert(!back.was_known && back.was_alone);
    cr_assert_eq(back.alone_ns, 6 * NS_PER_S);
    cr_assert_eq(link_absence_come(&absence, 8, AT(11)).away_ns, 7 * NS_PER_S);
}

Test(link_absence, forgets_the_peer_that_went_first_when_many_are_away)
{
    for (uint64_t id = 1; id <= LINK_ABSENT_MAX + 1; id++) {
        link_absence_leave(&absence, id, 0, AT(id));
    }
    cr_assert(!link_absence_come(&absence, 1, AT(100)).was_known);
    cr_assert_eq(link_absence_come(&absence, 2, AT(100)).away_ns, 98 * NS_PER_S);
}

Test(link_absence, says_once_that_nobody_has_come)
{
    uint64_t due_ns = AT(0) + LINK_ALONE_MS * NS_PER_MS;
    cr_assert(!link_absence_is_unmet(&absence, due_ns - 1));
    cr_assert(link_absence_is_unmet(&absence, due_ns));
    cr_assert(!link_absence_is_unmet(&absence, due_ns + NS_PER_S), "a second time");
}

Test(link_absence, says_nothing_of_a_peer_that_came_and_went)
{
    (void)link_absence_come(&absence, 7, AT(1));
    link_absence_leave(&absence, 7, 0, AT(2));
    cr_assert(!link_absence_is_unmet(&absence, AT(1000)));
}
