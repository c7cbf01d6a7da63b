/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's loop, on fake sockets and a fake clock.
 */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "ingest/publish/spool_record.h"
#include "tests/support/publish_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(publish_loop, .init = start, .fini = finish);

static void advance_ms(uint64_t ms)
{
    fake.now_ns += ms * NS_PER_MS;
}

static void open_spool(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/goflow-publish-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    const struct spool_options options = {.folder = folder,
        .fallback_id = INGEST,
        .max_bytes = 1 << 20,
        .segment_bytes = 1 << 16,
        .sync_period_ms = 1000};
    cr_assert_eq(spool_open(&publisher.spool, &options, keep_none, NULL), ERR_OK);
}

static const struct window_counters *counters(void)
{
    return window_counters(publisher.window);
}

Test(publish_loop, sends_each_batch_with_its_name_and_size)
{
    offer(3);
    turn();
    cr_assert_eq(fake.sent_count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        const struct link_header *header = &fake.sent[i].header;
        cr_assert_eq(header->ingest_id, INGEST);
        cr_assert_eq(header->epoch, identity_epoch(publisher.identity));
        cr_assert_eq(header->sequence, FIRST + i);
        cr_assert_eq(header->flow_count, FLOWS);
        cr_assert_eq(header->day, DAY);
        cr_assert_eq(header->lease_ms, LEASE_MS);
        cr_assert_eq(header->attempt, 0);
        cr_assert_eq(header->payload_size, fake.sent[i].size);
        cr_assert_eq(header->kind, RECORD_FLOWS);
    }
    cr_assert_neq(memcmp(fake.sent[0].payload, fake.sent[1].payload, fake.sent[0].size), 0);
    cr_assert_eq(counter_get(&publisher.counters.batches_sent), 3);
    cr_assert_eq(counter_get(&publisher.counters.batches_taken), 3);
}

Test(publish_loop, keeps_batches_in_order_until_a_store_has_room)
{
    fake.room = 0;
    offer(3);
    turn();
    cr_assert_eq(fake.sent_count, 0);
    fake.room = 2;
    turn();
    fake.room = 2;
    turn();
    cr_assert_eq(fake.sent_count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(fake.sent[i].header.sequence, FIRST + i);
        cr_assert_eq(fake.sent[i].header.attempt, 0, "it was never sent before");
    }
}

Test(publish_loop, looks_only_where_something_is_ready)
{
    offer(1);
    say(LINK_ACK_STORED, FIRST, FIRST);
    publish_loop_turn(&publisher, 0);
    cr_assert_eq(fake.batch_at, 0);
    cr_assert_eq(fake.ack_at, 0);
}

Test(publish_loop, grants_a_lease_to_the_store_that_asked)
{
    offer(2);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST + 1);
    turn();
    cr_assert_eq(fake.reply_count, 1);
    cr_assert_str_eq(fake.replied_to, "store");
    cr_assert_eq(fake.reply.ingest_id, INGEST);
    cr_assert_eq(fake.reply.stamp_ns, 4711);
    cr_assert_eq(fake.reply.ranges[LINK_GRANTED].count, 1);
    cr_assert_eq(fake.reply.ranges[LINK_GRANTED].values[0].last, FIRST + 1);
    cr_assert_not(fake.reply.is_last);
    cr_assert_eq(counter_get(&publisher.counters.acks[LINK_ACK_HELD]), 1);
}

Test(publish_loop, forgets_what_is_stored_or_in_the_dead_letters)
{
    offer(3);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST + 2);
    say(LINK_ACK_STORED, FIRST, FIRST + 1);
    say(LINK_ACK_SHELVED, FIRST + 2, FIRST + 2);
    turn();
    cr_assert_eq(window_count(publisher.window), 0);
    cr_assert_eq(counter_get(&counters()->stored.flows), 2 * FLOWS);
    cr_assert_eq(counter_get(&counters()->shelved.flows), FLOWS);
}

Test(publish_loop, sends_again_what_no_store_asked_for)
{
    offer(1);
    turn();
    advance_ms(LEASE_MS - 1);
    turn();
    cr_assert_eq(fake.sent_count, 1);
    advance_ms(1);
    turn();
    cr_assert_eq(fake.sent_count, 2);
    cr_assert_eq(fake.sent[1].header.sequence, FIRST);
    cr_assert_eq(fake.sent[1].header.attempt, 1);
    cr_assert_eq(memcmp(fake.sent[0].payload, fake.sent[1].payload, fake.sent[0].size), 0);
}

