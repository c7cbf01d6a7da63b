/* SPDX-License-Identifier: BSD-3-Clause -- the rules of the store's ledger, one by one. */
#include "store/pull/ledger.h"

#include "common/clock.h"

#include <criterion/criterion.h>

enum {
    INGEST = 7,
    STORE = 9,
    LEASE_MS = 3000
};

static const uint64_t NOW = 1000000 * NS_PER_MS;
static const uint64_t LEASE_NS = LEASE_MS * NS_PER_MS;

/* What the ledger told its owner. */
struct heard {
    uint32_t granted;
    uint32_t granted_first;
    uint32_t renewed;
    uint32_t forgotten;
    uint32_t unanswered;
    uint32_t acks[LINK_ACK_KIND_COUNT];
    struct link_range latest[LINK_ACK_KIND_COUNT];
    enum link_ack_kind last_kind;
    const void *place;
};

static void on_granted(void *context, const struct ledger_batch *batch, bool is_first)
{
    struct heard *record = context;
    record->granted++;
    record->granted_first += is_first;
    record->place = batch->place;
}

static void on_renewed(void *context, const struct ledger_batch *batch)
{
    (void)batch;
    ((struct heard *)context)->renewed++;
}

static void on_forgotten(void *context, const struct ledger_batch *batch)
{
    struct heard *record = context;
    record->forgotten++;
    record->place = batch->place;
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    struct heard *record = context;
    cr_assert_eq(ingest_id, INGEST);
    cr_assert_eq(ack->ingest_id, INGEST);
    cr_assert_eq(ack->store_id, STORE);
    record->acks[ack->kind]++;
    record->last_kind = ack->kind;
    record->latest[ack->kind] = ack->ranges.values[ack->ranges.count - 1];
}

static void on_unanswered(void *context, uint64_t ingest_id)
{
    cr_assert_eq(ingest_id, INGEST);
    ((struct heard *)context)->unanswered++;
}

static struct ledger *open_ledger(struct heard *record)
{
    struct ledger_listener listener = {
        .granted = on_granted,
        .renewed = on_renewed,
        .forgotten = on_forgotten,
        .acknowledge = on_acknowledge,
        .unanswered = on_unanswered,
        .context = record,
    };
    struct ledger *ledger = NULL;
    cr_assert_eq(ledger_new(&ledger, STORE, &listener), ERR_OK);
    return ledger;
}

static enum ledger_arrival take(
    struct ledger *ledger, uint64_t sequence, void *place, uint64_t now_ns)
{
    struct link_header header = {
        .ingest_id = INGEST, .sequence = sequence, .epoch = 1, .lease_ms = LEASE_MS};
    return ledger_take(ledger, &header, place, now_ns);
}

static void answer(struct ledger *ledger, enum link_verdict verdict, uint64_t first, uint64_t last,
    uint64_t stamp_ns, uint64_t now_ns)
{
    struct link_lease lease = {.ingest_id = INGEST, .stamp_ns = stamp_ns};
    link_ranges_add(&lease.ranges[verdict], first, last);
    ledger_lease(ledger, &lease, now_ns);
    link_lease_clear(&lease);
}

Test(ledger, asks_for_what_it_received_at_once_and_again)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    cr_assert_eq(take(ledger, 5, &record, NOW), LEDGER_NEW);
    cr_assert_eq(take(ledger, 6, &record, NOW), LEDGER_NEW);
    ledger_flush(ledger, NOW);
    cr_assert_eq(record.acks[LINK_ACK_HELD], 1);
    cr_assert_eq(record.latest[LINK_ACK_HELD].first, 5);
    cr_assert_eq(record.latest[LINK_ACK_HELD].last, 6);
    ledger_flush(ledger, NOW + NS_PER_MS);
    cr_assert_eq(record.acks[LINK_ACK_HELD], 1, "nothing new");
    ledger_flush(ledger, NOW + 300 * NS_PER_MS);
    cr_assert_eq(record.acks[LINK_ACK_HELD], 2, "no answer yet");
    ledger_destroy(&ledger);
}

