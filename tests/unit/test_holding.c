/* SPDX-License-Identifier: BSD-3-Clause -- batches in a store, on a fake writer and a fake clock.
 */
#include "store/pull/holding.h"

#include "common/clock.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>

enum {
    INGEST = 7,
    STORE = 9,
    ROWS = 10, /* a batch */
    DAY = 19700,
    LEASE_MS = 3000,
    AGE_MS = 1000,
    BLOCK_ROWS = 100,
    INFLIGHT_MAX = 2,
    BLOCKS_MAX = 64,
    NOTHING = 0
};

static const uint64_t START_NS = 1000 * NS_PER_S;

/* The writer that gets the blocks, and the ingest that gets the acknowledgements. */
static struct fake {
    uint64_t now_ns;
    struct block *submitted[BLOCKS_MAX];
    size_t submitted_count;
    struct block *finished; /* given back by the next question */
    uint32_t acks[LINK_ACK_KIND_COUNT];
    struct link_range latest[LINK_ACK_KIND_COUNT];
    uint64_t asked_ns; /* stamp of the latest HELD */
} fake;

static struct pull_counters counters;
static struct holding *holding;

static enum err fake_submit(void *context, struct block *block)
{
    (void)context;
    cr_assert_lt(fake.submitted_count, BLOCKS_MAX);
    fake.submitted[fake.submitted_count++] = block;
    return ERR_OK;
}

static struct block *fake_finished(void *context)
{
    (void)context;
    struct block *block = fake.finished;
    fake.finished = NULL;
    return block;
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    (void)context;
    cr_assert_eq(ingest_id, INGEST);
    cr_assert_eq(ack->store_id, STORE);
    fake.acks[ack->kind]++;
    fake.latest[ack->kind] = ack->ranges.values[ack->ranges.count - 1];
    if (ack->kind == LINK_ACK_HELD) {
        fake.asked_ns = ack->stamp_ns;
    }
}

static void on_unanswered(void *context, uint64_t ingest_id)
{
    (void)context;
    (void)ingest_id;
}

static void start(void)
{
    fake = (struct fake){.now_ns = START_NS};
    counters = (struct pull_counters){0};
    const struct holding_options options = {
        .store_id = STORE,
        .assembly = {.exchange = {.submit = fake_submit, .finished = fake_finished},
            .max_rows = BLOCK_ROWS,
            .max_bytes = 64 << 20,
            .max_age_ms = AGE_MS,
            .max_inflight = INFLIGHT_MAX},
        .counters = &counters,
        .acknowledge = on_acknowledge,
        .unanswered = on_unanswered,
    };
    cr_assert_eq(holding_new(&holding, &options), ERR_OK);
}

static uint64_t dropped(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < PULL_DROP_COUNT; i++) {
        sum += counter_get(&counters.flows.dropped[i]);
    }
    return sum;
}

static void finish(void)
{
    holding_destroy(&holding);
}

TestSuite(holding, .init = start, .fini = finish);

/* Each turn keeps the sums: a failure after the end of a test is seen by nobody. */
static void turn(void)
{
    holding_turn(holding, fake.now_ns, false);
    uint64_t out = counter_get(&counters.flows.stored) + counter_get(&counters.flows.shelved) +
                   dropped() + counter_get(&counters.flows.waiting);
    cr_assert_eq(counter_get(&counters.flows.in), out, "in = out + waiting");
}

static void advance_ms(uint64_t ms)
{
    fake.now_ns += ms * NS_PER_MS;
}

static struct link_header header_of(uint64_t sequence, size_t size)
{
    return (struct link_header){.ingest_id = INGEST,
        .epoch = 1,
        .sequence = sequence,
        .flow_count = ROWS,
        .payload_size = (uint32_t)size,
        .day = DAY,
        .lease_ms = LEASE_MS};
}

static void receive(uint64_t sequence)
{
    struct batch *batch = rig_batch(sequence * ROWS, ROWS, DAY);
    struct link_header header = header_of(sequence, batch->size);
    zmq_msg_t payload;
    (void)zmq_msg_init_size(&payload, batch->size);
    memcpy(zmq_msg_data(&payload), batch->bytes, batch->size);
    holding_take(holding, &header, &payload, fake.now_ns);
    (void)zmq_msg_close(&payload);
    batch_destroy(&batch);
}

static void receive_many(uint64_t first, uint64_t last)
{
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        receive(sequence);
    }
}

