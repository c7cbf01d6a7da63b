/* SPDX-License-Identifier: BSD-3-Clause -- blocks that wait for the database. */
#include "store/write/write_queue.h"

#include <assert.h>

/* All rows that came with a block; those removed from it since; those removed as they went in. */
struct row_sums {
    uint64_t brought;
    uint64_t removed;
    uint64_t inserted;
};

static struct row_sums sum_rows(const struct block *block)
{
    struct row_sums sums = {0};
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct block_batch *batch = &block->batches[i];
        sums.brought += batch->row_count;
        sums.removed += batch->is_removed ? batch->row_count : 0;
        sums.inserted += batch->is_inserted ? batch->row_count : 0;
    }
    return sums;
}

static void show_waiting(const struct write_queue *queue)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < queue->count; i++) {
        rows += sum_rows(queue->blocks[i]).brought;
    }
    counter_set(&queue->counters->rows_waiting, rows);
    counter_set(&queue->counters->blocks_waiting, queue->count);
}

void write_queue_append(struct write_queue *queue, struct block *block)
{
    assert(queue->count < WRITE_QUEUE_MAX);
    queue->blocks[queue->count++] = block;
    counter_add(&queue->counters->rows_in, sum_rows(block).brought);
    show_waiting(queue);
}

struct block *write_queue_take(struct write_queue *queue, struct counter *kept)
{
    assert(queue->count > 0);
    struct block *block = queue->blocks[0];
    queue->count--;
    for (size_t i = 0; i < queue->count; i++) {
        queue->blocks[i] = queue->blocks[i + 1];
    }
    show_waiting(queue);
    struct row_sums sums = sum_rows(block);
    counter_add(kept, sums.brought - sums.removed);
    counter_add(&queue->counters->rows_stored, sums.inserted);
    counter_add(&queue->counters->rows_left_out, sums.removed - sums.inserted);
    return block;
}
