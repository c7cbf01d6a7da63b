/* SPDX-License-Identifier: BSD-3-Clause -- when batches are sealed, and what happens to flows. */
#include "ingest/batch/batch.h"

#include "common/clock.h"
#include "common/flow_codec.h"
#include "ingest/batch/share_tally.h"

#include <criterion/criterion.h>

enum {
    KEPT_MAX = 16
};

static const uint64_t NOON = 1700000000;

/* Where the batches go. */
struct consumer {
    struct batch *batches[KEPT_MAX];
    size_t count;
    bool is_full;
};

static enum err keep(void *context, struct batch *batch)
{
    struct consumer *consumer = context;
    if (consumer->is_full) {
        return ERR_FULL;
    }
    cr_assert_lt(consumer->count, KEPT_MAX);
    consumer->batches[consumer->count++] = batch;
    return ERR_OK;
}

static void consumer_clear(struct consumer *consumer)
{
    for (size_t i = 0; i < consumer->count; i++) {
        batch_destroy(&consumer->batches[i]);
    }
    consumer->count = 0;
}

static struct batcher *new_batcher(struct consumer *consumer, uint32_t max_flows)
{
    struct batcher_options options = {
        .max_bytes = 64 * 1024,
        .max_flows = max_flows,
        .max_age_ms = 200,
        .deliver = keep,
        .context = consumer,
    };
    struct batcher *batcher = NULL;
    cr_assert_eq(batcher_new(&batcher, &options), ERR_OK);
    return batcher;
}

/* A datagram of so many flows from 192.0.2.`exporter`. */
static void take_datagram(struct batcher *batcher, uint8_t exporter, uint32_t flows)
{
    static struct flow flow;
    const struct address address = address_from_ipv4((const uint8_t[]){192, 0, 2, exporter});
    flow_begin(&flow);
    flow_set_time_received(&flow, NOON);
    flow_set_type(&flow, FLOW_TYPE_IPFIX);
    flow_set_sampler_address(&flow, &address);
    flow_fix(&flow);
    for (uint32_t i = 0; i < flows; i++) {
        flow_reset(&flow);
        batcher_take(batcher, &flow);
    }
}

static uint32_t share_of(const struct batch *batch, uint8_t exporter)
{
    const struct address address = address_from_ipv4((const uint8_t[]){192, 0, 2, exporter});
    uint32_t flows = 0;
    for (uint32_t i = 0; i < batch->shares->count; i++) {
        const struct flow_share *share = &batch->shares->shares[i];
        cr_assert_eq(share->origin.type, FLOW_TYPE_IPFIX);
        cr_assert_eq(share->origin.day, NOON / 86400);
        flows += address_equal(&share->origin.exporter, &address) ? share->flows : 0;
    }
    return flows;
}

static void take(struct batcher *batcher, uint64_t time_s, uint64_t number)
{
    static struct flow flow;
    flow_begin(&flow);
    flow_set_time_received(&flow, time_s);
    flow_set_bytes(&flow, number);
    batcher_take(batcher, &flow);
}

Test(batch, refuses_a_batch_too_small_for_a_flow)
{
    struct batcher_options options = {.max_bytes = 1000, .max_flows = 1, .deliver = keep};
    struct batcher *batcher = NULL;
    cr_assert_eq(batcher_new(&batcher, &options), ERR_INVALID);
    cr_assert_null(batcher);
}

Test(batch, counts_what_the_consumer_refuses)
{
    struct consumer consumer = {.is_full = true};
    struct batcher *batcher = new_batcher(&consumer, 10);
    for (uint64_t i = 0; i < 25; i++) {
        take(batcher, NOON, i);
    }
    cr_assert_eq(counter_get(&batcher_counters(batcher)->flows_dropped_full), 20);
    consumer.is_full = false;
    batcher_flush(batcher);
    const struct batcher_counters *counters = batcher_counters(batcher);
    cr_assert_eq(counter_get(&counters->flows_out), 5);
    cr_assert_eq(counter_get(&counters->flows_in), 25);
    cr_assert_eq(consumer.batches[0]->flow_count, 5);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, is_sealed_by_flows)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 100);
    for (uint64_t i = 0; i < 99; i++) {
        take(batcher, NOON, i);
    }
    cr_assert_eq(consumer.count, 0);
    take(batcher, NOON, 99);
    cr_assert_eq(consumer.count, 1);
    cr_assert_eq(consumer.batches[0]->flow_count, 100);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, is_sealed_by_bytes)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 1000000);
    uint64_t flows = 0;
    while (consumer.count == 0) {
        take(batcher, NOON, flows++);
        cr_assert_lt(flows, 100000);
    }
    cr_assert_geq(consumer.batches[0]->size, 64 * 1024);
    cr_assert_lt(consumer.batches[0]->size, 64 * 1024 + FLOW_PACKED_MAX);
    cr_assert_eq(consumer.batches[0]->flow_count, flows);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, never_spans_two_days)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 100);
    uint64_t midnight = NOON / 86400 * 86400 + 86400;
    take(batcher, midnight - 1, 1);
    take(batcher, midnight, 2);
    cr_assert_eq(consumer.count, 1);
    cr_assert_eq(consumer.batches[0]->day, midnight / 86400 - 1);
    batcher_destroy(&batcher);
    cr_assert_eq(consumer.count, 2);
    cr_assert_eq(consumer.batches[1]->day, midnight / 86400);
    consumer_clear(&consumer);
}