/* The ingest's answer to the latest question. */
static void answer(enum link_verdict verdict, uint64_t first, uint64_t last, bool is_last)
{
    struct link_lease lease = {.ingest_id = INGEST, .stamp_ns = fake.asked_ns, .is_last = is_last};
    link_ranges_add(&lease.ranges[verdict], first, last);
    holding_lease(holding, &lease, fake.now_ns);
    link_lease_clear(&lease);
}

/* Batches first..last come, are asked for and get their lease. */
static void lease(uint64_t first, uint64_t last)
{
    receive_many(first, last);
    turn();
    advance_ms(50);
    turn();
    answer(LINK_GRANTED, first, last, false);
    turn();
}

static void give_back(struct block *block, enum block_outcome outcome)
{
    block->outcome = outcome;
    fake.finished = block;
    turn();
}

Test(holding, asks_for_a_lease_before_rows_go_to_a_block)
{
    receive(1);
    turn();
    cr_assert_eq(fake.acks[LINK_ACK_HELD], 1);
    cr_assert_eq(fake.latest[LINK_ACK_HELD].first, 1);
    receive(2);
    turn();
    cr_assert_eq(fake.acks[LINK_ACK_HELD], 1, "more may come soon");
    advance_ms(50);
    turn();
    cr_assert_eq(fake.acks[LINK_ACK_HELD], 2);
    cr_assert_eq(fake.latest[LINK_ACK_HELD].last, 2);
    advance_ms(AGE_MS);
    turn();
    cr_assert_eq(fake.submitted_count, 0);
    cr_assert_eq(counter_get(&counters.flows.waiting), 2 * ROWS);
    cr_assert_gt(counter_get(&counters.unread_bytes), 0);
}

Test(holding, acknowledges_a_batch_when_its_block_is_stored)
{
    lease(1, 2);
    cr_assert_eq(counter_get(&counters.unread_bytes), 0, "the rows are in a block");
    advance_ms(AGE_MS);
    turn();
    cr_assert_eq(fake.submitted_count, 1);
    struct block *block = fake.submitted[0];
    cr_assert_eq(block_rows(block), 2 * ROWS);
    cr_assert_eq(block->day, DAY);
    cr_assert_eq(block->batches[1].identity.ingest_id, INGEST);
    cr_assert_eq(block->batches[1].identity.sequence, 2);
    cr_assert_eq(block->batches[0].attempt, 0, "no store can have inserted it");
    cr_assert_eq(counter_get(&block->batches[0].lease_end_ns), START_NS + LEASE_MS * NS_PER_MS,
        "the lease runs from the question");
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 0);
    give_back(block, BLOCK_STORED);
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 1);
    cr_assert_eq(fake.latest[LINK_ACK_STORED].first, 1);
    cr_assert_eq(fake.latest[LINK_ACK_STORED].last, 2);
    cr_assert_eq(counter_get(&counters.flows.stored), 2 * ROWS);
    cr_assert_eq(counter_get(&counters.batches_waiting), 0);
}

Test(holding, a_block_waits_for_its_age_unless_it_is_full)
{
    lease(1, BLOCK_ROWS / ROWS - 1);
    advance_ms(AGE_MS / 2);
    turn();
    cr_assert_eq(fake.submitted_count, 0);
    lease(BLOCK_ROWS / ROWS, BLOCK_ROWS / ROWS);
    cr_assert_eq(fake.submitted_count, 1);
    cr_assert_eq(block_rows(fake.submitted[0]), BLOCK_ROWS);
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, the_last_lease_of_an_ingest_sends_the_block_at_once)
{
    receive(1);
    advance_ms(50);
    turn();
    answer(LINK_GRANTED, 1, 1, true);
    turn();
    cr_assert_eq(fake.submitted_count, 1, "the ingest waits for it");
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, blocks_wait_again_after_the_last_lease_of_one_ingest)
{
    receive(1);
    advance_ms(50);
    turn();
    answer(LINK_GRANTED, 1, 1, true);
    turn();
    lease(2, 2);
    cr_assert_eq(fake.submitted_count, 1);
    advance_ms(AGE_MS);
    turn();
    cr_assert_eq(fake.submitted_count, 2);
    give_back(fake.submitted[0], BLOCK_STORED);
    give_back(fake.submitted[1], BLOCK_STORED);
}

