/* SPDX-License-Identifier: BSD-3-Clause -- the names that the publisher gives to batches. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>

enum {
    LOOK_PERIOD_MS = 1000,
    REFUSED_LOG_MS = 60000, /* between two log lines */
    RENAMED_AT_ONCE = 4096, /* sequences of a message: a peer may name any range */
};

void publish_names_apply(struct publisher *publisher)
{
    window_continue_from(publisher->window, identity_first_sequence(publisher->identity));
    if (publisher->spool != NULL) {
        spool_set_ingest_id(publisher->spool, identity_id(publisher->identity));
    }
}

void publish_names_reserve(struct publisher *publisher)
{
    uint64_t sequence = window_next_sequence(publisher->window);
    if (identity_reserve(publisher->identity, sequence)) {
        return;
    }
    uint64_t old_id = identity_id(publisher->identity);
    identity_change(publisher->identity, sequence);
    publish_names_apply(publisher);
    log_error("publish", "sequences cannot be reserved; batches have another ingest id from now on",
        "old=%" PRIu64 " new=%" PRIu64, old_id, identity_id(publisher->identity));
}

/* The other process keeps the id. What has a name keeps it, and is sent under the new id. */
static void give_up_id(struct publisher *publisher, const struct link_ack *ack)
{
    uint64_t old_id = identity_id(publisher->identity);
    identity_change(publisher->identity, window_next_sequence(publisher->window));
    publish_names_apply(publisher);
    counter_add(&publisher->counters.id_changes, 1);
    log_error("publish", "another process has the id of this ingest, which takes another one",
        "old=%" PRIu64 " new=%" PRIu64 " epoch=%" PRIu64 " newest_epoch=%" PRIu64, old_id,
        identity_id(publisher->identity), ack->epoch, ack->newest_epoch);
}

/* Epoch 0: a store has seen a process that had this id and took another one. */
static void note_other(struct publisher *publisher, const struct link_ack *ack, uint64_t now_ns)
{
    bool is_for_us = ack->epoch == 0 && ack->newest_epoch == identity_epoch(publisher->identity);
    if (!is_for_us || now_ns < publisher->refused_log_due_ns) {
        return;
    }
    publisher->refused_log_due_ns = now_ns + REFUSED_LOG_MS * NS_PER_MS;
    log_warning("publish", "another process had the id of this ingest, and took another one",
        "ingest=%" PRIu64 " epoch=%" PRIu64, identity_id(publisher->identity), ack->newest_epoch);
}

/* Another batch has its name, so this one was not stored under it: it gets a new one. */
static void rename_batch(struct publisher *publisher, struct window_batch *batch)
{
    zmq_msg_t payload;
    (void)zmq_msg_init(&payload);
    bool is_on_disk = zmq_msg_size(&batch->payload) == 0 && batch->place.segment != 0;
    if (is_on_disk && spool_read(publisher->spool, batch, &payload) != ERR_OK) {
        return; /* it is refused again, and read again */
    }
    const struct window_batch old = {.place = batch->place, .sequence = batch->sequence};
    struct window_batch entry;
    window_take_out(publisher->window, batch, &entry);
    if (is_on_disk) {
        (void)zmq_msg_close(&entry.payload);
        entry.payload = payload;
    }
    entry.place = (struct window_place){0};
    publish_ledger_release(publisher, &entry, false); /* its list is kept anew */
    publish_append(publisher, &entry);
    if (old.place.segment != 0) {
        spool_settle(publisher->spool, &old);
    }
}

/* Of `left_p` sequences at most, which is less by what was looked at. */
static void rename_range(struct publisher *publisher, const struct link_range *range,
    const struct link_ack *ack, size_t *left_p)
{
    uint64_t sequences_less_one = range->last - range->first;
    for (uint64_t i = 0; i <= sequences_less_one && *left_p > 0; i++) {
        (*left_p)--;
        struct window_batch *batch = window_find_sent(publisher->window, range->first + i);
        if (batch != NULL && batch->ingest_id == identity_id(publisher->identity)) {
            give_up_id(publisher, ack);
        }
        if (batch != NULL) {
            rename_batch(publisher, batch);
        }
    }
}

void publish_names_refused(struct publisher *publisher, const struct link_ack *ack, uint64_t now_ns)
{
    if (ack->epoch != identity_epoch(publisher->identity)) {
        note_other(publisher, ack, now_ns);
        return;
    }
    if (ack->newest_epoch == ack->epoch) {
        size_t left = RENAMED_AT_ONCE;
        for (size_t i = 0; i < ack->ranges.count; i++) {
            rename_range(publisher, &ack->ranges.values[i], ack, &left);
        }
        return;
    }
    give_up_id(publisher, ack);
    window_change_sender(publisher->window, &ack->ranges);
}

void publish_names_look(struct publisher *publisher, uint64_t now_ns)
{
    if (now_ns >= publisher->identity_due_ns) {
        publisher->identity_due_ns = now_ns + LOOK_PERIOD_MS * NS_PER_MS;
        identity_look(publisher->identity);
    }
}
