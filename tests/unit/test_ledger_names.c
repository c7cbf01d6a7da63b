/* SPDX-License-Identifier: BSD-3-Clause -- two processes with one id, two batches with one name. */
#include "store/pull/ledger.h"

#include "common/clock.h"

#include <criterion/criterion.h>

enum {
    INGEST = 7, /* the id that two processes have */
    OTHER = 8,  /* the id that one of them takes then */
    STORE = 9,
    LEASE_MS = 3000,
    CRC = 4711
};

static const uint64_t NOW = 1000000 * NS_PER_MS;
static const uint64_t LEASE_NS = LEASE_MS * NS_PER_MS;
static const uint64_t OLDER = LINK_EPOCH_COUNTED + 5;
static const uint64_t NEWER = LINK_EPOCH_COUNTED + 6;

/* What the ledger told its owner last. */
struct heard {
    uint64_t to; /* whom the acknowledgement is for */
    struct link_ack ack;
    struct link_ack refusal; /* the last one of that kind */
    uint64_t refused_to;
    struct link_range range;
    uint32_t acks[LINK_ACK_KIND_COUNT];
    uint32_t granted;
    uint32_t conflicts[LEDGER_CHANGED_ID + 1];
};

static struct heard heard;
static struct ledger *ledger;
static int place; /* of the copies */

static void on_granted(void *context, const struct ledger_batch *batch, bool is_first)
{
    (void)context;
    (void)batch;
    (void)is_first;
    heard.granted++;
}

static void on_batch(void *context, const struct ledger_batch *batch)
{
    (void)context;
    (void)batch;
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    (void)context;
    heard.to = ingest_id;
    heard.ack = *ack;
    heard.range = ack->ranges.values[0];
    heard.acks[ack->kind]++;
    if (ack->kind == LINK_ACK_NAME_REFUSED) {
        heard.refusal = *ack;
        heard.refused_to = ingest_id;
    }
}

static void on_unanswered(void *context, uint64_t ingest_id)
{
    (void)context;
    (void)ingest_id;
}

static void on_conflict(
    void *context, const struct link_header *header, enum ledger_conflict conflict)
{
    (void)context;
    (void)header;
    heard.conflicts[conflict]++;
}

static void start(void)
{
    heard = (struct heard){0};
    const struct ledger_listener listener = {
        .granted = on_granted,
        .renewed = on_batch,
        .forgotten = on_batch,
        .acknowledge = on_acknowledge,
        .conflict = on_conflict,
        .unanswered = on_unanswered,
    };
    cr_assert_eq(ledger_new(&ledger, STORE, &listener), ERR_OK);
}

static void stop(void)
{
    ledger_destroy(&ledger);
}

TestSuite(ledger_names, .init = start, .fini = stop);

static struct link_header header_of(uint64_t sequence, uint64_t epoch)
{
    return (struct link_header){.ingest_id = INGEST,
        .sender_id = INGEST,
        .sequence = sequence,
        .epoch = epoch,
        .payload_crc = CRC,
        .lease_ms = LEASE_MS};
}

static enum ledger_arrival take(struct link_header header, uint64_t now_ns)
{
    return ledger_take(ledger, &header, &place, now_ns);
}

/* The process that lost the id sends a batch that has its name from before. */
static struct link_header renamed(uint64_t sequence)
{
    struct link_header header = header_of(sequence, NEWER + 100);
    header.sender_id = OTHER;
    return header;
}

static void store_batch(uint64_t sequence)
{
    ledger_settle(ledger, INGEST, sequence, LINK_ACK_STORED, &place);
}

Test(ledger_names, of_an_older_process_are_refused_and_it_hears_by_whom)
{
    cr_assert_eq(take(header_of(1, NEWER), NOW), LEDGER_NEW);
    cr_assert_eq(take(header_of(2, OLDER), NOW + 10 * LEASE_NS), LEDGER_REFUSED);
    cr_assert_eq(heard.conflicts[LEDGER_OLDER_PROCESS], 1);
    ledger_flush(ledger, NOW + 10 * LEASE_NS);
    cr_assert_eq(heard.acks[LINK_ACK_NAME_REFUSED], 1);
    cr_assert_eq(heard.acks[LINK_ACK_HELD], 1, "for the newer one's batch alone");
    cr_assert_eq(ledger_stale_epochs(ledger), 1);
    cr_assert_null(ledger_find(ledger, INGEST, 2));
}

