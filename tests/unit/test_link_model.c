/* SPDX-License-Identifier: BSD-3-Clause -- thousands of bad days of the link, each from its seed.
 */
#include "tests/support/link_model.h"

#include <criterion/criterion.h>

enum {
    SCHEDULES = 1500
};

Test(link_model, sees_a_database_that_commits_too_late)
{
    /* Otherwise the test below could not fail. */
    uint32_t repeated = 0;
    for (uint64_t seed = 1; seed <= SCHEDULES && repeated == 0; seed++) {
        repeated = link_model_run(
            &(struct link_model_options){
                .seed = seed, .batches = 60, .stores = 3, .commit_ms_max = 4 * LINK_MODEL_LEASE_MS})
                       .repeated;
    }
    cr_assert_gt(repeated, 0);
}

Test(link_model, delivers_every_batch_once)
{
    uint64_t takeovers = 0;
    uint64_t crashes = 0;
    for (uint64_t seed = 1; seed <= SCHEDULES; seed++) {
        struct link_model_options options = {
            .seed = seed,
            .batches = 60,
            .stores = 1 + (uint32_t)(seed % 4),
            .commit_ms_max = LINK_MODEL_LEASE_MS / 2 - 1,
        };
        struct link_model_result result = link_model_run(&options);
        cr_assert_eq(
            result.missing, 0, "seed %lu: %u missing", (unsigned long)seed, result.missing);
        cr_assert_eq(
            result.repeated, 0, "seed %lu: %u repeated", (unsigned long)seed, result.repeated);
        cr_assert_eq(result.unsettled, 0, "seed %lu: %lu unsettled", (unsigned long)seed,
            (unsigned long)result.unsettled);
        takeovers += result.takeovers;
        crashes += result.crashes;
    }
    cr_assert_gt(takeovers, 10 * SCHEDULES);
    cr_assert_gt(crashes, SCHEDULES);
}
