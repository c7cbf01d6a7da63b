/* SPDX-License-Identifier: BSD-3-Clause -- what the writer does with blocks, on a fake database. */
#include "store/write/write_loop.h"

#include "common/clock.h"
#include "common/mapping.h"
#include "tests/support/link_rig.h"
#include "tests/support/write_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(write_loop, .init = start, .fini = finish);

Test(write_loop, prepares_the_table_before_the_first_block_comes)
{
    attempt();
    cr_assert_eq(fake.prepare_count, 1);
    cr_assert_eq(counter_get(&counters.is_up), 1);
    cr_assert_eq(write_loop_wait_ms(&loop, fake.now_ns), -1);
    write_loop_attempt(&loop, fake.now_ns);
    cr_assert_eq(fake.prepare_count, 1);
}

Test(write_loop, inserts_blocks_in_order_and_gives_them_back_as_stored)
{
    append(1, 2);
    append(3, 1);
    for (int i = 0; i < 3; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 1);
    check_returned(1, BLOCK_STORED, 3);
    cr_assert_eq(counter_get(&counters.rows_stored), 3 * ROWS);
    cr_assert_eq(counter_get(&counters.blocks_stored), 2);
    cr_assert_eq(counter_get(&counters.rows_waiting), 0);
    cr_assert_eq(fake.table[1] + fake.table[2] + fake.table[3], 3 * ROWS);
    cr_assert_eq(write_loop_wait_ms(&loop, fake.now_ns), -1);
}

Test(write_loop, a_block_without_an_answer_that_was_committed_is_not_inserted_again)
{
    plan_insert(SINK_UNKNOWN, true);
    append(1, 2);
    attempt();
    attempt();
    cr_assert_eq(returned_count, 0);
    cr_assert_eq(counter_get(&counters.is_up), 0);
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
    cr_assert_eq(fake.table[2], ROWS);
    cr_assert_eq(fake.insert_count, 1);
    cr_assert_eq(counter_get(&counters.is_up), 1);
    cr_assert_not(returned[0]->batches[0].is_left_out, "the batch may be acknowledged");
}

