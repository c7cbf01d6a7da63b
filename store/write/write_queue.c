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
        rows += sum_rows(queue->waiting[i].block).brought;
    }
    counter_set(&queue->counters->rows_waiting, rows);
    counter_set(&queue->counters->blocks_waiting, queue->count);
}

void write_queue_append(struct write_queue *queue, struct block *block)
{
    assert(queue->count < WRITE_QUEUE_MAX);
    queue->waiting[queue->count++] = (struct waiting_block){.block = block};
    counter_add(&queue->counters->rows_in, sum_rows(block).brought);
    show_waiting(queue);
}

struct waiting_block *write_queue_due(struct write_queue *queue, uint64_t now_ns)
{
    struct waiting_block *first = NULL;
    for (size_t i = 0; i < queue->count; i++) {
        struct waiting_block *waiting = &queue->waiting[i];
        if (waiting->due_ns <= now_ns && (first == NULL || waiting->due_ns < first->due_ns)) {
            first = waiting;
        }
    }
    return first;
}

uint64_t write_queue_due_ns(const struct write_queue *queue)
{
    assert(queue->count > 0);
    uint64_t due_ns = UINT64_MAX;
    for (size_t i = 0; i < queue->count; i++) {
        due_ns = queue->waiting[i].due_ns < due_ns ? queue->waiting[i].due_ns : due_ns;
    }
    return due_ns;
}

size_t write_queue_deferred(const struct write_queue *queue, uint64_t now_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->count; i++) {
        count += queue->waiting[i].due_ns > now_ns;
    }
    return count;
}

bool write_queue_has_failed(const struct write_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->waiting[i].was_rejected || queue->waiting[i].streak.doubtful > 0) {
            return true;
        }
    }
    return false;
}

struct block *write_queue_take(
    struct write_queue *queue, struct waiting_block *waiting, struct counter *kept)
{
    size_t index = (size_t)(waiting - queue->waiting);
    assert(index < queue->count);
    struct block *block = waiting->block;
    queue->count--;
    for (size_t i = index; i < queue->count; i++) {
        queue->waiting[i] = queue->waiting[i + 1];
    }
    show_waiting(queue);
    struct row_sums sums = sum_rows(block);
    counter_add(kept, sums.brought - sums.removed);
    counter_add(&queue->counters->rows_stored, sums.inserted);
    counter_add(&queue->counters->rows_left_out, sums.removed - sums.inserted);
    return block;
}