/* After a first question that is answered, so that nothing is due but what comes now. */
static struct ledger *open_asked_ledger(struct heard *record)
{
    struct ledger *ledger = open_ledger(record);
    (void)take(ledger, 1, record, NOW);
    ledger_flush(ledger, NOW);
    answer(ledger, LINK_GRANTED, 1, 1, NOW, NOW);
    cr_assert_eq(record->acks[LINK_ACK_HELD], 1);
    cr_assert_eq(ledger_ask_due_ns(ledger), UINT64_MAX);
    return ledger;
}

Test(ledger, waits_for_more_batches_before_it_asks_but_not_for_long)
{
    struct heard record = {0};
    struct ledger *ledger = open_asked_ledger(&record);
    (void)take(ledger, 2, &record, NOW + NS_PER_MS);
    (void)take(ledger, 3, &record, NOW + 20 * NS_PER_MS);
    uint64_t due_ns = ledger_ask_due_ns(ledger);
    cr_assert_eq(due_ns, NOW + 51 * NS_PER_MS, "by the older one");
    ledger_flush(ledger, due_ns - 1);
    cr_assert_eq(record.acks[LINK_ACK_HELD], 1);
    ledger_flush(ledger, due_ns);
    cr_assert_eq(record.acks[LINK_ACK_HELD], 2);
    cr_assert_eq(record.latest[LINK_ACK_HELD].first, 2);
    cr_assert_eq(record.latest[LINK_ACK_HELD].last, 3);
    cr_assert_eq(ledger_ask_due_ns(ledger), UINT64_MAX);
    ledger_destroy(&ledger);
}

Test(ledger, asks_at_once_when_many_batches_came)
{
    struct heard record = {0};
    struct ledger *ledger = open_asked_ledger(&record);
    uint64_t sequence = 2;
    while (record.acks[LINK_ACK_HELD] == 1 && sequence < 100) {
        (void)take(ledger, sequence++, &record, NOW);
        ledger_flush(ledger, NOW);
    }
    cr_assert_eq(sequence, 18, "sixteen of them");
    ledger_destroy(&ledger);
}

Test(ledger, waits_a_small_part_of_a_short_lease)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    struct link_header header = {.ingest_id = INGEST, .sequence = 1, .epoch = 1, .lease_ms = 160};
    (void)ledger_take(ledger, &header, &record, NOW);
    cr_assert_eq(ledger_ask_due_ns(ledger), NOW + 10 * NS_PER_MS);
    ledger_destroy(&ledger);
}

Test(ledger, a_lease_runs_from_the_question)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW - LEASE_NS, NOW);
    cr_assert_eq(record.granted, 0, "the answer took a whole lease");
    answer(ledger, LINK_GRANTED, 5, 5, NOW + 1, NOW);
    cr_assert_eq(record.granted, 0, "nobody asked that yet");
    answer(ledger, LINK_GRANTED, 5, 5, NOW - LEASE_NS + 10, NOW);
    cr_assert_eq(record.granted, 1);
    ledger_tick(ledger, NOW + 9);
    cr_assert_eq(record.forgotten, 0);
    ledger_tick(ledger, NOW + 10);
    cr_assert_eq(record.forgotten, 1);
    ledger_destroy(&ledger);
}

Test(ledger, tells_a_first_lease_from_a_later_one)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    (void)take(ledger, 6, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    answer(ledger, LINK_REGRANTED, 6, 6, NOW, NOW);
    cr_assert_eq(record.granted, 2);
    cr_assert_eq(record.granted_first, 1);
    ledger_destroy(&ledger);
}

Test(ledger, renews_before_the_lease_ends)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    uint64_t now = NOW;
    for (int i = 0; i < 10; i++) {
        now += LEASE_NS / 2;
        ledger_tick(ledger, now);
        ledger_flush(ledger, now);
        cr_assert_eq(record.acks[LINK_ACK_HELD], (uint32_t)i + 1);
        answer(ledger, LINK_REGRANTED, 5, 5, now, now);
    }
    cr_assert_eq(record.renewed, 10);
    cr_assert_eq(record.granted, 1);
    cr_assert_eq(record.forgotten, 0);
    ledger_destroy(&ledger);
}

Test(ledger, an_older_answer_does_not_shorten_a_lease)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    answer(ledger, LINK_REGRANTED, 5, 5, NOW - 100, NOW);
    cr_assert_eq(record.renewed, 0);
    ledger_tick(ledger, NOW + LEASE_NS - 1);
    cr_assert_eq(record.forgotten, 0);
    ledger_destroy(&ledger);
}