Test(ledger_names, refusals_name_both_epochs)
{
    (void)take(header_of(1, NEWER), NOW);
    ledger_flush(ledger, NOW + LEASE_NS / 10);
    (void)take(header_of(2, OLDER), NOW + LEASE_NS / 10);
    ledger_flush(ledger, NOW + LEASE_NS / 10);
    cr_assert_eq(heard.ack.kind, LINK_ACK_NAME_REFUSED);
    cr_assert_eq(heard.to, INGEST);
    cr_assert_eq(heard.ack.epoch, OLDER);
    cr_assert_eq(heard.ack.newest_epoch, NEWER);
    cr_assert_eq(heard.ack.to_epoch, OLDER);
    cr_assert_eq(heard.range.first, 2);
}

Test(ledger_names, that_a_changed_id_leaves_behind_are_reported_to_who_kept_it)
{
    (void)take(header_of(1, NEWER), NOW);
    ledger_flush(ledger, NOW + LEASE_NS / 10);
    for (uint64_t sequence = 2; sequence < 5; sequence++) {
        (void)take(renamed(sequence), NOW + LEASE_NS / 10);
    }
    cr_assert_eq(heard.conflicts[LEDGER_CHANGED_ID], 1, "once");
    ledger_flush(ledger, NOW + LEASE_NS / 10);
    cr_assert_eq(heard.acks[LINK_ACK_NAME_REFUSED], 1);
    cr_assert_eq(heard.refused_to, INGEST);
    cr_assert_eq(heard.refusal.to_epoch, NEWER);
    cr_assert_eq(heard.refusal.epoch, 0);
    cr_assert_eq(heard.refusal.newest_epoch, NEWER);
}

Test(ledger_names, of_the_process_before_a_restart_come_late)
{
    (void)take(header_of(1, NEWER), NOW);
    cr_assert_eq(take(header_of(2, OLDER), NOW + LEASE_NS), LEDGER_REFUSED);
    cr_assert_eq(heard.conflicts[LEDGER_LATE_PROCESS], 1, "not worth a log line");
}

Test(ledger_names, of_a_newer_process_are_taken)
{
    (void)take(header_of(1, OLDER), NOW);
    cr_assert_eq(take(header_of(2, NEWER), NOW), LEDGER_NEW);
    cr_assert_eq(heard.conflicts[LEDGER_OLDER_PROCESS] + heard.conflicts[LEDGER_LATE_PROCESS], 0);
}

Test(ledger_names, of_builds_whose_epochs_are_times_are_taken_whatever_the_clock_shows)
{
    const uint64_t today = UINT64_C(1790000000000000);
    cr_assert_eq(take(header_of(1, today), NOW), LEDGER_NEW);
    cr_assert_eq(take(header_of(2, today - 86400), NOW), LEDGER_NEW);
    /* Also after an upgrade that was taken back. */
    cr_assert_eq(take(header_of(3, NEWER), NOW), LEDGER_NEW);
    cr_assert_eq(take(header_of(4, today), NOW), LEDGER_NEW);
    cr_assert_eq(take(header_of(5, OLDER), NOW), LEDGER_NEW);
}

Test(ledger_names, with_other_content_are_refused)
{
    (void)take(header_of(1, NEWER), NOW);
    struct link_header other = header_of(1, NEWER);
    other.payload_crc = CRC + 1;
    cr_assert_eq(take(other, NOW), LEDGER_REFUSED);
    store_batch(1);
    cr_assert_eq(take(other, NOW), LEDGER_REFUSED, "also when the first is stored");
    ledger_flush(ledger, NOW);
    cr_assert_eq(heard.acks[LINK_ACK_NAME_REFUSED], 1);
    cr_assert_eq(take(header_of(1, NEWER), NOW), LEDGER_DUPLICATE, "the first one is still known");
    other.payload_crc = 0;
    cr_assert_eq(take(other, NOW), LEDGER_DUPLICATE, "of an older build");
}