Test(publish_loop, says_that_no_store_asked_once_a_lease)
{
    fake.room = 200;
    offer(1);
    turn();
    advance_ms(LEASE_MS - 1);
    turn();
    cr_assert_eq(fake.unheard_count, 0);
    for (int i = 0; i < 3; i++) {
        advance_ms(1);
        offer(1);
        turn();
    }
    cr_assert_eq(fake.unheard_count, 1);
    advance_ms(LEASE_MS);
    turn();
    cr_assert_eq(fake.unheard_count, 2);
    cr_assert_eq(counter_get(&publisher.counters.requests_missing), 2);
}

Test(publish_loop, ignores_what_is_for_another_ingest)
{
    offer(1);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST);
    struct link_ack ack = {.kind = LINK_ACK_STORED, .ingest_id = INGEST + 1, .store_id = STORE};
    link_ranges_add(&ack.ranges, FIRST, FIRST);
    fake_stores_say(&fake, &ack);
    turn();
    cr_assert_eq(window_count(publisher.window), 1);
    cr_assert_eq(counter_get(&publisher.counters.acks_bad), 1);
    ack.ingest_id = INGEST;
    fake_stores_say(&fake, &ack);
    turn();
    cr_assert_eq(window_count(publisher.window), 0);
    cr_assert_eq(fake.learned_id, STORE);
    link_ack_clear(&ack);
}

Test(publish_loop, sends_again_when_a_lease_and_its_margin_are_over)
{
    offer(1);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST);
    turn();
    advance_ms(LEASE_MS + MARGIN_MS - 1);
    turn();
    cr_assert_eq(fake.sent_count, 1);
    advance_ms(1);
    turn();
    cr_assert_eq(fake.sent_count, 2);
    cr_assert_eq(counter_get(&counters()->resent_lapsed), 1);
}

/* A turn that takes long must not count a lease from its beginning: it would end too early. */
Test(publish_loop, a_lease_counts_from_the_moment_of_its_question_not_of_the_turn)
{
    offer(1);
    turn();
    fake.receive_ns = NS_PER_S;
    say(LINK_ACK_HELD, FIRST, FIRST);
    turn();
    advance_ms(LEASE_MS + MARGIN_MS - 1);
    turn();
    cr_assert_eq(fake.sent_count, 1);
    advance_ms(1);
    turn();
    cr_assert_eq(fake.sent_count, 2);
}

Test(publish_loop, a_batch_that_a_store_cannot_read_is_sent_again_three_times_at_most)
{
    offer(1);
    for (int i = 0; i < 3; i++) {
        turn();
        say(LINK_ACK_CORRUPT, FIRST, FIRST);
    }
    turn();
    cr_assert_eq(fake.sent_count, 3);
    cr_assert_eq(counter_get(&counters()->dropped_refused.flows), FLOWS);
}

Test(publish_loop, counts_acknowledgements_that_make_no_sense)
{
    offer(1);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST);
    fake_stores_say_bytes(&fake, "\xff\xff", 2);
    fake.acks[fake.ack_count++] = zmsg_new(); /* without frames */
    say(LINK_ACK_STORED, FIRST, FIRST);
    turn();
    cr_assert_eq(counter_get(&publisher.counters.acks_bad), 1);
    cr_assert_eq(fake.reply_count, 1);
    cr_assert_eq(window_count(publisher.window), 0, "the next one counts");
}

Test(publish_loop, the_last_lease_is_marked_when_a_stop_has_nothing_else_to_send)
{
    offer(2);
    turn();
    fake.room = 0;
    offer(1);
    publish_loop_stop(&publisher);
    say(LINK_ACK_HELD, FIRST, FIRST + 1);
    turn();
    cr_assert_eq(fake.reply_count, 1);
    cr_assert_not(fake.reply.is_last, "one batch is not sent");
    fake.room = 1;
    turn();
    say(LINK_ACK_HELD, FIRST + 2, FIRST + 2);
    turn();
    cr_assert_eq(fake.reply_count, 2);
    cr_assert(fake.reply.is_last, "no store needs to wait for more");
}

Test(publish_loop, no_lease_is_the_last_one_before_a_stop)
{
    offer(1);
    turn();
    say(LINK_ACK_HELD, FIRST, FIRST);
    turn();
    cr_assert_null(window_next(publisher.window), "all is sent");
    cr_assert_not(fake.reply.is_last);
}

Test(publish_loop, a_stop_takes_everything_that_the_ports_have)
{
    offer(200);
    publish_loop_stop(&publisher);
    cr_assert_eq(fake.batch_at, 200);
    cr_assert_eq(fake.sent_count, 200);
}

Test(publish_loop, a_turn_leaves_time_for_the_other_sockets)
{
    offer(200);
    turn();
    cr_assert_lt(fake.batch_at, 200);
    cr_assert_eq(fake.sent_count, fake.batch_at);
}

