/* SPDX-License-Identifier: BSD-3-Clause -- an id belongs to one key. */
#include "common/link_claims.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct link_claims claims;

static void clear(void)
{
    link_claims_clear(&claims);
}

TestSuite(link_claims, .fini = clear);

Test(link_claims, id_belongs_to_the_key_that_used_it_first)
{
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 7), "edge1");
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 7), "edge1");
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 8), "edge2");
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 7), "edge1");
}

Test(link_claims, key_may_have_several_ids)
{
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 7), "edge1");
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 8), "edge1");
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 8), "edge1");
}

Test(link_claims, peer_without_a_key_claims_nothing)
{
    cr_assert_str_eq(link_claims_owner(&claims, "", 7), "");
    cr_assert_eq(claims.count, 0);
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 7), "edge1");
    cr_assert_str_eq(link_claims_owner(&claims, "", 7), "", "an ipc peer has no key to compare");
}

Test(link_claims, key_that_uses_many_ids_forgets_its_own_oldest_alone)
{
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 1), "edge2");
    for (uint64_t id = 100; id < 100 + 2 * LINK_CLAIMS_PER_KEY; id++) {
        cr_assert_str_eq(link_claims_owner(&claims, "edge1", id), "edge1");
    }
    cr_assert_eq(claims.count, 1 + LINK_CLAIMS_PER_KEY);
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 1), "edge2");
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 100), "edge2", "it was forgotten");
}

Test(link_claims, full_table_takes_no_more_keys)
{
    char key[LINK_KEY_NAME_SIZE];
    for (uint64_t id = 1; id <= LINK_CLAIMS_MAX; id++) {
        (void)snprintf(key, sizeof key, "edge%u", (unsigned)id);
        cr_assert_str_eq(link_claims_owner(&claims, key, id), key);
    }
    cr_assert_null(link_claims_owner(&claims, "late", LINK_CLAIMS_MAX + 1));
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 1), "edge1");
}

Test(link_claims, ids_of_keys_that_are_not_allowed_are_free_again)
{
    cr_assert_str_eq(link_claims_owner(&claims, "edge1", 7), "edge1");
    link_claims_release(&claims, NULL, LINK_PEER_INGEST);
    cr_assert_eq(claims.count, 0);
    cr_assert_str_eq(link_claims_owner(&claims, "edge2", 7), "edge2");
}
