/* SPDX-License-Identifier: BSD-3-Clause -- what the spool keeps, through restarts. */
#include "tests/support/spool_rig.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(spool, .init = start, .fini = stop);

Test(spool, refuses_a_folder_that_another_has)
{
    open_spool();
    struct spool_options options = {.folder = folder, .max_bytes = 1, .segment_bytes = 1};
    struct spool *second = NULL;
    cr_assert_eq(spool_open(&second, &options, keep, NULL), ERR_IN_USE);
    cr_assert_null(second);
}

Test(spool, refuses_the_batches_of_another_ingest)
{
    open_spool();
    (void)append(1);
    spool_close(&spool);
    struct spool_options options = {
        .folder = folder, .ingest_id = INGEST + 1, .max_bytes = 1 << 20, .segment_bytes = SEGMENT};
    cr_assert_eq(spool_open(&spool, &options, keep, NULL), ERR_INVALID);
}

Test(spool, refuses_more_than_its_limit)
{
    open_spool();
    struct window_batch batch = make_batch(1);
    while (spool_append(spool, &batch) == ERR_OK) {
        batch.sequence++;
        cr_assert_lt(batch.sequence, 1000);
    }
    cr_assert_eq(spool_append(spool, &batch), ERR_FULL);
    cr_assert_leq(counter_get(&spool_counters(spool)->bytes), 16 * SEGMENT);
    (void)zmq_msg_close(&batch.payload);
}

Test(spool, keeps_order_and_content_across_restart)
{
    open_spool();
    cr_assert_eq(found.count, 0);
    for (uint64_t i = 1; i <= 30; i++) {
        (void)append(i * 5);
    }
    open_spool();
    cr_assert_eq(spool_ingest_id(spool), INGEST);
    cr_assert_eq(found.count, 30);
    for (uint64_t i = 0; i < 30; i++) {
        const struct window_batch *batch = &found.batches[i];
        cr_assert_eq(batch->sequence, (i + 1) * 5);
        cr_assert_eq(batch->created_ms, (i + 1) * 15);
        cr_assert_eq(batch->flow_count, 10);
        cr_assert_eq(batch->payload_size, PAYLOAD);
        cr_assert_eq(batch->day, 19000);
        check_payload(batch);
    }
}

Test(spool, does_not_give_back_what_is_settled)
{
    open_spool();
    struct window_batch batches[31];
    append_many(batches, 30);
    for (uint64_t i = 1; i <= 30; i++) {
        if (i != 12 && i != 13 && i != 29) {
            spool_settle(spool, &batches[i]);
        }
    }
    open_spool();
    cr_assert_eq(found.count, 3);
    cr_assert_eq(found.batches[0].sequence, 12);
    cr_assert_eq(found.batches[1].sequence, 13);
    cr_assert_eq(found.batches[2].sequence, 29);
    check_payload(&found.batches[1]);
}

Test(spool, unlinks_segments_whose_batches_are_settled)
{
    open_spool();
    struct window_batch batches[31];
    append_many(batches, 30);
    cr_assert_gt(counter_get(&spool_counters(spool)->segments), 3);
    for (uint64_t i = 30; i >= 1; i--) {
        spool_settle(spool, &batches[i]);
    }
    cr_assert_leq(counter_get(&spool_counters(spool)->segments), 1);
    cr_assert_leq(counter_get(&spool_counters(spool)->bytes), SEGMENT + PAYLOAD + 100);
    (void)append(31);
    open_spool();
    cr_assert_eq(found.count, 1);
    cr_assert_eq(found.batches[0].sequence, 31);
}

