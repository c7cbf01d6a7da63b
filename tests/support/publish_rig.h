/*
 * publish_rig.h -- a publisher's loop on fake sockets and a fake clock, for tests of
 * ingest/publish.
 *
 * Functions and state of the test program that includes it: TestSuite(x, .init = start, .fini =
 * finish). A test that opens a spool sets `folder`, which goes with the suite.
 */
#pragma once

#include "common/clock.h"
#include "ingest/publish/publish_state.h"
#include "tests/support/fake_stores.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>

enum {
    INGEST = 77,
    FIRST = 1000, /* sequence */
    STORE = 9,
    FLOWS = 10, /* a batch */
    DAY = 19700,
    LEASE_MS = 2000,
    MARGIN_MS = LEASE_MS / 2,
    STOP_MS = 5000,
    FIRST_STORE_MS = 2000
};

static const uint64_t START_NS = 100 * NS_PER_S;

static struct fake_stores fake;
static struct publisher publisher;
static char folder[64];

static inline void on_removed(void *context, const struct window_batch *batch, bool is_lost)
{
    (void)context;
    (void)is_lost;
    if (batch->place.segment != 0) {
        spool_settle(publisher.spool, batch);
    }
}

static inline enum err keep_none(void *context, const struct window_batch *batch)
{
    (void)context;
    (void)batch;
    return ERR_OK;
}

static inline void open_window(uint64_t max_bytes)
{
    window_destroy(&publisher.window);
    const struct window_options options = {
        .max_bytes = max_bytes,
        .first_sequence = FIRST,
        .ack_timeout_ms = LEASE_MS,
        .lease_ms = LEASE_MS,
        .removed = on_removed,
    };
    cr_assert_eq(window_new(&publisher.window, &options), ERR_OK);
}

/* .init of the suite */
static inline void start(void)
{
    fake = (struct fake_stores){.now_ns = START_NS, .room = FAKE_SENT_MAX};
    folder[0] = '\0';
    publisher = (struct publisher){
        .sockets = fake_stores_sockets(&fake),
        .started_ns = START_NS,
        .lease_ms = LEASE_MS,
        .stop_timeout_ms = STOP_MS,
    };
    const struct identity_options identity = {.wanted_id = INGEST};
    cr_assert_eq(identity_open(&publisher.identity, &identity), ERR_OK);
    identity_begin(publisher.identity, &(struct identity_spool){0});
    open_window(1 << 20);
}

/* .fini of the suite */
static inline void finish(void)
{
    window_destroy(&publisher.window);
    spool_close(&publisher.spool);
    identity_close(&publisher.identity);
    link_lease_clear(&fake.reply);
    if (folder[0] != '\0') {
        rig_remove_folder(folder);
    }
}

/* Batches with this one number in all of their flows, so that payloads can be told apart. */
static inline void offer(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_lt(fake.batch_count, FAKE_QUEUE_MAX);
        fake.batches[fake.batch_count] = rig_batch(fake.batch_count * FLOWS + 1, FLOWS, DAY);
        fake.batch_count++;
    }
}

static inline void turn(void)
{
    publish_loop_turn(&publisher, WATCH_BIT(PUBLISH_INBOX) | WATCH_BIT(PUBLISH_ACKS));
}

/* The store speaks of sequences first..last. */
static inline void say(enum link_ack_kind kind, uint64_t first, uint64_t last)
{
    struct link_ack ack = {.kind = kind, .store_id = STORE, .stamp_ns = 4711};
    link_ranges_add(&ack.ranges, first, last);
    fake_stores_say(&fake, &ack);
    link_ack_clear(&ack);
}
