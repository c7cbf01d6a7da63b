/* SPDX-License-Identifier: BSD-3-Clause -- blocks that fail, wait, or are too large. */
#include "store/write/write_loop.h"

#include "common/clock.h"
#include "tests/support/link_rig.h"
#include "tests/support/write_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

TestSuite(write_failures, .init = start, .fini = finish);

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

Test(write_failures, a_block_that_is_too_large_goes_in_by_halves_and_the_limit_is_kept)
{
    fake.rows_max = 2 * ROWS;
    append(1, 5);
    append(6, 4);
    for (int i = 0; i < 7; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 1);
    check_returned(1, BLOCK_STORED, 6);
    for (uint32_t i = 1; i <= 9; i++) {
        cr_assert_eq(fake.table[i], ROWS, "batch %u", i);
        cr_assert_not(returned[i > 5]->batches[i > 5 ? i - 6 : i - 1].is_left_out);
    }
    cr_assert_eq(fake.insert_count, 1 + 3 + 2, "50 rows are tried once; then 20, 20, 10; 20, 20");
    cr_assert_eq(counter_get(&counters.rows_stored), 9 * ROWS);
    cr_assert_eq(counter_get(&counters.rows_left_out), 0);
    cr_assert_eq(counter_get(&counters.insert_rows_max), 5 * ROWS / 2);
}

Test(write_failures, of_a_refused_block_the_part_that_went_in_is_stored)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    fake.rows_max = ROWS;
    plan_insert(SINK_DONE, true); /* too large */
    plan_insert(SINK_DONE, true);
    plan_insert(SINK_REJECT, false);
    plan_insert(SINK_REJECT, false);
    append(1, 2);
    for (int i = 0; i < 6; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert(returned[0]->batches[0].is_removed, "and so acknowledged as stored");
    cr_assert_not(returned[0]->batches[1].is_removed);
    cr_assert_eq(counter_get(&counters.rows_stored), ROWS);
    cr_assert_eq(counter_get(&counters.rows_rejected), ROWS);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

static void plan_words(enum sink_outcome outcome, bool is_committed, const char *words)
{
    plan_insert(outcome, is_committed);
    fake.inserts[fake.insert_plan - 1].words = words;
}

Test(write_failures, an_exception_that_stays_the_same_sends_the_block_to_the_dead_letters)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        plan_words(SINK_SUSPECT, false, "Code: 153. DB::Exception: Division by zero");
    }
    append(1, 1);
    counter_set(&loop.queue.waiting[0].block->batches[0].lease_end_ns, START_NS + 1000 * NS_PER_S);
    uint64_t start_ns = fake.now_ns;
    for (int i = 0; i < 200 && returned_count == 0; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert_geq(fake.insert_count, 5);
    cr_assert_geq(fake.prepare_count, 5, "the database otherwise works");
    cr_assert_geq(fake.now_ns - start_ns, 10 * NS_PER_S, "what passes in seconds has passed");
    cr_assert_eq(count_files(folder), 1);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_failures, exceptions_that_differ_or_are_known_to_pass_give_nothing_up)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        enum sink_outcome outcome = i % 2 == 0 ? SINK_SUSPECT : SINK_UNKNOWN;
        plan_words(outcome, false,
            i % 2 == 0 ? "Code: 153. DB::Exception: a" : "Code: 999. DB::Exception: b");
    }
    append(1, 1);
    counter_set(&loop.queue.waiting[0].block->batches[0].lease_end_ns, START_NS + 1000 * NS_PER_S);
    for (int i = 0; i < 200 && returned_count == 0; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.insert_count, FAKE_PLAN_MAX + 1);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_failures, without_identity_columns_and_folder_a_block_is_dropped_after_ten_attempts)
{
    fake.lacks_identity = true;
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        plan_insert(SINK_UNKNOWN, true);
    }
    append(1, 1);
    counter_set(&loop.queue.waiting[0].block->batches[0].lease_end_ns, UINT64_MAX);
    uint64_t start_ns = fake.now_ns;
    for (int i = 0; i < FAKE_PLAN_MAX && returned_count == 0; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert_eq(fake.table[1], 10 * ROWS);
    cr_assert_geq(fake.now_ns - start_ns, 3600 * NS_PER_S, "what passes in an hour has passed");
    cr_assert_eq(counter_get(&counters.rows_given_up), ROWS);
    cr_assert_eq(counter_get(&counters.rows_rejected), ROWS);
}

Test(write_failures, without_identity_columns_a_database_that_answers_nothing_gets_no_copies)
{
    fake.lacks_identity = true;
    plan_insert(SINK_UNKNOWN, true);
    plan_insert(SINK_UNKNOWN, true);
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        fake.prepares[fake.prepare_plan++] = i == 0 ? SINK_DONE : SINK_RETRY;
    }
    append(1, 1);
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        attempt();
    }
    cr_assert_eq(fake.table[1], ROWS);
}

