/* SPDX-License-Identifier: BSD-3-Clause -- flows packed into batches, sealed in time. */
#include "ingest/batch/batch.h"

#include "common/clock.h"
#include "common/flow_codec.h"
#include "ingest/batch/account_book.h"
#include "ingest/batch/share_tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BYTES_LEAST = 64 * 1024,
    SHARES_AT_FIRST = 8 /* so many exporters cost a refused batch no memory when it is sealed */
};

struct batcher {
    struct batcher_options options;
    struct batch *batch; /* open, or empty and ready; NULL: none yet */
    uint32_t flow_limit; /* of the open batch */
    struct share_tally tally;
    struct account_book *refused;
    struct flow_packer packer;
    struct batcher_counters counters;
};

struct batch *batch_new(size_t room)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    batch->bytes = malloc(room);
    batch->room = room;
    if (batch->bytes == NULL) {
        batch_destroy(&batch);
    }
    return batch;
}

void batch_destroy(struct batch **batch_p)
{
    struct batch *batch = *batch_p;
    if (batch != NULL) {
        free(batch->bytes);
        share_list_destroy(&batch->shares);
        free(batch);
        *batch_p = NULL;
    }
}

/* A copy without the unused room and without shares, or NULL. */
static struct batch *batch_copy(const struct batch *batch)
{
    struct batch *copy = batch_new(batch->size);
    if (copy == NULL) {
        return NULL;
    }
    uint8_t *bytes = copy->bytes;
    memcpy(bytes, batch->bytes, batch->size);
    *copy = *batch;
    copy->bytes = bytes;
    copy->room = batch->size;
    copy->shares = NULL;
    return copy;
}

/* A flow_packer's series_begun(): a series has one exporter. */
static void follow_origin(void *context, const struct flow *flow)
{
    struct batcher *batcher = context;
    const struct batch *batch = batcher->batch;
    struct flow_origin origin = flow_origin_of(flow, batch->day);
    share_tally_turn(&batcher->tally, &origin, batch->flow_count);
    if (share_tally_is_full(&batcher->tally)) {
        batcher->flow_limit = batch->flow_count + 1;
    }
}

enum err batcher_new(struct batcher **batcher_p, const struct batcher_options *options)
{
    *batcher_p = NULL;
    if (options->max_bytes < MAX_BYTES_LEAST || options->max_flows == 0) {
        return ERR_INVALID;
    }
    struct batcher *batcher = calloc(1, sizeof *batcher);
    if (batcher == NULL) {
        return ERR_MEMORY;
    }
    batcher->options = *options;
    batcher->packer.series_begun = follow_origin;
    batcher->packer.context = batcher;
    batcher->refused = account_book_new();
    if (share_tally_init(&batcher->tally) != ERR_OK || batcher->refused == NULL) {
        batcher_destroy(&batcher);
        return ERR_MEMORY;
    }
    *batcher_p = batcher;
    return ERR_OK;
}

void batcher_destroy(struct batcher **batcher_p)
{
    struct batcher *batcher = *batcher_p;
    if (batcher == NULL) {
        return;
    }
    batcher_flush(batcher);
    batch_destroy(&batcher->batch);
    share_tally_clear(&batcher->tally);
    account_book_destroy(&batcher->refused);
    free(batcher);
    *batcher_p = NULL;
}

static void batch_empty(struct batch *batch)
{
    batch->size = 0;
    batch->flow_count = 0;
}

static void count_refused(struct batcher *batcher, const struct batch *batch)
{
    counter_add(&batcher->counters.flows_dropped_full, batch->flow_count);
    const struct account_entry entry = {.fate = ACCOUNT_REFUSED,
        .flow_count = batch->flow_count,
        .day = batch->day,
        .shares = batch->shares};
    account_book_add(batcher->refused, &entry);
}

/*
 * Hands one batch to the consumer. A batch sealed long before it was full goes out as a copy of its
 * own size, so that a window of many small batches does not hold the room of full ones.
 */
