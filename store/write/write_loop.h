/*
 * write_loop.h -- what the writer does with a block until the database has it.
 *
 *        +--------------- REJECT, first time: the schema may have changed
 *        v                                                              |
 *     prepare --DONE--> insert the next block --DONE--> STORED, back to the puller
 *      |   ^              |    |   |
 *      +---+              |    |   +-- REJECT again, SUSPECT several times --> dead-letter folder,
 *     backoff <-----------+    |                                               REJECTED, back
 *              RETRY, UNKNOWN  +-- TOO_LARGE --> its first batches alone, then the rest
 *
 * A block whose INSERT has no answer waits until nothing of that INSERT can begin any more. Other
 * blocks go on meanwhile: a database that comes back gets new rows at once.
 *
 * Each kind of rows has a table of its own, prepared before its first block.
 *
 * Internal to store/write. A step function without threads and sockets: write_thread.c passes
 * blocks and the time in, tests/unit/test_write_loop.c does the same with a database of its own.
 * The loop gives up only when a stop runs out of time.
 */
#pragma once

#include "store/write/deadletter.h"
#include "store/write/insert_limit.h"
#include "store/write/outage.h"
#include "store/write/write_counters.h"
#include "store/write/write_queue.h"
#include "store/write/write_sink.h"

struct mapping;

struct write_loop_options {
    struct write_sink sink;
    struct deadletter *deadletter;   /* borrowed; NULL: rejected blocks are tried again */
    struct write_counters *counters; /* borrowed */
    /* Takes a block whose outcome is set. */
    void (*give_back)(void *context, struct block *block);
    void *context;
    uint32_t blocks_max; /* that the puller hands over before it gets one back */
    uint32_t retry_min_ms;
    uint32_t retry_max_ms;
    uint32_t stop_timeout_ms;
};

struct write_loop {
    struct write_loop_options options;
    struct write_queue queue;
    bool is_prepared[RECORD_KIND_COUNT];
    bool was_given_up[RECORD_KIND_COUNT]; /* said in the log */
    struct outage outage;
    uint32_t silent_inserts; /* in a row without an answer */
    struct insert_limit limit;
    bool is_behind; /* said in the log: no replica could tell which batches are there */
    bool is_stopping;
    uint64_t stop_ns;        /* no attempt after */
    struct mapping *mapping; /* columns for elements; owned, or NULL */
};

void write_loop_init(struct write_loop *loop, const struct write_loop_options *options);
/* Drops and counts the blocks that could not be written in time. */
void write_loop_clear(struct write_loop *loop);

bool write_loop_has_room(const struct write_loop *loop);
/* Takes the block. The loop must have room. */
void write_loop_append(struct write_loop *loop, struct block *block);

/* From the next block on these elements have columns of their own. Takes the mapping, or NULL. */
void write_loop_use_mapping(struct write_loop *loop, struct mapping *mapping);

/* One statement, when one is due: it prepares a table, or inserts a block. */
void write_loop_attempt(struct write_loop *loop, uint64_t now_ns);

/* Milliseconds until an attempt is due; -1: never, unless a block comes. */
int write_loop_wait_ms(const struct write_loop *loop, uint64_t now_ns);

/* From now on the loop ends when it has no block, or when its time is over. */
void write_loop_stop(struct write_loop *loop, uint64_t now_ns);
bool write_loop_is_over(const struct write_loop *loop, uint64_t now_ns);
