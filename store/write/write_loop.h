/*
 * write_loop.h -- the writer's thread: what it does with a block until the database has it.
 *
 *        +--------------- REJECT, first time: the schema may have changed
 *        v                                                              |
 *     prepare --DONE--> insert the oldest block --DONE--> STORED, back to the puller
 *      |   ^              |        |
 *      +---+              |        +-- REJECT again --> dead-letter folder, REJECTED, back
 *     backoff <-----------+ RETRY, UNKNOWN
 *
 * Each kind of rows has a table of its own, prepared before its first block.
 *
 * Internal to store/write. Nothing here gives up but a stop that ran out of time.
 */
#pragma once

#include "store/write/deadletter.h"
#include "store/write/write.h"
#include "store/write/write_counters.h"

/* What the actor gets; borrowed, but for the mapping. */
struct write_loop_options {
    struct sink *sink;
    struct deadletter *deadletter; /* NULL: rejected blocks are kept and retried */
    struct write_counters *counters;
    zsock_t *blocks; /* the writer's end of the PAIR to the puller */
    uint32_t retry_min_ms;
    uint32_t retry_max_ms;
    uint32_t stop_timeout_ms;
    struct mapping *mapping; /* at the start; NULL: none */
};

/* A zactor_fn; `options` is a struct write_loop_options that outlives the actor. */
void write_loop_run(zsock_t *pipe, void *options);