static ino_t inode_of(unsigned number)
{
    char path[128];
    segment_path(number, path);
    struct stat status;
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* Two segments full, the first of them settled, and two batches in the third: 9 to 18 are left. */
static void write_a_file_anew(uint8_t third_record[8])
{
    open_spool();
    struct window_batch batches[9];
    append_many(batches, 8);
    ino_t first = inode_of(1);
    int fd = open_segment(1);
    cr_assert_eq(pread(fd, third_record, 8, HEADER + 2 * RECORD), 8);
    (void)close(fd);
    (void)append(9);
    for (uint64_t i = 1; i <= 8; i++) {
        spool_settle(spool, &batches[i]);
    }
    cr_assert_eq(inode_of(1), 0);
    for (uint64_t i = 10; i <= 18; i++) {
        (void)append(i);
    }
    cr_assert_eq(inode_of(3), first, "the third segment is in another file");
    spool_close(&spool);
}

static void check_nine_to_eighteen(uint64_t damaged)
{
    open_spool();
    cr_assert_eq(found.count, 10);
    for (uint64_t i = 0; i < 10; i++) {
        cr_assert_eq(found.batches[i].sequence, 9 + i);
        check_payload(&found.batches[i]);
    }
    cr_assert_eq(counter_get(&spool_counters(spool)->damaged), damaged);
    spool_close(&spool);
}

Test(spool, writes_the_file_of_a_settled_segment_anew)
{
    uint8_t third_record[8];
    write_a_file_anew(third_record);
    check_nine_to_eighteen(0);
    check_nine_to_eighteen(0);
}

Test(spool, gives_back_nothing_of_the_segment_that_was_in_the_file_before)
{
    uint8_t third_record[8];
    write_a_file_anew(third_record);
    /* The disk never got the end mark: what follows is the old segment's record, whole. */
    int fd = open_segment(3);
    cr_assert_eq(pwrite(fd, third_record, 8, HEADER + 2 * RECORD), 8);
    (void)close(fd);
    check_nine_to_eighteen(1);
}

Test(spool, leaves_no_spare_file_behind)
{
    char spare[128];
    (void)snprintf(spare, sizeof spare, "%s/spare", folder);
    cr_assert_eq(close(creat(spare, 0600)), 0);
    open_spool();
    cr_assert_neq(access(spare, F_OK), 0, "of a process that was killed");
    struct window_batch batches[10];
    append_many(batches, 9);
    for (uint64_t i = 1; i <= 9; i++) {
        spool_settle(spool, &batches[i]);
    }
    cr_assert_eq(access(spare, F_OK), 0);
    spool_close(&spool);
    cr_assert_neq(access(spare, F_OK), 0);
}

Test(spool, leaves_a_file_alone_that_is_no_segment)
{
    char path[128];
    segment_path(1, path);
    FILE *file = fopen(path, "w");
    (void)fputs("this is not a segment, but it has the name of one", file);
    (void)fclose(file);
    open_spool();
    cr_assert_eq(found.count, 0);
    (void)append(1);
    open_spool();
    cr_assert_eq(found.count, 1);
    spool_close(&spool);
    cr_assert_eq(access(path, F_OK), 0);
}

Test(spool, finds_damage_when_it_reads_back)
{
    open_spool();
    struct window_batch batch = append(1);
    int fd = open_segment(1);
    cr_assert_eq(pwrite(fd, "x", 1, HEADER + 100), 1);
    (void)close(fd);
    zmq_msg_t payload;
    cr_assert_eq(spool_read(spool, &batch, &payload), ERR_CORRUPT);
    cr_assert_eq(counter_get(&spool_counters(spool)->damaged), 1);
}

Test(spool, a_disk_that_is_full_is_a_state_not_an_end)
{
    open_spool();
    (void)append(1);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {.rlim_cur = HEADER + RECORD + 100, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct window_batch batch = make_batch(2);
    cr_assert_eq(spool_append(spool, &batch), ERR_IO);
    cr_assert_eq(batch.place.segment, 0);
    cr_assert_eq(counter_get(&spool_counters(spool)->is_writable), 0);
    (void)zmq_msg_close(&batch.payload);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    (void)append(3);
    cr_assert_eq(counter_get(&spool_counters(spool)->is_writable), 1);
    open_spool();
    cr_assert_eq(counter_get(&spool_counters(spool)->damaged), 0);
    cr_assert_eq(found.count, 2);
    cr_assert_eq(found.batches[0].sequence, 1);
    cr_assert_eq(found.batches[1].sequence, 3);
}

Test(spool, gives_batches_in_order_that_were_written_late)
{
    open_spool();
    (void)append(2);
    struct window_batch stored = append(4);
    (void)append(5);
    (void)append(1);
    (void)append(3);
    (void)append(3);
    spool_settle(spool, &stored);
    open_spool();
    cr_assert_eq(found.count, 4);
    cr_assert_eq(found.batches[0].sequence, 1);
    cr_assert_eq(found.batches[1].sequence, 2);
    cr_assert_eq(found.batches[2].sequence, 3);
    cr_assert_eq(found.batches[3].sequence, 5);
}

/* Else a killed process would send everything again that its last segment holds. */
Test(spool, writes_down_what_is_settled_while_it_runs)
{
    open_spool();
    struct window_batch first = append(1);
    (void)append(2);
    spool_settle(spool, &first);
    uint64_t before = counter_get(&spool_counters(spool)->bytes);
    spool_tick(spool, UINT64_C(10000000000));
    cr_assert_gt(counter_get(&spool_counters(spool)->bytes), before);
}
