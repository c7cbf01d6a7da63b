/* SPDX-License-Identifier: BSD-3-Clause -- when Hello is due, and when a connection is made anew.
 */
#include "common/link_connection.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static const uint64_t NOW = 1000 * NS_PER_S;
static const uint64_t SECOND = NS_PER_S;

static struct link_connection open_connected(bool is_ingest)
{
    struct link_connection connection;
    link_connection_init(&connection, is_ingest);
    (void)link_connection_look(&connection, true, NOW);
    return connection;
}

/* One whose peer has said Hello. */
static struct link_connection open_known(bool is_ingest)
{
    struct link_connection connection = open_connected(is_ingest);
    cr_assert_eq(link_connection_step(&connection, NOW), LINK_STEP_HELLO);
    link_connection_hear(&connection, true, NOW);
    return connection;
}

Test(link_connection, does_nothing_before_it_is_there)
{
    struct link_connection connection;
    link_connection_init(&connection, true);
    cr_assert_eq(link_connection_step(&connection, NOW), LINK_STEP_NONE);
    cr_assert_eq(link_connection_due_ns(&connection), UINT64_MAX);
}

Test(link_connection, says_hello_first_and_then_every_second)
{
    struct link_connection connection = open_known(false);
    cr_assert_eq(link_connection_step(&connection, NOW), LINK_STEP_NONE);
    cr_assert_eq(link_connection_due_ns(&connection), NOW + SECOND);
    cr_assert_eq(link_connection_step(&connection, NOW + SECOND - 1), LINK_STEP_NONE);
    cr_assert_eq(link_connection_step(&connection, NOW + SECOND), LINK_STEP_HELLO);
}

Test(link_connection, says_hello_again_on_a_new_connection)
{
    struct link_connection connection = open_known(false);
    cr_assert(link_connection_look(&connection, false, NOW), "lost");
    cr_assert_eq(link_connection_step(&connection, NOW + SECOND), LINK_STEP_NONE);
    cr_assert_not(link_connection_look(&connection, true, NOW + SECOND));
    cr_assert_not(connection.has_answered);
    cr_assert_eq(link_connection_step(&connection, NOW + SECOND), LINK_STEP_HELLO);
}

Test(link_connection, says_hello_again_where_only_the_other_side_saw_that_it_is_new)
{
    struct link_connection connection = open_known(false);
    link_connection_begin(&connection, NOW + 1);
    cr_assert_not(connection.has_answered);
    cr_assert_eq(link_connection_step(&connection, NOW + 1), LINK_STEP_HELLO);
}

Test(link_connection, is_made_anew_when_a_peer_that_answered_is_silent)
{
    struct link_connection connection = open_known(false);
    uint64_t first_ns = NOW + SECOND;
    for (uint64_t i = 0; i < 6; i++) {
        cr_assert_eq(link_connection_step(&connection, first_ns + i * SECOND), LINK_STEP_HELLO);
    }
    cr_assert_eq(link_connection_step(&connection, first_ns + 6 * SECOND), LINK_STEP_SILENT);
    cr_assert_eq(link_connection_step(&connection, first_ns + 6 * SECOND), LINK_STEP_NONE);
}

Test(link_connection, stays_while_answers_come_late)
{
    struct link_connection connection = open_known(false);
    for (uint64_t i = 1; i < 60; i++) {
        (void)link_connection_step(&connection, NOW + i * SECOND);
        if (i % 5 == 0) {
            link_connection_hear(&connection, true, NOW + i * SECOND);
        }
        cr_assert(connection.is_connected, "%" PRIu64, i);
    }
}

Test(link_connection, asks_a_peer_that_never_answers_less_and_less_and_stays)
{
    struct link_connection connection = open_connected(false);
    unsigned hellos = 0;
    for (uint64_t i = 0; i < 60; i++) {
        enum link_step step = link_connection_step(&connection, NOW + i * SECOND);
        cr_assert(step == LINK_STEP_HELLO || step == LINK_STEP_NONE);
        hellos += step == LINK_STEP_HELLO;
    }
    cr_assert_geq(hellos, 8);
    cr_assert_leq(hellos, 12);
}