Test(holding, an_earlier_last_is_not_taken_back_by_another_answer)
{
    receive(1);
    receive(2);
    advance_ms(50);
    turn();
    answer(LINK_GRANTED, 1, 1, true);
    answer(LINK_GRANTED, 2, 2, false);
    turn();
    cr_assert_eq(fake.submitted_count, 1);
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, a_flush_sends_what_there_is)
{
    lease(1, 1);
    holding_turn(holding, fake.now_ns, true);
    cr_assert_eq(fake.submitted_count, 1);
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, a_second_lease_may_be_a_repeat)
{
    receive(1);
    advance_ms(50);
    turn();
    answer(LINK_REGRANTED, 1, 1, true);
    turn();
    cr_assert_gt(fake.submitted[0]->batches[0].attempt, 0, "the writer has to ask the table");
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, a_batch_that_another_store_has_is_dropped)
{
    receive(1);
    advance_ms(50);
    turn();
    answer(LINK_GONE, 1, 1, true);
    turn();
    cr_assert_eq(fake.submitted_count, 0);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_UNLEASED]), ROWS);
    cr_assert_eq(counter_get(&counters.batches_waiting), 0);
    cr_assert_eq(counter_get(&counters.unread_bytes), 0);
}

Test(holding, a_batch_that_is_here_already_is_dropped_and_counted)
{
    lease(1, 1);
    receive(1);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_DUPLICATE]), ROWS);
    advance_ms(AGE_MS);
    turn();
    cr_assert_eq(block_rows(fake.submitted[0]), ROWS);
    give_back(fake.submitted[0], BLOCK_STORED);
    receive(1);
    turn();
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_DUPLICATE]), 2 * ROWS);
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 2, "the first acknowledgement may be lost");
}

Test(holding, a_renewed_lease_reaches_the_block_that_the_writer_has)
{
    lease(1, 1);
    advance_ms(AGE_MS);
    turn();
    uint64_t first_ns = counter_get(&fake.submitted[0]->batches[0].lease_end_ns);
    advance_ms(LEASE_MS / 3);
    turn();
    answer(LINK_GRANTED, 1, 1, false);
    cr_assert_gt(counter_get(&fake.submitted[0]->batches[0].lease_end_ns), first_ns);
    give_back(fake.submitted[0], BLOCK_STORED);
}

Test(holding, a_lease_that_ends_is_taken_from_the_block_that_the_writer_has)
{
    lease(1, 1);
    advance_ms(AGE_MS);
    turn();
    advance_ms(LEASE_MS);
    turn();
    struct block *block = fake.submitted[0];
    cr_assert_eq(counter_get(&block->batches[0].lease_end_ns), NOTHING);
    block->batches[0].is_left_out = true;
    give_back(block, BLOCK_STORED);
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 0);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_LAPSED]), ROWS);
    cr_assert_eq(counter_get(&counters.batches_waiting), 0);
}

Test(holding, a_batch_that_the_writer_left_out_goes_back_though_its_block_is_stored)
{
    lease(1, 2);
    advance_ms(AGE_MS);
    turn();
    struct block *block = fake.submitted[0];
    block->batches[0].is_left_out = true;
    give_back(block, BLOCK_STORED);
    cr_assert_eq(fake.latest[LINK_ACK_STORED].first, 2);
    cr_assert_eq(fake.latest[LINK_ACK_STORED].last, 2);
    cr_assert_eq(counter_get(&counters.flows.stored), ROWS);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_LAPSED]), ROWS);
}

Test(holding, rows_that_were_stored_after_the_lease_are_stored_all_the_same)
{
    lease(1, 1);
    advance_ms(AGE_MS);
    turn();
    advance_ms(LEASE_MS);
    turn();
    give_back(fake.submitted[0], BLOCK_STORED);
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 1);
    cr_assert_eq(counter_get(&counters.flows.stored), ROWS);
}

Test(holding, a_refused_block_is_acknowledged_as_such)
{
    lease(1, 1);
    advance_ms(AGE_MS);
    turn();
    give_back(fake.submitted[0], BLOCK_REJECTED);
    cr_assert_eq(fake.acks[LINK_ACK_STORED], 0);
    cr_assert_eq(fake.acks[LINK_ACK_SHELVED], 1);
    cr_assert_eq(counter_get(&counters.flows.shelved), ROWS);
}