Test(ledger_names, with_other_content_are_refused_whoever_sends_them)
{
    (void)take(header_of(1, NEWER), NOW);
    struct link_header other = renamed(1);
    other.payload_crc = CRC + 1;
    cr_assert_eq(take(other, NOW), LEDGER_REFUSED);
}

Test(ledger_names, are_taken_from_a_sender_with_another_id_and_answered_there)
{
    (void)take(header_of(1, NEWER), NOW);
    ledger_flush(ledger, NOW + LEASE_NS / 10);
    cr_assert_eq(take(renamed(2), NOW + LEASE_NS / 10), LEDGER_NEW);
    ledger_flush(ledger, NOW + LEASE_NS / 5);
    cr_assert_eq(heard.ack.kind, LINK_ACK_HELD);
    cr_assert_eq(heard.to, OTHER);
    cr_assert_eq(heard.range.first, 2);
    cr_assert_not_null(ledger_find(ledger, INGEST, 2));
    struct link_lease lease = {.ingest_id = OTHER, .stamp_ns = NOW + LEASE_NS / 5};
    link_ranges_add(&lease.ranges[LINK_GRANTED], 2, 2);
    ledger_lease(ledger, &lease, NOW + LEASE_NS / 5);
    link_lease_clear(&lease);
    cr_assert_eq(heard.granted, 1);
    store_batch(2);
    ledger_flush(ledger, NOW + LEASE_NS / 5);
    cr_assert_eq(heard.acks[LINK_ACK_STORED], 1);
    cr_assert_eq(heard.to, OTHER);
}

Test(ledger_names, that_two_senders_have_are_here_once)
{
    cr_assert_eq(take(header_of(1, NEWER), NOW), LEDGER_NEW);
    cr_assert_eq(take(renamed(1), NOW), LEDGER_DUPLICATE, "the other one's copy is live");
    store_batch(1);
    ledger_flush(ledger, NOW);
    cr_assert_eq(take(renamed(1), NOW), LEDGER_DUPLICATE);
    ledger_flush(ledger, NOW);
    cr_assert_eq(heard.acks[LINK_ACK_STORED], 2);
    cr_assert_eq(heard.to, OTHER, "it hears that the batch is stored");
}

/* A machine and its copy found the same batches in their spools. */
Test(ledger_names, wait_for_the_sender_that_kept_the_id_and_found_them_too)
{
    struct link_header owner = header_of(100, NEWER);
    owner.recovered_from = 10;
    (void)take(owner, NOW);
    cr_assert_eq(take(renamed(12), NOW), LEDGER_DUPLICATE);
    cr_assert_eq(take(renamed(9), NOW), LEDGER_NEW, "that one it has no longer");
    owner.sequence = 101;
    owner.recovered_from = 13;
    (void)take(owner, NOW);
    cr_assert_eq(take(renamed(12), NOW), LEDGER_NEW);
    cr_assert_eq(take(renamed(13), NOW), LEDGER_DUPLICATE);
    owner.sequence = 102;
    owner.recovered_from = 0;
    (void)take(owner, NOW);
    cr_assert_eq(take(renamed(13), NOW), LEDGER_NEW);
}

Test(ledger_names, do_not_wait_for_a_sender_that_is_gone)
{
    struct link_header owner = header_of(100, NEWER);
    owner.recovered_from = 10;
    (void)take(owner, NOW);
    cr_assert_eq(take(renamed(12), NOW + 3 * LEASE_NS - 1), LEDGER_DUPLICATE);
    cr_assert_eq(take(renamed(12), NOW + 3 * LEASE_NS), LEDGER_NEW);
}

Test(ledger_names, that_are_refused_as_corrupt_are_given_up)
{
    struct link_header header = header_of(1, NEWER);
    (void)take(header, NOW);
    ledger_refuse(ledger, &header, LINK_ACK_CORRUPT);
    cr_assert_null(ledger_find(ledger, INGEST, 1), "the ingest gives it to any store now");
    ledger_flush(ledger, NOW);
    cr_assert_eq(heard.acks[LINK_ACK_CORRUPT], 1);
}