static void deliver(struct batcher *batcher)
{
    struct batch *batch = batcher->batch;
    uint32_t flow_count = batch->flow_count;
    struct batch *copy = batch->size < batch->room / 2 ? batch_copy(batch) : NULL;
    struct batch *sealed = copy != NULL ? copy : batch;
    share_tally_seal(&batcher->tally, flow_count, &sealed->shares);
    if (batcher->options.deliver(batcher->options.context, sealed) != ERR_OK) {
        count_refused(batcher, sealed);
        batch_destroy(&copy);
        return;
    }
    counter_add(&batcher->counters.flows_out, flow_count);
    counter_add(&batcher->counters.batches, 1);
    if (copy == NULL) {
        batcher->batch = NULL;
    }
}

void batcher_flush(struct batcher *batcher)
{
    if (batcher->batch == NULL || batcher->batch->flow_count == 0) {
        return;
    }
    deliver(batcher);
    if (batcher->batch != NULL) {
        batch_empty(batcher->batch);
    }
}

static struct batch *new_batch(const struct batcher *batcher)
{
    struct batch *batch = batch_new((size_t)batcher->options.max_bytes + FLOW_PACKED_MAX);
    if (batch != NULL) {
        batch->shares = share_list_new(SHARES_AT_FIRST); /* NULL: made when it is sealed */
    }
    return batch;
}

/* The open batch for flows of that day, or NULL without memory for one. */
static struct batch *open_batch(struct batcher *batcher, uint32_t day)
{
    struct batch *batch = batcher->batch;
    if (batch != NULL && batch->flow_count != 0 && batch->day == day) {
        return batch;
    }
    batcher_flush(batcher);
    if (batcher->batch == NULL) {
        batcher->batch = new_batch(batcher);
    }
    batch = batcher->batch;
    if (batch != NULL) {
        batch->day = day;
        batch->created_ns = clock_monotonic_ns();
        batcher->flow_limit = batcher->options.max_flows;
        batcher->packer.flow = NULL; /* the first flow of a batch begins a series: it tells whose */
    }
    return batch;
}

static void count_without_memory(struct batcher *batcher, const struct flow *flow, uint32_t day)
{
    counter_add(&batcher->counters.flows_dropped_memory, 1);
    const struct flow_share share = {.origin = flow_origin_of(flow, day), .flows = 1};
    account_book_add_share(batcher->refused, ACCOUNT_REFUSED, &share);
}

void batcher_take(void *context, const struct flow *flow)
{
    struct batcher *batcher = context;
    counter_add(&batcher->counters.flows_in, 1);
    uint32_t day = (uint32_t)(flow_number(flow, FLOW_TIME_RECEIVED) / S_PER_DAY);
    struct batch *batch = open_batch(batcher, day);
    if (batch == NULL) {
        count_without_memory(batcher, flow, day);
        return;
    }
    assert(batch->room - batch->size >= FLOW_PACKED_MAX);
    batch->size += flow_pack(&batcher->packer, flow, batch->bytes + batch->size);
    batch->flow_count++;
    if (batch->size >= batcher->options.max_bytes || batch->flow_count >= batcher->flow_limit) {
        batcher_flush(batcher);
    }
}

int batcher_tick(struct batcher *batcher, uint64_t now_ns)
{
    struct batch *batch = batcher->batch;
    if (batch == NULL || batch->flow_count == 0) {
        return -1;
    }
    uint64_t due_ns = batch->created_ns + batcher->options.max_age_ms * NS_PER_MS;
    if (now_ns >= due_ns) {
        batcher_flush(batcher);
        return -1;
    }
    return (int)((due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

void batcher_tell_refused(
    struct batcher *batcher, uint64_t minute_s, const struct record_sink *sink)
{
    account_book_tell(batcher->refused, minute_s, sink);
}

const struct batcher_counters *batcher_counters(const struct batcher *batcher)
{
    return &batcher->counters;
}
