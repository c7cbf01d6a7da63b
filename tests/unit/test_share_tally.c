/* SPDX-License-Identifier: BSD-3-Clause -- whose the flows of the open batch are. */
#include "ingest/batch/share_tally.h"

#include <criterion/criterion.h>

static struct share_tally tally;

static void turn(uint32_t domain, uint32_t flow_count)
{
    const struct flow_origin origin = {.domain = domain};
    share_tally_turn(&tally, &origin, flow_count);
}

static void check_share(
    const struct share_list *list, uint32_t index, uint32_t domain, uint32_t flows)
{
    cr_assert_lt(index, list->count);
    cr_assert_eq(list->shares[index].origin.domain, domain);
    cr_assert_eq(list->shares[index].flows, flows);
}

Test(share_tally, an_empty_batch_is_nobodys)
{
    cr_assert_eq(share_tally_init(&tally), ERR_OK);
    struct share_list *list = NULL;
    share_tally_seal(&tally, 0, &list);
    cr_assert_not_null(list);
    cr_assert_eq(list->count, 0);
    share_list_destroy(&list);
    share_tally_clear(&tally);
}

Test(share_tally, adds_up_what_comes_in_turns)
{
    cr_assert_eq(share_tally_init(&tally), ERR_OK);
    turn(1, 0);
    turn(2, 10);
    turn(2, 15);
    turn(1, 20);
    turn(3, 21);
    struct share_list *list = NULL;
    share_tally_seal(&tally, 50, &list);
    cr_assert_eq(list->count, 3);
    check_share(list, 0, 1, 11);
    check_share(list, 1, 2, 10);
    check_share(list, 2, 3, 29);
    share_list_destroy(&list);
    share_tally_clear(&tally);
}

Test(share_tally, begins_anew_after_a_seal)
{
    cr_assert_eq(share_tally_init(&tally), ERR_OK);
    struct share_list *list = NULL;
    turn(1, 0);
    turn(2, 40);
    share_tally_seal(&tally, 50, &list);
    turn(2, 0);
    share_tally_seal(&tally, 7, &list);
    cr_assert_eq(list->count, 1);
    check_share(list, 0, 2, 7);
    share_list_destroy(&list);
    share_tally_clear(&tally);
}

Test(share_tally, writes_into_a_list_that_has_the_room)
{
    cr_assert_eq(share_tally_init(&tally), ERR_OK);
    struct share_list *list = share_list_new(2);
    const struct share_list *first = list;
    turn(1, 0);
    turn(2, 1);
    share_tally_seal(&tally, 2, &list);
    cr_assert_eq(list, first);
    for (uint32_t i = 0; i < SHARES_MAX; i++) {
        cr_assert(!share_tally_is_full(&tally));
        turn(i, i);
    }
    cr_assert(share_tally_is_full(&tally));
    share_tally_seal(&tally, SHARES_MAX, &list);
    cr_assert_eq(list->count, SHARES_MAX);
    cr_assert_eq(share_list_size(list), sizeof *list + SHARES_MAX * sizeof(struct flow_share),
        "no more than it needs");
    share_list_destroy(&list);
    cr_assert_eq(share_list_size(list), 0);
    share_tally_clear(&tally);
}