Test(publish_loop, a_stop_waits_for_what_only_this_process_has)
{
    fake.room = 0;
    offer(1);
    publish_loop_stop(&publisher);
    advance_ms(STOP_MS - 1);
    cr_assert(publish_loop_is_worth_waiting(&publisher));
    advance_ms(1);
    cr_assert_not(publish_loop_is_worth_waiting(&publisher));
    publish_loop_abandon(&publisher);
    cr_assert_eq(counter_get(&counters()->dropped_stop.flows), FLOWS);
    cr_assert_eq(window_count(publisher.window), 0);
}

Test(publish_loop, a_stop_waits_a_second_for_rows_that_are_not_flows)
{
    fake.room = 0;
    offer(1);
    fake.batches[0]->kind = RECORD_COUNTERS;
    publish_loop_stop(&publisher);
    cr_assert_eq(window_count(publisher.window), 1);
    advance_ms(999);
    cr_assert(publish_loop_is_worth_waiting(&publisher));
    advance_ms(1);
    cr_assert_not(publish_loop_is_worth_waiting(&publisher));
}

Test(publish_loop, a_stop_does_not_wait_when_everything_is_stored)
{
    offer(1);
    say(LINK_ACK_HELD, FIRST, FIRST);
    say(LINK_ACK_STORED, FIRST, FIRST);
    publish_loop_stop(&publisher);
    cr_assert_not(publish_loop_is_worth_waiting(&publisher));
}

Test(publish_loop, a_stop_waits_for_stores_that_have_batches_of_the_spool)
{
    open_spool();
    offer(1);
    advance_ms(FIRST_STORE_MS);
    turn();
    fake.room = 0;
    publish_loop_stop(&publisher);
    cr_assert(publish_loop_is_worth_waiting(&publisher), "a store may have it");
    advance_ms(LEASE_MS);
    turn();
    cr_assert_not(publish_loop_is_worth_waiting(&publisher), "nobody has it: the spool keeps it");
    publish_loop_abandon(&publisher);
    cr_assert_eq(counter_get(&counters()->kept.flows), FLOWS);
    cr_assert_eq(counter_get(&counters()->dropped_stop.flows), 0);
}

Test(publish_loop, a_stop_right_after_the_start_waits_for_the_first_store)
{
    open_spool();
    fake.room = 0;
    offer(1);
    publish_loop_stop(&publisher);
    advance_ms(FIRST_STORE_MS - 1);
    cr_assert(publish_loop_is_worth_waiting(&publisher));
    advance_ms(1);
    cr_assert_not(publish_loop_is_worth_waiting(&publisher));
    fake.room = 1;
    cr_assert(publish_loop_is_worth_waiting(&publisher), "a store is there now");
}

Test(publish_loop, sends_from_the_disk_what_memory_had_no_room_for)
{
    open_spool();
    open_window(1);
    fake.room = 0;
    offer(3);
    turn();
    cr_assert_eq(counter_get(&publisher.counters.flows_spooled), 3 * FLOWS);
    fake.room = FAKE_SENT_MAX;
    turn();
    cr_assert_eq(fake.sent_count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        struct batch *batch = rig_batch(i * FLOWS + 1, FLOWS, DAY);
        cr_assert_eq(fake.sent[i].header.sequence, FIRST + i);
        cr_assert_eq(fake.sent[i].size, batch->size);
        cr_assert_eq(memcmp(fake.sent[i].payload, batch->bytes, batch->size), 0);
        batch_destroy(&batch);
    }
    cr_assert_eq(counter_get(&counters()->dropped_window.flows), 0);
}

/* Flips bits in the payload of the second of equally large batches. */
static void damage_second(size_t size)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%016x.spool", folder, 1);
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    size_t at = SPOOL_SEGMENT_HEADER + 2 * SPOOL_RECORD_HEADER + size;
    uint8_t byte = 0;
    cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
    (void)close(fd);
}

Test(publish_loop, a_batch_that_is_damaged_on_the_disk_holds_up_no_other)
{
    open_spool();
    open_window(1); /* the first batch is in memory, the others are not */
    fake.room = 0;
    offer(3);
    size_t size = fake.batches[0]->size;
    cr_assert_eq(fake.batches[1]->size, size);
    turn();
    damage_second(size);
    fake.room = FAKE_SENT_MAX;
    turn();
    cr_assert_eq(fake.sent_count, 2);
    cr_assert_eq(fake.sent[0].header.sequence, FIRST);
    cr_assert_eq(fake.sent[1].header.sequence, FIRST + 2);
    cr_assert_eq(counter_get(&counters()->dropped_damaged.flows), FLOWS);
}

Test(publish_loop, sleeps_shortly_while_anything_waits_and_for_ever_without)
{
    cr_assert_eq(publish_loop_patience_ms(&publisher), -1);
    fake.room = 0;
    offer(1);
    turn();
    int patience_ms = publish_loop_patience_ms(&publisher);
    cr_assert(patience_ms > 0 && patience_ms < LEASE_MS / 4);
}
