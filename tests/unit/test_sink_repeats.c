/* SPDX-License-Identifier: BSD-3-Clause -- asking the table which batches it has. */
#include "store/sink/sink_repeats.h"

#include <criterion/criterion.h>

static struct block *block;
static struct buffer out;

static void set_up(void)
{
    cr_assert_eq(block_new(&block, 100), ERR_OK);
}

static void tear_down(void)
{
    block_destroy(&block);
    buffer_clear(&out);
}

TestSuite(sink_repeats, .init = set_up, .fini = tear_down);

static void add(uint64_t ingest_id, uint64_t sequence, uint32_t attempt)
{
    block->batches[block->batch_count++] =
        (struct block_batch){.identity = {ingest_id, sequence}, .row_count = 1, .attempt = attempt};
}

Test(sink_repeats, asks_nothing_about_new_batches)
{
    add(1, 10, 0);
    add(1, 11, 0);
    cr_assert_not(sink_repeats_question(&out, "t", block));
    cr_assert_eq(out.size, 0);
}

Test(sink_repeats, asks_nothing_about_removed_batches)
{
    add(1, 10, 2);
    block->batches[0].is_removed = true;
    cr_assert_not(sink_repeats_question(&out, "t", block));
}

Test(sink_repeats, asks_for_a_range_of_each_ingest)
{
    add(1, 12, 1);
    add(18446744073709551615u, 3, 1);
    add(1, 10, 2);
    add(1, 99, 0);
    cr_assert(sink_repeats_question(&out, "`d`.`t`", block));
    cr_assert_str_eq(buffer_text(&out),
        "SELECT IngestID, BatchSequence, count() FROM `d`.`t` WHERE "
        "((IngestID = 1 AND BatchSequence >= 10 AND BatchSequence <= 12) OR "
        "(IngestID = 18446744073709551615 AND BatchSequence >= 3 AND BatchSequence <= 3)) GROUP BY "
        "IngestID, BatchSequence");
}

Test(sink_repeats, counts_only_batches_that_were_asked_about)
{
    add(1, 10, 1);
    add(1, 11, 0);
    add(2, 10, 1);
    add(1, 12, 1);
    uint64_t rows[4] = {0};
    sink_repeats_answer("1\t12\t7\n1\t11\t1\n1\t10\t3\n7\t7\t7\n", false, block, rows);
    cr_assert_eq(rows[0], 3);
    cr_assert_eq(rows[1], 0, "it is new: whatever the table says, it is another one");
    cr_assert_eq(rows[2], 0);
    cr_assert_eq(rows[3], 7);
}

Test(sink_repeats, believes_the_server_that_has_the_most)
{
    add(1, 10, 1);
    uint64_t rows[1] = {0};
    sink_repeats_answer("1\t10\t5\n1\t10\t3\n", false, block, rows);
    cr_assert_eq(rows[0], 5);
}

Test(sink_repeats, adds_up_what_shards_have)
{
    add(1, 10, 1);
    uint64_t rows[1] = {0};
    sink_repeats_answer("1\t10\t5\n1\t10\t3\n", true, block, rows);
    cr_assert_eq(rows[0], 8);
}

Test(sink_repeats, survives_an_answer_that_makes_no_sense)
{
    add(1, 10, 1);
    uint64_t rows[1] = {0};
    sink_repeats_answer("", false, block, rows);
    sink_repeats_answer("x", false, block, rows);
    sink_repeats_answer("\n\n1", false, block, rows);
    sink_repeats_answer("Code: 1", false, block, rows);
    cr_assert_eq(rows[0], 0);
}
