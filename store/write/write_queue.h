/*
 * write_queue.h -- the blocks that the writer has taken and not given back.
 *
 * A block that may be in the table waits for a moment at which that can be told, and the others go
 * on meanwhile. The writer's thread. Rows are counted as they come and go: in = where they went +
 * waiting.
 */
#pragma once

#include "store/columns/block.h"
#include "store/write/failure_streak.h"
#include "store/write/write_counters.h"

enum {
    WRITE_QUEUE_MAX = 64 /* the puller's limit on blocks under way is far lower */
};

struct waiting_block {
    struct block *block;
    uint64_t due_ns;   /* no attempt before (monotonic); 0: at once */
    bool was_rejected; /* by the last INSERT: the next refusal counts */
    struct failure_streak streak;
};

/* Empty when all but `counters` is zero. */
struct write_queue {
    struct write_counters *counters; /* borrowed */
    struct waiting_block waiting[WRITE_QUEUE_MAX];
    size_t count;
};

/* Takes the block. The queue must have room. */
void write_queue_append(struct write_queue *queue, struct block *block);

/* The block that has been due for longest, the oldest of equals. Lent until it is taken; NULL:
 * none is due. */
struct waiting_block *write_queue_due(struct write_queue *queue, uint64_t now_ns);

/* When the first block is due. The queue must not be empty. */
uint64_t write_queue_due_ns(const struct write_queue *queue);

/* Blocks that wait for their moment. */
size_t write_queue_deferred(const struct write_queue *queue, uint64_t now_ns);

/* True when an INSERT of one of the blocks has failed, and none of that block has passed since. */
bool write_queue_has_failed(const struct write_queue *queue);

/* Gives the block to the caller; `kept` counts the rows that were not removed from it. */
struct block *write_queue_take(
    struct write_queue *queue, struct waiting_block *waiting, struct counter *kept);
