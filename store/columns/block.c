/* SPDX-License-Identifier: BSD-3-Clause -- blocks: rows and the batches they came from. */
#include "store/columns/block.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_BATCH_ROOM = 1024 /* the puller enlarges it for blocks of many small batches */
};

/* Without a place for rows. */
static struct block *block_empty(enum record_kind kind)
{
    struct block *block = calloc(1, sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    block->kind = kind;
    block->batches = calloc(FIRST_BATCH_ROOM, sizeof *block->batches);
    block->batch_room = FIRST_BATCH_ROOM;
    if (block->batches == NULL) {
        block_destroy(&block);
    }
    return block;
}

static enum err finish_new(struct block **block_p, struct block *block, enum err err)
{
    if (err != ERR_OK) {
        block_destroy(&block);
    }
    *block_p = block;
    return err;
}

enum err block_new(struct block **block_p, uint32_t max_rows)
{
    struct block *block = block_empty(RECORD_FLOWS);
    return finish_new(
        block_p, block, block != NULL ? columns_new(&block->columns, max_rows) : ERR_MEMORY);
}

enum err block_new_records(struct block **block_p, enum record_kind kind)
{
    struct block *block = block_empty(kind);
    return finish_new(
        block_p, block, block != NULL ? record_rows_new(&block->records, kind) : ERR_MEMORY);
}

void block_destroy(struct block **block_p)
{
    struct block *block = *block_p;
    if (block != NULL) {
        columns_destroy(&block->columns);
        record_rows_destroy(&block->records);
        free(block->batches);
        free(block);
        *block_p = NULL;
    }
}

void block_reset(struct block *block)
{
    if (block->columns != NULL) {
        columns_reset(block->columns);
    } else {
        record_rows_reset(block->records);
    }
    block->batch_count = 0;
    block->day = 0;
    block->opened_ns = 0;
    block->outcome = BLOCK_PENDING;
    block->late_rows = 0;
}

enum err block_append(struct block *block, struct cursor payload, uint32_t row_count,
    const struct row_identity *identity)
{
    return block->columns != NULL
               ? columns_append(block->columns, payload, row_count, identity)
               : record_rows_append(block->records, payload, row_count, identity);
}

uint32_t block_rows(const struct block *block)
{
    return block->columns != NULL ? columns_rows(block->columns)
                                  : record_rows_count(block->records);
}

size_t block_bytes(const struct block *block)
{
    return block->columns != NULL ? columns_bytes(block->columns)
                                  : record_rows_bytes(block->records);
}

void block_remove(struct block *block, size_t batch)
{
    struct block_batch *removed = &block->batches[batch];
    if (block->columns != NULL) {
        columns_drop(block->columns, removed->first_row, removed->row_count);
    } else {
        record_rows_drop(block->records, &removed->identity);
    }
    removed->is_removed = true;
    for (size_t i = batch + 1; i < block->batch_count; i++) {
        block->batches[i].first_row -= block->batches[i].is_removed ? 0 : removed->row_count;
    }
}

static bool has_rows(const struct block_batch *batch)
{
    return !batch->is_removed && batch->row_count > 0;
}

/* How many of the batches with rows have at most `max_rows` together; one at least. */
static size_t batches_within(const struct block *block, uint32_t max_rows)
{
    size_t count = 0;
    uint64_t rows = 0;
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct block_batch *batch = &block->batches[i];
        rows += has_rows(batch) ? batch->row_count : 0;
        if (count > 0 && rows > max_rows) {
            return count;
        }
        count += has_rows(batch);
    }
    return count;
}

void block_show_first(struct block *block, uint32_t max_rows)
{
    size_t shown = batches_within(block, max_rows);
    if (block->columns != NULL) {
        columns_show_first(block->columns, shown);
    } else {
        record_rows_show_first(block->records, shown);
    }
}

void block_show_all(struct block *block)
{
    if (block->columns != NULL) {
        columns_show_all(block->columns);
    } else {
        record_rows_show_all(block->records);
    }
}

void block_remove_inserted(struct block *block, uint32_t rows)
{
    for (size_t i = 0; rows > 0; i++) {
        struct block_batch *batch = &block->batches[i];
        if (!has_rows(batch)) {
            continue;
        }
        rows -= batch->row_count;
        batch->is_inserted = true;
        block_remove(block, i);
    }
}
