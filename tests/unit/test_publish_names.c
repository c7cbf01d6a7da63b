/* SPDX-License-Identifier: BSD-3-Clause -- an ingest whose names a store refuses. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "ingest/publish/spool_record.h"
#include "tests/support/publish_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(publish_names, .init = start, .fini = finish);

static enum err count_recovered(void *context, const struct window_batch *batch)
{
    (void)batch;
    ++*(uint32_t *)context;
    return ERR_OK;
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

/* A store refuses names of the process with this epoch. */
static void refuse_name(uint64_t epoch, uint64_t newest_epoch, uint64_t first, uint64_t last)
{
    struct link_ack ack = {.kind = LINK_ACK_NAME_REFUSED,
        .store_id = STORE,
        .epoch = epoch,
        .newest_epoch = newest_epoch};
    link_ranges_add(&ack.ranges, first, last);
    fake_stores_say(&fake, &ack);
    link_ack_clear(&ack);
}

Test(publish_names, refusal_of_the_last_sequences_there_are_ends)
{
    offer(1);
    turn();
    uint64_t epoch = identity_epoch(publisher.identity);
    refuse_name(epoch, epoch, UINT64_MAX - 1, UINT64_MAX);
    turn();
    cr_assert_eq(identity_id(publisher.identity), INGEST);
    cr_assert_eq(fake.sent_count, 1);
}

Test(publish_names, takes_another_id_when_another_process_has_its_own)
{
    offer(2);
    turn();
    uint64_t epoch = identity_epoch(publisher.identity);
    refuse_name(epoch, epoch + 1, FIRST, FIRST);
    turn();
    cr_assert_neq(identity_id(publisher.identity), INGEST);
    cr_assert_eq(counter_get(&publisher.counters.id_changes), 1);
    /* What has a name keeps it, at once where it was refused. */
    cr_assert_eq(fake.sent_count, 3);
    cr_assert_eq(fake.sent[2].header.sequence, FIRST);
    cr_assert_eq(fake.sent[2].header.ingest_id, INGEST);
    cr_assert_eq(fake.sent[2].header.sender_id, identity_id(publisher.identity));
    cr_assert_gt(fake.sent[2].header.epoch, epoch);
    cr_assert_eq(fake.sent[2].header.payload_crc, fake.sent[0].header.payload_crc);
    /* The other process may have had it inserted. */
    say(LINK_ACK_HELD, FIRST, FIRST + 1);
    turn();
    cr_assert_eq(fake.reply.ranges[LINK_GRANTED].count, 0);
    cr_assert_eq(fake.reply.ranges[LINK_REGRANTED].values[0].last, FIRST + 1);
    /* New ones have the new id. */
    offer(1);
    turn();
    cr_assert_eq(fake.sent[3].header.ingest_id, identity_id(publisher.identity));
    cr_assert_gt(fake.sent[3].header.sequence, FIRST + 1);
    /* The same said again, or by another store, changes nothing. */
    refuse_name(epoch, epoch + 1, FIRST + 1, FIRST + 1);
    turn();
    cr_assert_eq(counter_get(&publisher.counters.id_changes), 1);
    cr_assert_eq(window_count(publisher.window), 3);
}

Test(publish_names, keeps_its_id_when_the_other_process_was_refused)
{
    offer(1);
    turn();
    uint64_t epoch = identity_epoch(publisher.identity);
    refuse_name(epoch - 1, epoch, FIRST, FIRST);
    turn();
    cr_assert_eq(identity_id(publisher.identity), INGEST);
    cr_assert_eq(fake.sent_count, 1);
}

static void check_renamed(void)
{
    offer(2);
    turn();
    uint64_t epoch = identity_epoch(publisher.identity);
    refuse_name(epoch, epoch, FIRST, FIRST);
    turn();
    cr_assert_eq(fake.sent_count, 3);
    cr_assert_eq(fake.sent[2].header.ingest_id, identity_id(publisher.identity));
    cr_assert_neq(fake.sent[2].header.ingest_id, INGEST);
    cr_assert_gt(fake.sent[2].header.sequence, FIRST + 1);
    cr_assert_eq(fake.sent[2].size, fake.sent[0].size);
    cr_assert_eq(memcmp(fake.sent[2].payload, fake.sent[0].payload, fake.sent[0].size), 0);
    cr_assert_eq(window_count(publisher.window), 2);
    cr_assert_eq(counter_get(&counters()->in.flows), 2 * FLOWS);
    cr_assert_eq(counter_get(&counters()->waiting.flows), 2 * FLOWS);
    say(LINK_ACK_HELD, FIRST, UINT64_MAX);
    say(LINK_ACK_STORED, FIRST, UINT64_MAX);
    turn();
    cr_assert_eq(window_count(publisher.window), 0);
    cr_assert_eq(counter_get(&counters()->stored.flows), 2 * FLOWS);
    cr_assert_eq(counter_get(&counters()->waiting_bytes), 0);
}

Test(publish_names, renames_a_batch_whose_name_another_one_has)
{
    check_renamed();
}

Test(publish_names, renames_a_batch_on_the_disk_too)
{
    open_spool();
    spool_set_ingest_id(publisher.spool, INGEST);
    check_renamed();
    spool_close(&publisher.spool);
    uint32_t found = 0;
    const struct spool_options options = {
        .folder = folder, .max_bytes = 1 << 20, .segment_bytes = 1 << 16, .sync_period_ms = 1000};
    cr_assert_eq(spool_open(&publisher.spool, &options, count_recovered, &found), ERR_OK);
    cr_assert_eq(found, 0, "each is settled, under both names");
}
