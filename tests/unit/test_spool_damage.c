/* SPDX-License-Identifier: BSD-3-Clause -- what a spool loses to damage, and what it does not. */
#include "ingest/publish/spool_record.h"
#include "tests/support/spool_rig.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(spool_damage, .init = start, .fini = stop);

/* Sequences that are to be found. */
struct expected {
    uint64_t sequences[3];
    size_t count;
};

/* Three batches in one segment; the file is changed; what is found then? */
static void check_damage(size_t keep_size, size_t flip_at, struct expected expected)
{
    open_spool();
    for (uint64_t i = 1; i <= 3; i++) {
        (void)append(i);
    }
    spool_close(&spool);
    if (keep_size > 0) {
        int fd = open_segment(1);
        cr_assert_eq(ftruncate(fd, (off_t)keep_size), 0);
        (void)close(fd);
    } else {
        flip_bit(1, flip_at);
    }
    open_spool();
    cr_assert_eq(found.count, expected.count, "cut %zu flip %zu: %zu found", keep_size, flip_at,
        found.count);
    for (size_t i = 0; i < found.count; i++) {
        cr_assert_eq(found.batches[i].sequence, expected.sequences[i]);
        check_payload(&found.batches[i]);
    }
    /* It goes on after the damage. */
    struct window_batch batch = append(100);
    check_payload(&batch);
    open_spool();
    cr_assert_eq(found.count, expected.count + 1);
    cr_assert_eq(found.batches[expected.count].sequence, 100);
    spool_close(&spool);
    for (unsigned number = 1; number <= 4; number++) {
        remove_segment(number);
    }
}

Test(spool_damage, cuts_a_tail_that_is_torn_anywhere)
{
    for (size_t size = HEADER; size < HEADER + 3 * RECORD; size += 13) {
        const struct expected whole_ones = {{1, 2, 3}, (size - HEADER) / RECORD};
        check_damage(size, 0, whole_ones);
    }
}

Test(spool_damage, loses_one_batch_to_a_damaged_byte_be_it_of_the_size)
{
    const struct expected others = {{1, 3}, 2};
    const struct expected last_lost = {{1, 2}, 2};
    for (size_t at = 0; at < RECORD; at++) {
        check_damage(0, HEADER + RECORD + at, others);
        check_damage(0, HEADER + 2 * RECORD + at, last_lost);
    }
}

Test(spool_damage, loses_nothing_to_a_damaged_header)
{
    const struct expected all = {{1, 2, 3}, 3};
    for (size_t at = 0; at < HEADER; at++) {
        check_damage(0, at, all);
    }
}

Test(spool_damage, names_the_batches_behind_a_damaged_header_after_the_segment_beside_it)
{
    for (unsigned damaged = 1; damaged <= 3; damaged++) {
        for (size_t at = 0; at < HEADER; at++) {
            open_spool();
            for (uint64_t i = 1; i <= 20; i++) {
                (void)append(i);
            }
            spool_close(&spool);
            flip_bit(damaged, at);
            fallback_id = INGEST + 1;
            open_spool();
            cr_assert_eq(spool_ingest_id(spool), INGEST);
            cr_assert_eq(spool_last_sequence(spool), 20);
            cr_assert_eq(found.count, 20);
            for (size_t i = 0; i < found.count; i++) {
                cr_assert_eq(found.batches[i].ingest_id, INGEST);
            }
            cr_assert_eq(counter_get(&spool_counters(spool)->damaged), 1);
            open_spool();
            cr_assert_eq(counter_get(&spool_counters(spool)->damaged), 0, "written again");
            spool_close(&spool);
            fallback_id = INGEST;
            for (unsigned number = 1; number <= 4; number++) {
                remove_segment(number);
            }
        }
    }
}

Test(spool_damage, keeps_the_batches_of_an_earlier_identity_under_their_names)
{
    open_spool();
    (void)append(1);
    spool_set_ingest_id(spool, INGEST + 1);
    (void)append(2);
    open_spool();
    cr_assert_eq(found.count, 2);
    cr_assert_eq(found.batches[0].ingest_id, INGEST);
    cr_assert_eq(found.batches[1].ingest_id, INGEST + 1);
    cr_assert_eq(spool_ingest_id(spool), INGEST + 1);
}

