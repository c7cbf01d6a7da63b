/*
 * write_rig.h -- a writer's loop on a fake database, for tests of store/write.
 *
 * Functions and state of the test program that includes it: TestSuite(x, .init = start, .fini =
 * finish). Each attempt checks that no row is counted twice or not at all.
 */
#pragma once

#include "common/clock.h"
#include "store/write/write_loop.h"
#include "tests/support/fake_sink.h"
#include "tests/support/numbered_block.h"

#include <criterion/criterion.h>

enum {
    ROWS = 10, /* a batch */
    RETURNED_MAX = WRITE_QUEUE_MAX + 1,
    BLOCKS_MAX = 2,
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 1000,
    STOP_MS = 5000
};

static const uint64_t START_NS = 1000 * NS_PER_S;
static const uint64_t LEASE_END_NS = 1010 * NS_PER_S;

static struct fake_sink fake;
static struct block *returned[RETURNED_MAX];
static size_t returned_count;
static struct write_counters counters;
static struct write_loop loop;

static inline void fake_give_back(void *context, struct block *block)
{
    (void)context;
    cr_assert_lt(returned_count, RETURNED_MAX);
    returned[returned_count++] = block;
}

static inline void open_loop(struct deadletter *deadletter)
{
    const struct write_loop_options options = {
        .sink = fake_sink_functions(&fake),
        .deadletter = deadletter,
        .counters = &counters,
        .give_back = fake_give_back,
        .blocks_max = BLOCKS_MAX,
        .retry_min_ms = RETRY_MIN_MS,
        .retry_max_ms = RETRY_MAX_MS,
        .stop_timeout_ms = STOP_MS,
    };
    write_loop_init(&loop, &options);
}

/* .init of the suite */
static inline void start(void)
{
    fake = (struct fake_sink){.now_ns = START_NS};
    returned_count = 0;
    counters = (struct write_counters){0};
    open_loop(NULL);
}

/* .fini of the suite */
static inline void finish(void)
{
    write_loop_clear(&loop);
    for (size_t i = 0; i < returned_count; i++) {
        block_destroy(&returned[i]);
    }
}

/* Not when the test has ended: there nobody sees a failure. */
static inline void check_sums(void)
{
    uint64_t out = counter_get(&counters.rows_stored) + counter_get(&counters.rows_rejected) +
                   counter_get(&counters.rows_left_out) + counter_get(&counters.rows_dropped) +
                   counter_get(&counters.rows_waiting);
    cr_assert_eq(counter_get(&counters.rows_in), out, "in = out + waiting");
}

static inline void append(uint64_t first_sequence, uint32_t batches)
{
    write_loop_append(
        &loop, numbered_block_new(&(struct numbered_block){.first_sequence = first_sequence,
                   .batches = batches,
                   .rows = ROWS,
                   .lease_end_ns = LEASE_END_NS}));
}

/* One attempt, as soon as it is due. */
static inline void attempt(void)
{
    int wait_ms = write_loop_wait_ms(&loop, fake.now_ns);
    cr_assert_geq(wait_ms, 0, "there is work");
    fake.now_ns += (uint64_t)wait_ms * NS_PER_MS;
    write_loop_attempt(&loop, fake.now_ns);
    check_sums();
}

static inline void plan_insert(enum sink_outcome outcome, bool is_committed)
{
    fake.inserts[fake.insert_plan++] =
        (struct fake_insert){.outcome = outcome, .is_committed = is_committed};
}

static inline void plan_prepare(enum sink_outcome outcome)
{
    fake.prepares[fake.prepare_plan++] = outcome;
}

static inline void check_returned(size_t at, enum block_outcome outcome, uint64_t first_sequence)
{
    cr_assert_gt(returned_count, at);
    cr_assert_eq(returned[at]->outcome, outcome);
    cr_assert_eq(returned[at]->batches[0].identity.sequence, first_sequence);
}