Test(ledger, forgets_what_is_gone_whatever_range_says_so)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    (void)take(ledger, 500, &record, NOW);
    answer(ledger, LINK_GONE, 0, UINT64_MAX, NOW, NOW);
    cr_assert_eq(record.forgotten, 2);
    ledger_destroy(&ledger);
}

Test(ledger, gives_up_when_the_ingest_never_answers)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    ledger_tick(ledger, NOW + LEASE_NS);
    cr_assert_eq(record.forgotten, 1);
    cr_assert_eq(take(ledger, 5, &record, NOW + LEASE_NS), LEDGER_NEW, "it never had a lease");
    ledger_destroy(&ledger);
}

Test(ledger, takes_a_batch_again_only_when_its_own_late_insert_is_over)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    ledger_tick(ledger, NOW + LEASE_NS);
    cr_assert_eq(take(ledger, 5, &record, NOW + LEASE_NS), LEDGER_DUPLICATE);
    uint64_t margin_end = NOW + LEASE_NS + LEASE_NS / 2;
    cr_assert_eq(take(ledger, 5, &record, margin_end - 1), LEDGER_DUPLICATE);
    cr_assert_eq(take(ledger, 5, &record, margin_end), LEDGER_NEW);
    ledger_destroy(&ledger);
}

/* Room is made for others meanwhile: what is forgotten must stay as long as its INSERT may run. */
Test(ledger, remembers_a_lapsed_batch_for_its_margin_whatever_comes_meanwhile)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    ledger_tick(ledger, NOW + LEASE_NS);
    for (uint64_t i = 100; i < 50000; i++) {
        (void)take(ledger, i, &record, NOW + LEASE_NS);
        ledger_settle(ledger, INGEST, i, LINK_ACK_STORED, &record);
    }
    uint64_t margin_end = NOW + LEASE_NS + LEASE_NS / 2;
    cr_assert_eq(take(ledger, 5, &record, margin_end - 1), LEDGER_DUPLICATE);
    cr_assert_eq(take(ledger, 5, &record, margin_end), LEDGER_NEW);
    ledger_destroy(&ledger);
}

Test(ledger, takes_a_batch_whose_lease_is_longer_than_the_machine_is_up)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    cr_assert_eq(take(ledger, 5, &record, LEASE_NS / 4), LEDGER_NEW);
    ledger_destroy(&ledger);
}

Test(ledger, acknowledges_a_duplicate_of_a_stored_batch_again)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    ledger_settle(ledger, INGEST, 5, LINK_ACK_STORED, &record);
    ledger_flush(ledger, NOW);
    cr_assert_eq(record.acks[LINK_ACK_STORED], 1);
    uint32_t asked = record.acks[LINK_ACK_HELD];
    cr_assert_eq(take(ledger, 5, &record, NOW), LEDGER_DUPLICATE);
    ledger_flush(ledger, NOW);
    cr_assert_eq(record.acks[LINK_ACK_HELD], asked + 1, "the ingest believes who has a lease");
    cr_assert_eq(record.last_kind, LINK_ACK_STORED, "after the question");
    cr_assert_eq(record.acks[LINK_ACK_STORED], 2);
    cr_assert_eq(record.forgotten, 0);
    ledger_destroy(&ledger);
}

Test(ledger, stored_in_time_but_told_late_is_still_stored)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    answer(ledger, LINK_GRANTED, 5, 5, NOW, NOW);
    ledger_tick(ledger, NOW + LEASE_NS);
    int second = 0;
    cr_assert_eq(take(ledger, 5, &second, NOW + 2 * LEASE_NS), LEDGER_NEW);
    ledger_settle(ledger, INGEST, 5, LINK_ACK_STORED, NULL);
    cr_assert_eq(record.forgotten, 2, "the second copy is not needed");
    cr_assert_eq(record.place, &second);
    ledger_flush(ledger, NOW + 2 * LEASE_NS);
    cr_assert_eq(record.acks[LINK_ACK_STORED], 1);
    ledger_destroy(&ledger);
}