Test(spool_damage, knows_the_last_sequence_also_where_it_is_settled)
{
    open_spool();
    struct window_batch batches[4];
    append_many(batches, 3);
    spool_settle(spool, &batches[3]);
    open_spool();
    cr_assert_eq(found.count, 2);
    cr_assert_eq(spool_last_sequence(spool), 3);
}

/* Whole, with its CRC, in the payload of a batch whose size is damaged. */
static void check_forged(uint64_t sequence, bool is_taken)
{
    open_spool();
    (void)append(1000);
    struct window_batch batch = make_batch(1001);
    struct window_batch forged = make_batch(sequence);
    struct spool_content content = {
        .batch = &forged, .payload = zmq_msg_data(&forged.payload), .size = 100};
    uint8_t *payload = zmq_msg_data(&batch.payload);
    spool_record_pack(1, &content, payload + 40);
    memcpy(payload + 40 + 48, content.payload, content.size);
    cr_assert_eq(spool_append(spool, &batch), ERR_OK);
    (void)append(1002);
    spool_close(&spool);
    flip_bit(1, HEADER + RECORD + 8 + 1);
    open_spool();
    cr_assert_eq(found.batches[1].sequence, is_taken ? sequence : 1002);
    spool_close(&spool);
    (void)zmq_msg_close(&batch.payload);
    (void)zmq_msg_close(&forged.payload);
    remove_segment(1);
}

Test(spool_damage, takes_no_record_that_an_exporter_wrote_into_a_payload)
{
    check_forged(7, false);
    check_forged(UINT64_C(1) << 40, false);
    check_forged(1001, true); /* by whoever knows the sequences: else this test could not fail */
}

Test(spool_damage, leaves_a_folder_and_a_link_alone_that_have_the_name_of_a_segment)
{
    char path[128];
    segment_path(1, path);
    cr_assert_eq(mkdir(path, 0700), 0);
    char link[128];
    segment_path(2, link);
    cr_assert_eq(symlink("/dev/null", link), 0);
    open_spool();
    (void)append(1);
    open_spool();
    cr_assert_eq(found.count, 1);
    spool_close(&spool);
    cr_assert_eq(rmdir(path), 0);
}

Test(spool_damage, needs_no_descriptor_once_it_runs)
{
    open_spool();
    spool_look(spool, 1);
    rig_use_up_descriptors();
    struct window_batch batches[25];
    append_many(batches, 24);
    spool_tick(spool, 2000 * UINT64_C(1000000));
    cr_assert_eq(counter_get(&spool_counters(spool)->segments), 1, "the spare one, which grew");
    cr_assert_eq(counter_get(&spool_counters(spool)->is_writable), 1);
    cr_assert_eq(counter_get(&spool_counters(spool)->errors), 0);
    check_payload(&batches[24]);
    rig_give_back_descriptors();
}

Test(spool_damage, of_a_full_disk_is_not_writable_because_a_small_batch_fits)
{
    open_spool();
    (void)append(1);
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){HEADER + RECORD + 300, 1 << 20}), 0);
    struct window_batch large = make_batch(2);
    cr_assert_eq(spool_append(spool, &large), ERR_IO);
    cr_assert_eq(counter_get(&spool_counters(spool)->is_writable), 0);
    (void)zmq_msg_close(&large.payload);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20}), 0);
    (void)append(3);
    cr_assert_eq(counter_get(&spool_counters(spool)->is_writable), 1, "one as large was written");
}

/* What it settled is sent again, and a store asks the table. */
Test(spool_damage, gives_back_what_a_damaged_record_had_settled)
{
    for (size_t at = 0; at < 48 + 16; at++) {
        open_spool();
        struct window_batch first = append(1);
        (void)append(2);
        spool_settle(spool, &first);
        spool_close(&spool);
        flip_bit(1, HEADER + 2 * RECORD + at);
        open_spool();
        cr_assert_eq(found.count, 2, "%zu: %zu found", at, found.count);
        cr_assert_eq(counter_get(&spool_counters(spool)->damaged), 1);
        spool_close(&spool);
        remove_segment(1);
    }
}
