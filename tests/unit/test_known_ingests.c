/* SPDX-License-Identifier: BSD-3-Clause -- which ingests a ledger knows, and how many. */
#include "store/pull/known_ingests.h"

#include <criterion/criterion.h>

enum {
    MOST = 4096
};

static struct known_ingests known;

static void stop(void)
{
    known_ingests_clear(&known);
}

TestSuite(known_ingests, .fini = stop);

static void meet_as_many_as_there_may_be(size_t live_batches)
{
    for (uint64_t id = 1; id <= MOST; id++) {
        struct ledger_ingest *ingest = known_ingests_meet(&known, id);
        cr_assert_not_null(ingest);
        ingest->live_count = live_batches;
    }
}

Test(known_ingests, are_no_more_than_may_be_while_all_have_live_batches)
{
    meet_as_many_as_there_may_be(1);
    cr_assert_null(known_ingests_meet(&known, MOST + 1));
    cr_assert_null(known_ingests_find(&known, MOST + 1));
    cr_assert_eq(known_ingests_meet(&known, MOST)->id, MOST, "a known one is no newcomer");
}

Test(known_ingests, make_room_where_one_has_no_live_batch)
{
    meet_as_many_as_there_may_be(1);
    known_ingests_find(&known, 17)->live_count = 0;
    struct ledger_ingest *newcomer = known_ingests_meet(&known, MOST + 1);
    cr_assert_not_null(newcomer);
    cr_assert_eq(newcomer->live_count, 0);
    cr_assert_null(known_ingests_find(&known, 17));
    cr_assert_eq(known.count, MOST);
}

Test(known_ingests, are_found_in_any_order)
{
    cr_assert_null(known_ingests_find(&known, 1));
    (void)known_ingests_meet(&known, 1);
    (void)known_ingests_meet(&known, 2);
    cr_assert_eq(known_ingests_find(&known, 1)->id, 1);
    cr_assert_eq(known_ingests_find(&known, 2)->id, 2);
    cr_assert_eq(known_ingests_meet(&known, 1)->id, 1);
    cr_assert_eq(known.count, 2);
}