Test(ledger, keeps_order_when_batches_come_in_any)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    for (uint64_t i = 0; i < 1000; i++) {
        cr_assert_eq(take(ledger, i * 7919 % 1000, &record, NOW), LEDGER_NEW);
    }
    ledger_flush(ledger, NOW + LEASE_NS / 2);
    cr_assert_eq(record.latest[LINK_ACK_HELD].first, 0, "one range");
    cr_assert_eq(record.latest[LINK_ACK_HELD].last, 999);
    ledger_destroy(&ledger);
}

Test(ledger, remembers_the_latest_stored_batches_within_a_limit)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    for (uint64_t i = 0; i < 50000; i++) {
        (void)take(ledger, i, &record, NOW);
        ledger_settle(ledger, INGEST, i, LINK_ACK_STORED, &record);
    }
    cr_assert_eq(take(ledger, 49000, &record, NOW), LEDGER_DUPLICATE);
    cr_assert_eq(take(ledger, 5, &record, NOW), LEDGER_NEW, "long ago: the ingest answers gone");
    ledger_destroy(&ledger);
}

Test(ledger, sees_a_process_older_than_the_latest)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    struct link_header header = {
        .ingest_id = INGEST, .sequence = 1, .epoch = 200, .lease_ms = LEASE_MS};
    (void)ledger_take(ledger, &header, &record, NOW);
    header.sequence = 2;
    header.epoch = 100;
    (void)ledger_take(ledger, &header, &record, NOW);
    cr_assert_eq(ledger_stale_epochs(ledger), 1);
    ledger_destroy(&ledger);
}

Test(ledger, does_not_run_out_of_ingests)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    for (uint64_t id = 1; id <= 5000; id++) {
        struct link_header header = {.ingest_id = id, .sequence = 1, .lease_ms = LEASE_MS};
        enum ledger_arrival arrival = ledger_take(ledger, &header, &record, NOW);
        cr_assert_eq(arrival, id <= 4096 ? LEDGER_NEW : LEDGER_FULL);
    }
    ledger_tick(ledger, NOW + LEASE_NS);
    struct link_header header = {.ingest_id = 5001, .sequence = 1, .lease_ms = LEASE_MS};
    cr_assert_eq(ledger_take(ledger, &header, &record, NOW + LEASE_NS), LEDGER_NEW);
    ledger_destroy(&ledger);
}

Test(ledger, reports_a_request_without_an_answer_once_a_lease)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    ledger_flush(ledger, NOW);
    ledger_flush(ledger, NOW + 300 * NS_PER_MS);
    ledger_tick(ledger, NOW + LEASE_NS - 1);
    cr_assert_eq(record.unanswered, 0);
    ledger_tick(ledger, NOW + LEASE_NS);
    cr_assert_eq(record.unanswered, 1, "counted from the first request");
    ledger_tick(ledger, NOW + 3 * LEASE_NS);
    cr_assert_eq(record.unanswered, 1, "nothing was asked since");
    (void)take(ledger, 6, &record, NOW + 3 * LEASE_NS);
    ledger_flush(ledger, NOW + 3 * LEASE_NS);
    ledger_tick(ledger, NOW + 4 * LEASE_NS);
    cr_assert_eq(record.unanswered, 2);
    ledger_destroy(&ledger);
}

Test(ledger, an_answer_of_any_kind_is_an_answer)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    ledger_flush(ledger, NOW);
    answer(ledger, LINK_GONE, 5, 5, NOW, NOW + LEASE_NS / 2);
    ledger_tick(ledger, NOW + 2 * LEASE_NS);
    cr_assert_eq(record.unanswered, 0);
    ledger_destroy(&ledger);
}

Test(ledger, ignores_an_answer_to_another_store)
{
    struct heard record = {0};
    struct ledger *ledger = open_ledger(&record);
    (void)take(ledger, 5, &record, NOW);
    ledger_flush(ledger, NOW);
    struct link_lease lease = {.ingest_id = INGEST, .store_id = STORE + 1, .stamp_ns = NOW};
    link_ranges_add(&lease.ranges[LINK_GRANTED], 5, 5);
    ledger_lease(ledger, &lease, NOW);
    cr_assert_eq(record.granted, 0);
    lease.store_id = STORE;
    ledger_lease(ledger, &lease, NOW);
    cr_assert_eq(record.granted, 1);
    link_lease_clear(&lease);
    ledger_destroy(&ledger);
}
