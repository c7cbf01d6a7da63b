/* SPDX-License-Identifier: BSD-3-Clause -- what of a block goes in when all of it came late. */
#include "store/write/admit.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum {
    ROWS = 10, /* a batch */
    BATCHES_MAX = 8,
    DAY = 19700
};

/* Numbered from 1, by sequence and by flow. */
static struct block *block_of(uint32_t batches)
{
    struct block *block = NULL;
    cr_assert_eq(block_new(&block, BATCHES_MAX * ROWS), ERR_OK);
    block->batches = calloc(BATCHES_MAX, sizeof *block->batches);
    for (uint32_t i = 0; i < batches; i++) {
        struct batch *batch = rig_batch(1 + (uint64_t)i * ROWS, ROWS, DAY);
        struct row_identity identity = {.ingest_id = 1, .sequence = i + 1};
        cr_assert_eq(
            block_append(block, cursor_of(batch->bytes, batch->size), ROWS, &identity), ERR_OK);
        block->batches[block->batch_count++] =
            (struct block_batch){.identity = identity, .first_row = i * ROWS, .row_count = ROWS};
        batch_destroy(&batch);
    }
    return block;
}

Test(admit, one_batch_cannot_be_halved)
{
    struct block *block = block_of(1);
    cr_assert_not(admit_halve(block));
    cr_assert_eq(block_rows(block), ROWS);
    cr_assert_not(block->batches[0].is_left_out);
    block_destroy(&block);
}

Test(admit, the_newer_half_goes_back)
{
    struct block *block = block_of(5);
    cr_assert(admit_halve(block));
    cr_assert_eq(block_rows(block), 2 * ROWS);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(block->batches[i].is_left_out, i >= 2, "batch %u", i);
    }
    const uint64_t *numbers = columns_values(block->columns, FLOW_BYTES);
    cr_assert_eq(numbers[2 * ROWS - 1], 2 * ROWS);
    block_destroy(&block);
}

Test(admit, halves_again_until_one_is_left)
{
    struct block *block = block_of(BATCHES_MAX);
    int halvings = 0;
    while (admit_halve(block)) {
        halvings++;
    }
    cr_assert_eq(halvings, 3);
    cr_assert_eq(block_rows(block), ROWS);
    cr_assert_not(block->batches[0].is_left_out);
    block_destroy(&block);
}
