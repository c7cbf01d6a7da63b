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
        "SELECT DISTINCT IngestID, BatchSequence FROM `d`.`t` WHERE "
        "((IngestID = 1 AND BatchSequence >= 10 AND BatchSequence <= 12) OR "
        "(IngestID = 18446744073709551615 AND BatchSequence >= 3 AND BatchSequence <= 3))");
}

Test(sink_repeats, marks_only_batches_that_were_asked_about)
{
    add(1, 10, 1);
    add(1, 11, 0);
    add(2, 10, 1);
    add(1, 12, 1);
    bool is_found[4] = {false};
    sink_repeats_answer("1\t12\n1\t11\n1\t10\n7\t7\n", block, is_found);
    cr_assert(is_found[0]);
    cr_assert_not(is_found[1], "it is new: whatever the table says, it is another one");
    cr_assert_not(is_found[2]);
    cr_assert(is_found[3]);
}

Test(sink_repeats, survives_an_answer_that_makes_no_sense)
{
    add(1, 10, 1);
    bool is_found[1] = {false};
    sink_repeats_answer("", block, is_found);
    sink_repeats_answer("x", block, is_found);
    sink_repeats_answer("\n\n1", block, is_found);
    sink_repeats_answer("Code: 1", block, is_found);
    cr_assert_not(is_found[0]);
}