Test(batch, is_sealed_by_age)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 100);
    cr_assert_eq(batcher_tick(batcher, clock_monotonic_ns()), -1, "nothing is open");
    take(batcher, NOON, 1);
    uint64_t now = clock_monotonic_ns();
    int wait_ms = batcher_tick(batcher, now);
    cr_assert(wait_ms > 0 && wait_ms <= 200, "%d", wait_ms);
    cr_assert_eq(consumer.count, 0);
    cr_assert_eq(batcher_tick(batcher, now + 201 * NS_PER_MS), -1);
    cr_assert_eq(consumer.count, 1);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, holds_the_flows_in_order)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 50);
    for (uint64_t i = 1; i <= 50; i++) {
        take(batcher, NOON, i);
    }
    struct cursor cursor = cursor_of(consumer.batches[0]->bytes, consumer.batches[0]->size);
    static struct flow flow;
    for (uint64_t i = 1; i <= 50; i++) {
        cr_assert_eq(flow_unpack(&flow, &cursor), ERR_OK);
        cr_assert_eq(flow_number(&flow, FLOW_BYTES), i);
    }
    cr_assert_eq(flow_unpack(&flow, &cursor), ERR_END);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, knows_whose_its_flows_are)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 100);
    take_datagram(batcher, 1, 30);
    take_datagram(batcher, 2, 20);
    take_datagram(batcher, 1, 10);
    batcher_flush(batcher);
    cr_assert_eq(consumer.batches[0]->shares->count, 2);
    cr_assert_eq(share_of(consumer.batches[0], 1), 40);
    cr_assert_eq(share_of(consumer.batches[0], 2), 20);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, a_datagram_in_two_batches_is_the_same_exporters)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 100);
    take_datagram(batcher, 1, 70);
    take_datagram(batcher, 2, 170);
    take_datagram(batcher, 1, 5);
    batcher_flush(batcher);
    cr_assert_eq(consumer.count, 3);
    cr_assert_eq(share_of(consumer.batches[0], 1), 70);
    cr_assert_eq(share_of(consumer.batches[0], 2), 30);
    cr_assert_eq(consumer.batches[1]->shares->count, 1);
    cr_assert_eq(share_of(consumer.batches[1], 2), 100);
    cr_assert_eq(share_of(consumer.batches[2], 1), 5);
    cr_assert_eq(share_of(consumer.batches[2], 2), 40);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

Test(batch, is_sealed_when_it_has_flows_of_too_many_exporters)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 1000000);
    static struct flow flow;
    for (uint32_t domain = 1; domain <= SHARES_MAX + 1; domain++) {
        flow_begin(&flow);
        flow_set_time_received(&flow, NOON);
        flow_set_observation_domain_id(&flow, domain);
        batcher_take(batcher, &flow);
    }
    batcher_flush(batcher);
    cr_assert_eq(consumer.count, 2);
    cr_assert_eq(consumer.batches[0]->shares->count, SHARES_MAX);
    cr_assert_eq(consumer.batches[0]->flow_count, SHARES_MAX);
    cr_assert_eq(consumer.batches[1]->shares->shares[0].origin.domain, SHARES_MAX + 1);
    cr_assert_eq(consumer.batches[1]->shares->shares[0].flows, 1);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}

/* Adds up the rows of refused flows. */
struct refused {
    size_t rows;
    uint64_t flows;
};

static void add_row(void *context, enum record_kind kind, const struct record *record)
{
    struct refused *refused = context;
    cr_assert_eq(kind, RECORD_LOSSES);
    refused->rows++;
    refused->flows += record->values[LOSSES_FLOWS_REFUSED].number;
}

Test(batch, tells_once_whose_flows_were_refused)
{
    struct consumer consumer = {.is_full = true};
    struct batcher *batcher = new_batcher(&consumer, 100);
    take_datagram(batcher, 1, 130);
    take_datagram(batcher, 2, 80);
    struct refused refused = {0};
    const struct record_sink sink = {add_row, &refused};
    batcher_tell_refused(batcher, NOON, &sink);
    cr_assert_eq(refused.rows, 2);
    cr_assert_eq(refused.flows, 200);
    batcher_tell_refused(batcher, NOON, &sink);
    cr_assert_eq(refused.rows, 2);
    batcher_destroy(&batcher);
}

Test(batch, small_batches_do_not_hold_the_room_of_full_ones)
{
    struct consumer consumer = {0};
    struct batcher *batcher = new_batcher(&consumer, 50);
    take(batcher, NOON, 1);
    batcher_flush(batcher);
    cr_assert_eq(consumer.batches[0]->room, consumer.batches[0]->size);
    consumer_clear(&consumer);
    batcher_destroy(&batcher);
}
