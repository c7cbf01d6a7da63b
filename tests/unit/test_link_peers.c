/* SPDX-License-Identifier: BSD-3-Clause -- who is at the end of which connection. */
#include "common/link_peers.h"

#include <criterion/criterion.h>

enum {
    MADE = 1, /* a connection that this side made */
    NOW = 1000
};

static struct link_peers peers;

static void clear(void)
{
    link_peers_clear(&peers);
}

TestSuite(link_peers, .fini = clear);

static struct link_address accepted(uint8_t name)
{
    return (struct link_address){.size = 2, .bytes = {0, name}};
}

static struct link_address made(uint8_t number)
{
    return (struct link_address){.size = 1, .bytes = {number}};
}

static enum link_meeting hear(struct link_address address, uint64_t id, uint64_t epoch)
{
    return link_peers_hear(&peers, &address, id, epoch, NOW);
}

Test(link_peers, knows_nobody_at_first)
{
    struct link_address address = made(MADE);
    struct link_peer peer;
    cr_assert_null(link_peers_find(&peers, 7, 0));
    cr_assert_null(link_peers_at(&peers, &address));
    cr_assert_not(link_peers_drop(&peers, &address, &peer));
    cr_assert_not(link_peers_expire(&peers, UINT64_MAX, &peer));
}

Test(link_peers, notices_another_process_at_the_same_end)
{
    cr_assert_eq(hear(made(MADE), 7, 1), LINK_MET_NEW);
    cr_assert_eq(hear(made(MADE), 7, 1), LINK_MET_AGAIN);
    cr_assert_eq(hear(made(MADE), 7, 2), LINK_MET_OTHER, "the same id started again");
    cr_assert_eq(hear(made(MADE), 8, 3), LINK_MET_OTHER);
    cr_assert_null(link_peers_find(&peers, 7, 0), "its place was taken");
    cr_assert_not_null(link_peers_find(&peers, 8, 0));
    cr_assert_eq(peers.count, 1);
}

Test(link_peers, a_message_without_an_epoch_changes_no_epoch)
{
    (void)hear(made(MADE), 7, 5);
    cr_assert_eq(hear(made(MADE), 7, 0), LINK_MET_AGAIN);
    cr_assert_eq(link_peers_find(&peers, 7, 0)->epoch, 5);
}

Test(link_peers, finds_the_connection_that_was_heard_last)
{
    struct link_address old = accepted('a');
    struct link_address fresh = accepted('b');
    (void)link_peers_hear(&peers, &old, 7, 1, NOW);
    (void)link_peers_hear(&peers, &fresh, 7, 2, NOW + 1);
    cr_assert_eq(link_peers_find(&peers, 7, 0)->address.bytes[1], 'b');
    (void)link_peers_hear(&peers, &old, 7, 1, NOW + 2);
    cr_assert_eq(link_peers_find(&peers, 7, 0)->address.bytes[1], 'a');
}

Test(link_peers, forgets_the_silent_ones_that_were_accepted)
{
    struct link_address silent = accepted('a');
    struct link_address loud = accepted('b');
    struct link_address own = made(MADE);
    struct link_peer peer;
    (void)link_peers_hear(&peers, &silent, 7, 1, NOW);
    (void)link_peers_hear(&peers, &loud, 8, 1, NOW + 1);
    (void)link_peers_hear(&peers, &own, 9, 1, NOW);
    cr_assert(link_peers_expire(&peers, NOW + 1, &peer));
    cr_assert_eq(peer.id, 7);
    cr_assert_not(link_peers_expire(&peers, NOW + 1, &peer));
    cr_assert(link_peers_drop(&peers, &own, &peer));
    cr_assert_eq(peer.id, 9);
    cr_assert_eq(peers.count, 1);
}

Test(link_peers, are_no_more_than_may_be)
{
    struct link_address address = {.size = 3};
    for (unsigned i = 0; i < LINK_PEERS_MAX; i++) {
        address.bytes[1] = (uint8_t)(i >> 8);
        address.bytes[2] = (uint8_t)i;
        cr_assert_eq(hear(address, i + 1, 1), LINK_MET_NEW);
    }
    cr_assert_eq(hear(accepted('x'), 1, 1), LINK_MET_NOBODY);
    cr_assert_eq(peers.count, LINK_PEERS_MAX);
}

Test(link_peers, finds_the_process_of_two_with_one_id)
{
    struct link_address first = accepted('a');
    struct link_address copy = accepted('b');
    (void)link_peers_hear(&peers, &first, 7, 100, NOW);
    (void)link_peers_hear(&peers, &copy, 7, 200, NOW + 1);
    cr_assert_eq(link_peers_find(&peers, 7, 100)->address.bytes[1], 'a');
    cr_assert_eq(link_peers_find(&peers, 7, 200)->address.bytes[1], 'b');
    cr_assert_eq(link_peers_find(&peers, 7, 300)->address.bytes[1], 'b', "heard last");
}
