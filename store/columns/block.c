/* SPDX-License-Identifier: BSD-3-Clause -- blocks: columns and the batches they came from. */
#include "store/columns/block.h"

#include <stdlib.h>

enum {
    FIRST_BATCH_ROOM = 1024 /* the puller enlarges it for blocks of many small batches */
};

enum err block_new(struct block **block_p, uint32_t max_rows)
{
    *block_p = NULL;
    struct block *block = calloc(1, sizeof *block);
    if (block == NULL) {
        return ERR_MEMORY;
    }
    block->batches = calloc(FIRST_BATCH_ROOM, sizeof *block->batches);
    block->batch_room = FIRST_BATCH_ROOM;
    if (block->batches == NULL || columns_new(&block->columns, max_rows) != ERR_OK) {
        block_destroy(&block);
        return ERR_MEMORY;
    }
    *block_p = block;
    return ERR_OK;
}

void block_destroy(struct block **block_p)
{
    struct block *block = *block_p;
    if (block != NULL) {
        columns_destroy(&block->columns);
        free(block->batches);
        free(block);
        *block_p = NULL;
    }
}

void block_reset(struct block *block)
{
    columns_reset(block->columns);
    block->batch_count = 0;
    block->day = 0;
    block->opened_ns = 0;
    block->outcome = BLOCK_PENDING;
}

void block_remove(struct block *block, size_t batch)
{
    struct block_batch *removed = &block->batches[batch];
    columns_drop(block->columns, removed->first_row, removed->row_count);
    removed->is_removed = true;
    for (size_t i = batch + 1; i < block->batch_count; i++) {
        block->batches[i].first_row -= block->batches[i].is_removed ? 0 : removed->row_count;
    }
}
