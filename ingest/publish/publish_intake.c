/* SPDX-License-Identifier: BSD-3-Clause -- batches from the workers: tap, zstd, spool, window. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCHES_A_TURN = 64, /* taken before the other sockets are looked at again */
    COMPRESSION_LEVEL = 1,
    LATE_MAX = 4 /* batches that are written late with each new one */
};

/* Moves the batch's bytes into a message; the batch is gone. */
static enum err message_of_batch(zmq_msg_t *message, struct batch *batch)
{
    enum err err = link_message_take(message, batch->bytes, batch->size);
    if (err == ERR_OK) {
        batch->bytes = NULL;
    }
    batch_destroy(&batch);
    return err;
}

/* Replaces the message by its zstd frame; where that fails, it stays as it is. */
static bool compress_message(struct publisher *publisher, zmq_msg_t *message)
{
    size_t size = zmq_msg_size(message);
    size_t room = ZSTD_compressBound(size);
    uint8_t *bytes = malloc(room);
    if (bytes == NULL) {
        return false;
    }
    size_t packed = ZSTD_compressCCtx(
        publisher->zstd, bytes, room, zmq_msg_data(message), size, COMPRESSION_LEVEL);
    if (ZSTD_isError(packed) || packed >= size) {
        free(bytes);
        return false;
    }
    uint8_t *exact = realloc(bytes, packed);
    bytes = exact != NULL ? exact : bytes;
    zmq_msg_t compressed;
    if (link_message_take(&compressed, bytes, packed) != ERR_OK) {
        free(bytes);
        return false;
    }
    (void)zmq_msg_close(message);
    *message = compressed;
    return true;
}

static void count_spooled(struct publisher *publisher, const struct window_batch *batch)
{
    if (batch->kind == RECORD_FLOWS) {
        counter_add(&publisher->counters.flows_spooled, batch->flow_count);
        publish_ledger_count(publisher, ACCOUNT_SPOOLED, batch);
    }
}

/*
 * When the spool has reached its limit the oldest batches go. When the disk does not work, the
 * batch is in memory only until write_late(): its place stays empty.
 */
static void write_to_spool(struct publisher *publisher, struct window_batch *batch)
{
    enum err err = spool_append(publisher->spool, batch);
    while (err == ERR_FULL && window_drop_oldest(publisher->window)) {
        err = spool_append(publisher->spool, batch);
    }
    if (err == ERR_OK) {
        count_spooled(publisher, batch);
    }
}

/*
 * The disk takes batches: some of those that memory alone has are written as well. A segment has
 * the batches of one id, so those of the id before stay where they are.
 */
static void write_late(struct publisher *publisher)
{
    for (int i = 0; i < LATE_MAX; i++) {
        struct window_batch *batch = window_next_unsaved(publisher->window);
        if (batch == NULL || batch->ingest_id != identity_id(publisher->identity) ||
            spool_append(publisher->spool, batch) != ERR_OK) {
            return;
        }
        count_spooled(publisher, batch);
    }
}

static void drop_without_memory(struct publisher *publisher, struct window_batch *batch)
{
    bool is_flows = batch->kind == RECORD_FLOWS;
    counter_add(is_flows ? &publisher->counters.flows_dropped_memory
                         : &publisher->counters.records_dropped_memory,
        batch->flow_count);
    publish_ledger_count(publisher, ACCOUNT_DROPPED, batch);
    share_list_destroy(&batch->shares);
}

static void keep_in_window(struct publisher *publisher, struct window_batch *batch)
{
    publish_ledger_keep(publisher, batch);
    if (window_append(publisher->window, batch) == ERR_OK) {
        return;
    }
    publish_ledger_release(publisher, batch, false);
    drop_without_memory(publisher, batch);
    (void)zmq_msg_close(&batch->payload);
    if (batch->place.segment != 0) {
        spool_settle(publisher->spool, batch);
    }
}

void publish_append(struct publisher *publisher, struct window_batch *entry)
{
    publish_names_reserve(publisher);
    entry->ingest_id = identity_id(publisher->identity);
    entry->sequence = window_next_sequence(publisher->window);
    if (publisher->spool != NULL) {
        write_to_spool(publisher, entry);
    }
    if (entry->place.segment != 0) {
        write_late(publisher);
    }
    keep_in_window(publisher, entry);
}

void publish_accept(struct publisher *publisher, struct batch *batch)
{
    struct window_batch entry = {
        .created_ms = clock_wall_ns() / NS_PER_MS,
        .payload_size = (uint32_t)batch->size,
        .kind = batch->kind,
        .flow_count = batch->flow_count,
        .day = batch->day,
        .shares = batch->shares,
    };
    batch->shares = NULL;
    publish_ledger_count(publisher, ACCOUNT_ACCEPTED, &entry);
    if (message_of_batch(&entry.payload, batch) != ERR_OK) {
        drop_without_memory(publisher, &entry);
        return;
    }
    if (entry.kind == RECORD_FLOWS) {
        publish_tap_offer(publisher, &entry.payload);
    }
    if (publisher->zstd != NULL) {
        entry.is_compressed = compress_message(publisher, &entry.payload);
    }
    publish_append(publisher, &entry);
}

bool publish_intake(struct publisher *publisher)
{
    for (int i = 0; i < BATCHES_A_TURN; i++) {
        struct batch *batch = publisher->sockets.receive_batch(publisher->sockets.context);
        if (batch == NULL) {
            watch_emptied(&publisher->watch, PUBLISH_INBOX);
            return false;
        }
        publish_accept(publisher, batch);
        counter_add(&publisher->counters.batches_taken, 1);
    }
    return true;
}