Test(holding, a_block_that_the_writer_gave_up_is_not_acknowledged)
{
    lease(1, 1);
    advance_ms(AGE_MS);
    turn();
    give_back(fake.submitted[0], BLOCK_PENDING);
    cr_assert_eq(fake.acks[LINK_ACK_STORED] + fake.acks[LINK_ACK_SHELVED], 0);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_LAPSED]), ROWS);
}

Test(holding, a_payload_of_another_size_than_its_header_says_is_refused)
{
    struct link_header header = header_of(1, 11);
    zmq_msg_t payload;
    (void)zmq_msg_init_size(&payload, 10);
    holding_take(holding, &header, &payload, fake.now_ns);
    (void)zmq_msg_close(&payload);
    turn();
    cr_assert_eq(fake.acks[LINK_ACK_CORRUPT], 1);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_CORRUPT]), ROWS);
    cr_assert_eq(counter_get(&counters.batches_waiting), 0);
}

Test(holding, a_payload_that_is_no_flows_is_refused_and_holds_up_no_other)
{
    struct link_header header = header_of(1, 10);
    zmq_msg_t payload;
    (void)zmq_msg_init_size(&payload, 10);
    memset(zmq_msg_data(&payload), 0xff, 10);
    holding_take(holding, &header, &payload, fake.now_ns);
    (void)zmq_msg_close(&payload);
    lease(2, 2);
    answer(LINK_GRANTED, 1, 1, true);
    turn();
    cr_assert_eq(fake.acks[LINK_ACK_CORRUPT], 1);
    cr_assert_eq(fake.latest[LINK_ACK_CORRUPT].first, 1);
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_CORRUPT]), ROWS);
    cr_assert_eq(fake.submitted_count, 1);
    give_back(fake.submitted[0], BLOCK_STORED);
    cr_assert_eq(fake.latest[LINK_ACK_STORED].first, 2);
}

Test(holding, takes_nothing_more_while_the_writer_has_all_it_may_have)
{
    uint64_t sequence = 1;
    for (int i = 0; i <= INFLIGHT_MAX; i++) {
        cr_assert(holding_may_take(holding));
        lease(sequence, sequence + BLOCK_ROWS / ROWS - 1);
        sequence += BLOCK_ROWS / ROWS;
    }
    cr_assert_eq(fake.submitted_count, INFLIGHT_MAX);
    cr_assert_eq(counter_get(&counters.inflight), INFLIGHT_MAX);
    cr_assert_not(holding_may_take(holding));
    give_back(fake.submitted[0], BLOCK_STORED);
    cr_assert_eq(fake.submitted_count, INFLIGHT_MAX + 1);
    cr_assert(holding_may_take(holding));
    give_back(fake.submitted[1], BLOCK_STORED);
    give_back(fake.submitted[2], BLOCK_STORED);
}

Test(holding, a_lease_that_ends_in_the_line_costs_no_row_of_others)
{
    uint64_t batches = BLOCK_ROWS / ROWS;
    lease(1, (INFLIGHT_MAX + 1) * batches);
    uint64_t late = (INFLIGHT_MAX + 1) * batches + 1;
    lease(late, late); /* it waits for a block */
    cr_assert_not(holding_may_take(holding));
    advance_ms(LEASE_MS);
    turn();
    cr_assert_eq(counter_get(&counters.flows.dropped[PULL_DROP_LAPSED]), ROWS);
    for (size_t i = 0; i < fake.submitted_count; i++) {
        give_back(fake.submitted[i], BLOCK_STORED);
    }
    cr_assert_eq(fake.submitted_count, INFLIGHT_MAX + 1);
    cr_assert_eq(counter_get(&counters.flows.stored), (INFLIGHT_MAX + 1) * BLOCK_ROWS);
    cr_assert(holding_may_take(holding));
}

Test(holding, has_nothing_to_do_when_it_is_empty)
{
    cr_assert_eq(holding_due_ns(holding, fake.now_ns), UINT64_MAX);
    receive(1);
    uint64_t due_ns = holding_due_ns(holding, fake.now_ns);
    cr_assert(due_ns > fake.now_ns && due_ns <= fake.now_ns + 50 * NS_PER_MS);
    advance_ms(50);
    turn();
    answer(LINK_GRANTED, 1, 1, true);
    turn();
    cr_assert_neq(holding_due_ns(holding, fake.now_ns), UINT64_MAX);
    give_back(fake.submitted[0], BLOCK_STORED);
    cr_assert_eq(holding_due_ns(holding, fake.now_ns), UINT64_MAX);
}
