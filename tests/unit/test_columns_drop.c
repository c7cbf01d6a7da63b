/* SPDX-License-Identifier: BSD-3-Clause -- rows of a batch taken out of a block again. */
#include "common/flow_codec.h"
#include "store/columns/block.h"
#include "tests/support/random_flow.h"

#include <criterion/criterion.h>

enum {
    MAX_ROWS = 500,
    BATCHES = 4,
    ROWS_OF_BATCH = 50
};

static uint8_t payload[ROWS_OF_BATCH * 8192];

/* Batch n is always the same; its rows grow with n. */
static void append_batch(struct block *block, uint64_t n)
{
    struct random random = {.state = n};
    struct flow_packer packer = {0};
    uint32_t rows = ROWS_OF_BATCH - (uint32_t)n;
    size_t size = 0;
    for (uint32_t i = 0; i < rows; i++) {
        static struct flow flow;
        random_flow(&random, &flow, n == 1 ? 90 : 20);
        size += flow_pack(&packer, &flow, payload + size);
    }
    struct row_identity identity = {.ingest_id = 7, .sequence = n};
    block->batches[block->batch_count++] = (struct block_batch){
        .identity = identity, .first_row = columns_rows(block->columns), .row_count = rows};
    cr_assert_eq(columns_append(block->columns, cursor_of(payload, size), rows, &identity), ERR_OK);
}

static struct block *block_of(const uint64_t *batches, size_t count)
{
    struct block *block;
    cr_assert_eq(block_new(&block, MAX_ROWS), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        append_batch(block, batches[i]);
    }
    return block;
}

static void check_field(const struct columns *a, const struct columns *b, enum flow_field field)
{
    const char *name = FLOW_FIELDS[field].name;
    uint32_t rows = columns_rows(a);
    if (!columns_has(b, field)) { /* a column may know only rows that are gone by now */
        return;
    }
    cr_assert(columns_has(a, field), "%s", name);
    const uint64_t *ends = columns_list_ends(a, field);
    size_t values = rows;
    if (ends != NULL) {
        cr_assert_arr_eq(ends, columns_list_ends(b, field), rows * sizeof *ends, "%s", name);
        values = ends[rows - 1];
    }
    cr_assert_arr_eq(columns_values(a, field), columns_values(b, field),
        values * FLOW_FIELDS[field].size_bytes, "%s", name);
}

static void check_equal(const struct columns *a, const struct columns *b)
{
    cr_assert_eq(columns_rows(a), columns_rows(b));
    size_t a_runs;
    size_t b_runs;
    const struct identity_run *a_identities = columns_identities(a, &a_runs);
    const struct identity_run *b_identities = columns_identities(b, &b_runs);
    cr_assert_eq(a_runs, b_runs);
    for (size_t i = 0; i < a_runs; i++) {
        cr_assert_eq(a_identities[i].identity.sequence, b_identities[i].identity.sequence);
        cr_assert_eq(a_identities[i].row_count, b_identities[i].row_count);
    }
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        check_field(a, b, (enum flow_field)field);
    }
}

Test(columns_drop, leaves_what_there_would_be_without_the_batch)
{
    static const uint64_t ALL[BATCHES] = {0, 1, 2, 3};
    for (size_t dropped = 0; dropped < BATCHES; dropped++) {
        uint64_t others[BATCHES];
        size_t count = 0;
        for (size_t i = 0; i < BATCHES; i++) {
            if (i != dropped) {
                others[count++] = ALL[i];
            }
        }
        struct block *whole = block_of(ALL, BATCHES);
        struct block *expected = block_of(others, count);
        block_remove(whole, dropped);
        check_equal(whole->columns, expected->columns);
        cr_assert(whole->batches[dropped].is_removed);
        block_destroy(&whole);
        block_destroy(&expected);
    }
}

Test(columns_drop, empties_a_block_in_any_order)
{
    static const uint64_t ALL[BATCHES] = {0, 1, 2, 3};
    static const size_t ORDER[BATCHES] = {2, 0, 3, 1};
    struct block *block = block_of(ALL, BATCHES);
    for (size_t i = 0; i < BATCHES; i++) {
        block_remove(block, ORDER[i]);
    }
    cr_assert_eq(columns_rows(block->columns), 0);
    cr_assert_eq(columns_bytes(block->columns), 0);
    block_destroy(&block);
}

Test(columns_drop, leaves_room_for_more)
{
    static const uint64_t TWO[] = {0, 1};
    static const uint64_t AFTER[] = {1, 2};
    struct block *block = block_of(TWO, 2);
    struct block *expected = block_of(AFTER, 2);
    block_remove(block, 0);
    append_batch(block, 2);
    check_equal(block->columns, expected->columns);
    block_destroy(&block);
    block_destroy(&expected);
}