Test(link_connection, an_ingest_takes_its_old_name_for_a_store_that_says_no_hello)
{
    struct link_connection connection = open_connected(true);
    (void)link_connection_step(&connection, NOW);
    cr_assert_eq(link_connection_step(&connection, NOW + 2 * SECOND), LINK_STEP_VERSION);
    cr_assert(connection.has_old_name);
    (void)link_connection_look(&connection, true, NOW + 3 * SECOND);
    link_connection_hear(&connection, false, NOW + 3 * SECOND);
    for (uint64_t i = 3; i < 60; i++) {
        cr_assert_neq(
            link_connection_step(&connection, NOW + i * SECOND), LINK_STEP_VERSION, "it works");
    }
}

Test(link_connection, a_store_has_no_old_name)
{
    struct link_connection connection = open_connected(false);
    for (uint64_t i = 0; i < 60; i++) {
        cr_assert_neq(link_connection_step(&connection, NOW + i * SECOND), LINK_STEP_VERSION);
    }
}

Test(link_connection, gives_the_old_name_up_for_a_store_that_was_only_late)
{
    struct link_connection connection = open_connected(true);
    (void)link_connection_step(&connection, NOW);
    cr_assert_eq(link_connection_step(&connection, NOW + 2 * SECOND), LINK_STEP_VERSION);
    (void)link_connection_look(&connection, true, NOW + 3 * SECOND);
    link_connection_hear(&connection, true, NOW + 3 * SECOND);
    cr_assert_eq(link_connection_step(&connection, NOW + 3 * SECOND), LINK_STEP_VERSION);
    cr_assert_not(connection.has_old_name);
    (void)link_connection_look(&connection, true, NOW + 4 * SECOND);
    cr_assert_neq(link_connection_step(&connection, NOW + 4 * SECOND), LINK_STEP_VERSION);
    cr_assert_neq(
        link_connection_step(&connection, NOW + 7 * SECOND), LINK_STEP_VERSION, "more patient");
    cr_assert_eq(link_connection_step(&connection, NOW + 8 * SECOND), LINK_STEP_VERSION);
}

Test(link_connection, says_hello_soon_when_hurried_but_not_without_pause)
{
    struct link_connection connection = open_known(false);
    link_connection_hurry(&connection);
    link_connection_hurry(&connection);
    cr_assert_eq(link_connection_due_ns(&connection), NOW + SECOND / 10);
}

Test(link_connection, knocks_until_it_is_let_in)
{
    struct link_connection connection;
    link_connection_init(&connection, false);
    cr_assert_eq(link_connection_knock(&connection, NOW), LINK_KNOCK_NONE);
    cr_assert_eq(link_connection_knock(&connection, NOW + 4 * SECOND - 1), LINK_KNOCK_NONE);
    cr_assert_eq(link_connection_knock(&connection, NOW + 4 * SECOND), LINK_KNOCK_AGAIN);
    cr_assert_eq(link_connection_knock(&connection, NOW + 4 * SECOND), LINK_KNOCK_NONE);
    cr_assert_eq(link_connection_knock(&connection, NOW + 8 * SECOND), LINK_KNOCK_AGAIN);
    (void)link_connection_look(&connection, true, NOW + 9 * SECOND);
    cr_assert_eq(link_connection_knock(&connection, NOW + 9 * SECOND), LINK_KNOCK_LET_IN);
    cr_assert_eq(link_connection_knock(&connection, NOW + 10 * SECOND), LINK_KNOCK_NONE);
}

Test(link_connection, does_not_knock_where_it_comes_in_at_once)
{
    struct link_connection connection = open_connected(false);
    cr_assert_eq(link_connection_knock(&connection, NOW), LINK_KNOCK_NONE);
    (void)link_connection_look(&connection, false, NOW + SECOND);
    cr_assert_eq(link_connection_knock(&connection, NOW + SECOND), LINK_KNOCK_NONE);
    cr_assert_eq(link_connection_knock(&connection, NOW + 5 * SECOND), LINK_KNOCK_AGAIN);
}
