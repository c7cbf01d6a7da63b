/*
 * write_queue.h -- the blocks that the writer has taken and not given back, oldest first.
 *
 * The writer's thread. Rows are counted as they come and go: in = where they went + waiting.
 */
#pragma once

#include "store/columns/block.h"
#include "store/write/write_counters.h"

enum {
    WRITE_QUEUE_MAX = 64 /* the puller's limit on blocks under way is far lower */
};

/* Empty when all but `counters` is zero. */
struct write_queue {
    struct write_counters *counters; /* borrowed */
    struct block *blocks[WRITE_QUEUE_MAX];
    size_t count;
};

/* Takes the block. The queue must have room. */
void write_queue_append(struct write_queue *queue, struct block *block);

/* Gives the oldest block to the caller; `kept` counts the rows that were not removed from it. */
struct block *write_queue_take(struct write_queue *queue, struct counter *kept);