Test(write_loop, a_block_without_an_answer_that_was_not_committed_is_inserted_again)
{
    plan_insert(SINK_UNKNOWN, false);
    append(1, 1);
    for (int i = 0; i < 3; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
}

Test(write_loop, asks_only_when_the_statement_without_an_answer_cannot_commit_any_longer)
{
    fake.settled_ns = START_NS + 8 * NS_PER_S;
    plan_insert(SINK_UNKNOWN, false);
    append(1, 1);
    attempt();
    attempt();
    uint32_t asked = fake.find_count;
    write_loop_attempt(&loop, fake.settled_ns - 1);
    cr_assert_eq(fake.find_count, asked);
    write_loop_attempt(&loop, fake.settled_ns);
    cr_assert_eq(fake.find_count, asked + 1);
    check_returned(0, BLOCK_STORED, 1);
}

Test(write_loop, a_refused_block_may_be_in_the_table_because_a_view_refused_it)
{
    plan_insert(SINK_REJECT, true);
    append(1, 1);
    attempt(); /* prepares */
    attempt(); /* refused */
    attempt(); /* prepares again, as the schema may have changed */
    cr_assert_eq(fake.prepare_count, 2);
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
}

Test(write_loop, flows_that_are_refused_twice_are_kept_and_retried_without_a_folder)
{
    plan_insert(SINK_REJECT, false);
    plan_insert(SINK_REJECT, false);
    append(1, 1);
    for (int i = 0; i < 4; i++) {
        attempt();
    }
    cr_assert_eq(fake.insert_count, 2);
    cr_assert_eq(returned_count, 0);
    cr_assert_eq(counter_get(&counters.is_up), 0);
    cr_assert_gt(write_loop_wait_ms(&loop, fake.now_ns), 0, "the next attempt waits");
    attempt();
    cr_assert_eq(counter_get(&counters.is_up), 0, "only the insert shows that all is well");
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(counter_get(&counters.is_up), 1);
}

/* Opens a folder for dead letters and the loop with it. */
static struct deadletter *open_deadletter(char folder[64])
{
    (void)snprintf(folder, 64, "/tmp/goflow-write-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    struct deadletter *deadletter = NULL;
    cr_assert_eq(deadletter_open(&deadletter, folder), ERR_OK);
    open_loop(deadletter);
    return deadletter;
}

static int count_files(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += strstr(entry->d_name, ".native") != NULL;
    }
    (void)closedir(dir);
    return count;
}

Test(write_loop, a_block_that_is_refused_twice_goes_to_the_dead_letters)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    plan_insert(SINK_REJECT, false);
    plan_insert(SINK_REJECT, false);
    append(1, 1);
    append(2, 1);
    for (int i = 0; i < 4; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert_eq(count_files(folder), 1);
    cr_assert_eq(counter_get(&counters.rows_rejected), ROWS);
    attempt(); /* prepares */
    attempt();
    check_returned(1, BLOCK_STORED, 2);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_loop, a_block_gets_its_own_second_attempt)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    for (int i = 0; i < 3; i++) {
        plan_insert(SINK_REJECT, false);
    }
    append(1, 1);
    append(2, 1);
    for (int i = 0; i < 8; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    check_returned(1, BLOCK_STORED, 2);
    cr_assert_eq(count_files(folder), 1);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_loop, rows_beside_flows_are_given_up_so_that_they_do_not_hold_flows_up)
{
    write_loop_append(&loop, numbered_block_new_losses(1, LEASE_END_NS));
    append(2, 1);
    plan_prepare(SINK_REJECT);
    attempt();
    check_returned(0, BLOCK_REJECTED, 1);
    attempt();
    attempt();
    check_returned(1, BLOCK_STORED, 2);
}

Test(write_loop, a_table_of_flows_that_is_refused_gives_no_flow_up)
{
    plan_prepare(SINK_REJECT);
    append(1, 1);
    attempt();
    cr_assert_eq(returned_count, 0);
    cr_assert_gt(write_loop_wait_ms(&loop, fake.now_ns), 0);
    attempt();
    attempt();
    check_returned(0, BLOCK_STORED, 1);
}

Test(write_loop, the_newer_half_of_a_late_block_goes_back)
{
    plan_insert(SINK_LATE, false);
    append(1, 4);
    attempt();
    attempt();
    cr_assert_eq(write_loop_wait_ms(&loop, fake.now_ns), 0, "the rest goes at once");
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    const struct block *block = returned[0];
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(block->batches[i].is_left_out, i >= 2, "batch %u", i);
        cr_assert_eq(fake.table[i + 1], i < 2 ? ROWS : 0);
    }
    cr_assert_eq(block->late_rows, 4 * ROWS, "the puller learns from it");
    cr_assert_eq(counter_get(&counters.rows_left_out), 2 * ROWS);
}

Test(write_loop, one_batch_that_is_late_waits_before_it_is_tried_again)
{
    plan_insert(SINK_LATE, false);
    append(1, 1);
    attempt();
    attempt();
    cr_assert_gt(write_loop_wait_ms(&loop, fake.now_ns), 0);
    cr_assert_eq(counter_get(&counters.is_up), 0);
    attempt();
    check_returned(0, BLOCK_STORED, 1);
}

Test(write_loop, a_batch_whose_lease_is_over_is_not_inserted)
{
    append(1, 3);
    counter_set(&loop.queue.waiting[0].block->batches[1].lease_end_ns, START_NS);
    attempt();
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
    cr_assert_eq(fake.table[2], 0);
    cr_assert_eq(fake.table[3], ROWS);
    cr_assert(returned[0]->batches[1].is_left_out);
    cr_assert_eq(counter_get(&counters.rows_left_out), ROWS);
}

Test(write_loop, nothing_is_inserted_when_all_leases_are_over)
{
    append(1, 2);
    fake.now_ns = LEASE_END_NS;
    attempt();
    attempt();
    cr_assert_eq(fake.insert_count, 0);
    check_returned(0, BLOCK_STORED, 1);
    cr_assert(returned[0]->batches[0].is_left_out);
}