Test(write_failures, without_identity_columns_others_go_on_while_a_refused_block_waits)
{
    fake.lacks_identity = true;
    for (int i = 0; i < 4; i++) {
        plan_insert(SINK_SUSPECT, true);
    }
    append(1, 1);
    for (int i = 0; i < 8; i++) {
        attempt();
    }
    cr_assert_eq(fake.insert_count, 4);
    append(2, 1);
    uint64_t before_ns = fake.now_ns;
    attempt();
    check_returned(0, BLOCK_STORED, 2);
    cr_assert_lt(fake.now_ns - before_ns, 5 * NS_PER_S);
    cr_assert_eq(fake.table[1], 4 * ROWS);
}

Test(write_failures, without_identity_columns_a_full_folder_is_tried_again_without_an_insert)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    rig_remove_folder(folder);
    fake.lacks_identity = true;
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        plan_insert(SINK_REJECT, true);
    }
    append(1, 1);
    for (int i = 0; i < 20; i++) {
        attempt();
    }
    cr_assert_eq(returned_count, 0);
    cr_assert_eq(fake.table[1], 4 * ROWS);
    cr_assert_eq(mkdir(folder, 0700), 0);
    attempt();
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert_eq(fake.table[1], 4 * ROWS);
    cr_assert_eq(count_files(folder), 1);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_failures, without_identity_columns_a_doubtful_block_goes_to_the_dead_letters)
{
    char folder[64];
    struct deadletter *deadletter = open_deadletter(folder);
    fake.lacks_identity = true;
    for (int i = 0; i < FAKE_PLAN_MAX; i++) {
        plan_insert(SINK_UNKNOWN, true);
    }
    append(1, 1);
    counter_set(&loop.queue.waiting[0].block->batches[0].lease_end_ns, UINT64_MAX);
    for (int i = 0; i < 20 && returned_count == 0; i++) {
        attempt();
    }
    check_returned(0, BLOCK_REJECTED, 1);
    cr_assert_eq(fake.table[1], 4 * ROWS);
    deadletter_close(&deadletter);
    rig_remove_folder(folder);
}

Test(write_failures, while_no_replica_can_tell_only_new_batches_go_in)
{
    fake.find_outcome = SINK_BEHIND;
    append(1, 3);
    loop.queue.waiting[0].block->batches[1].attempt = 1;
    attempt();
    attempt();
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
    cr_assert_eq(fake.table[2], 0);
    cr_assert_eq(fake.table[3], ROWS);
    cr_assert(returned[0]->batches[1].is_left_out, "it goes back to its ingest");
}

Test(write_failures, an_insert_that_never_gets_an_answer_is_made_smaller)
{
    for (int i = 0; i < 3; i++) {
        plan_insert(SINK_UNKNOWN, false);
    }
    append(1, 4);
    for (int i = 0; i < 6; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 1);
    cr_assert_eq(fake.last_rows, 2 * ROWS);
}

Test(write_failures, the_silence_of_several_blocks_makes_inserts_smaller)
{
    for (int i = 0; i < 3; i++) {
        plan_insert(SINK_UNKNOWN, false);
    }
    append(1, 4);
    append(5, 4);
    attempt(); /* prepares */
    for (int i = 0; i < 3; i++) {
        attempt();
    }
    cr_assert_eq(counter_get(&counters.insert_rows_max), 2 * ROWS);
}

Test(write_failures, new_blocks_go_in_while_one_without_an_answer_waits)
{
    fake.settled_ns = START_NS + 8 * NS_PER_S;
    plan_insert(SINK_UNKNOWN, false);
    append(1, 1);
    append(2, 1);
    for (int i = 0; i < 3; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 2);
    cr_assert_lt(fake.now_ns, START_NS + NS_PER_S);
    attempt();
    check_returned(1, BLOCK_STORED, 1);
    cr_assert_geq(fake.now_ns, fake.settled_ns);
    cr_assert_eq(fake.table[1], ROWS);
}

Test(write_failures,
    of_blocks_without_an_answer_the_last_goes_back_so_that_there_is_room_for_new_ones)
{
    fake.settled_ns = START_NS + 8 * NS_PER_S;
    plan_insert(SINK_UNKNOWN, true);
    plan_insert(SINK_UNKNOWN, true);
    append(1, 1);
    append(2, 2);
    for (int i = 0; i < 3; i++) {
        attempt();
    }
    check_returned(0, BLOCK_STORED, 2);
    cr_assert(returned[0]->batches[0].is_left_out);
    cr_assert(returned[0]->batches[1].is_left_out);
    cr_assert_eq(counter_get(&counters.rows_left_out), 2 * ROWS);
    append(4, 1);
    attempt();
    check_returned(1, BLOCK_STORED, 4);
    cr_assert_lt(fake.now_ns, START_NS + NS_PER_S);
    attempt();
    check_returned(2, BLOCK_STORED, 1);
    cr_assert_eq(fake.table[1], ROWS);
}

Test(write_failures, a_block_that_is_refused_for_ever_does_not_hold_up_the_others)
{
    fake.rejects = 1;
    append(1, 1);
    for (uint64_t sequence = 2; sequence < 12; sequence++) {
        append(sequence, 1);
        for (int i = 0; i < 20 && fake.table[sequence] == 0; i++) {
            attempt();
        }
        cr_assert_eq(fake.table[sequence], ROWS);
    }
    cr_assert_eq(returned_count, 10);
    cr_assert_lt(fake.insert_count, 30, "the refused one is tried ever more seldom");
}