Test(write_loop, nothing_is_inserted_while_the_table_cannot_be_asked)
{
    fake.find_outcome = SINK_UNKNOWN;
    append(1, 1);
    attempt();
    attempt();
    cr_assert_eq(fake.insert_count, 0);
    cr_assert_eq(counter_get(&counters.is_up), 0);
    cr_assert_eq(
        loop.queue.waiting[0].block->batches[0].attempt, 0, "nothing was inserted: no doubt");
    fake.find_outcome = SINK_DONE;
    attempt();
    check_returned(0, BLOCK_STORED, 1);
}

Test(write_loop, waits_longer_after_each_failure_counted_from_its_end)
{
    for (int i = 0; i < 6; i++) {
        plan_insert(SINK_RETRY, false);
    }
    append(1, 1);
    attempt();
    attempt();
    int first_ms = write_loop_wait_ms(&loop, fake.now_ns);
    cr_assert_geq(first_ms, RETRY_MIN_MS / 2);
    cr_assert_leq(first_ms, RETRY_MIN_MS + 1);
    uint64_t due_ns = loop.outage.due_ns;
    write_loop_attempt(&loop, due_ns - 1);
    cr_assert_eq(fake.insert_count, 1);
    for (int i = 0; i < 5; i++) {
        attempt();
    }
    cr_assert_geq(write_loop_wait_ms(&loop, fake.now_ns), RETRY_MAX_MS / 2);
    attempt();
    check_returned(0, BLOCK_STORED, 1);
}

Test(write_loop, a_retry_leaves_no_doubt)
{
    plan_insert(SINK_RETRY, false);
    append(1, 1);
    attempt();
    attempt();
    cr_assert_eq(loop.queue.waiting[0].block->batches[0].attempt, 0);
}

Test(write_loop, tries_the_table_again_until_the_database_is_there)
{
    plan_prepare(SINK_RETRY);
    plan_prepare(SINK_UNKNOWN);
    attempt();
    cr_assert_eq(counter_get(&counters.is_up), 0);
    cr_assert_gt(write_loop_wait_ms(&loop, fake.now_ns), 0);
    attempt();
    attempt();
    cr_assert_eq(fake.prepare_count, 3);
    cr_assert_eq(counter_get(&counters.is_up), 1);
    cr_assert_eq(counter_get(&counters.prepares[SINK_RETRY]), 1);
    cr_assert_eq(counter_get(&counters.prepares[SINK_DONE]), 1);
}

Test(write_loop, a_new_mapping_prepares_the_table_of_flows_again)
{
    attempt();
    struct mapping *mapping = calloc(1, sizeof *mapping);
    write_loop_use_mapping(&loop, mapping);
    cr_assert_eq(fake.mapping, mapping);
    attempt();
    cr_assert_eq(fake.prepare_count, 2);
}

Test(write_loop, has_room_for_so_many_blocks)
{
    for (uint64_t i = 0; i < WRITE_QUEUE_MAX; i++) {
        cr_assert(write_loop_has_room(&loop));
        append(1, 1);
    }
    cr_assert_not(write_loop_has_room(&loop));
    attempt();
    attempt();
    cr_assert(write_loop_has_room(&loop));
}

Test(write_loop, a_stop_ends_when_nothing_is_left)
{
    append(1, 1);
    cr_assert_not(write_loop_is_over(&loop, fake.now_ns));
    write_loop_stop(&loop, fake.now_ns);
    cr_assert_not(write_loop_is_over(&loop, fake.now_ns));
    attempt();
    attempt();
    cr_assert(write_loop_is_over(&loop, fake.now_ns));
}

Test(write_loop, a_stop_ends_in_time_and_counts_what_it_could_not_write)
{
    append(1, 1);
    append(2, 2);
    write_loop_stop(&loop, fake.now_ns);
    uint64_t end_ns = fake.now_ns + STOP_MS * NS_PER_MS;
    cr_assert_not(write_loop_is_over(&loop, end_ns - 1));
    cr_assert(write_loop_is_over(&loop, end_ns));
    write_loop_clear(&loop);
    cr_assert_eq(counter_get(&counters.rows_dropped), 3 * ROWS);
    check_sums();
    cr_assert_eq(returned_count, 0);
}
