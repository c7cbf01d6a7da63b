/* SPDX-License-Identifier: BSD-3-Clause -- flows packed into batches, sealed in time. */
#include "ingest/batch/batch.h"

#include "common/clock.h"
#include "common/flow_codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BYTES_LEAST = 64 * 1024,
    SECONDS_PER_DAY = 86400
};

struct batcher {
    struct batcher_options options;
    struct batch *batch; /* open, or empty and ready; NULL: none yet */
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
        free(batch);
        *batch_p = NULL;
    }
}

/* A copy without the unused room, or NULL. */
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
    return copy;
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
    free(batcher);
    *batcher_p = NULL;
}

static void batch_empty(struct batch *batch)
{
    batch->size = 0;
    batch->flow_count = 0;
}

/*
 * Hands one batch to the consumer. A batch sealed long before it was full goes out as a copy of its
 * own size, so that a window of many small batches does not hold the room of full ones.
 */
static enum err deliver(struct batcher *batcher)
{
    struct batch *batch = batcher->batch;
    struct batch *copy = batch->size < batch->room / 2 ? batch_copy(batch) : NULL;
    enum err err = batcher->options.deliver(batcher->options.context, copy != NULL ? copy : batch);
    if (err != ERR_OK) {
        batch_destroy(&copy);
    } else if (copy == NULL) {
        batcher->batch = NULL;
    }
    return err;
}

void batcher_flush(struct batcher *batcher)
{
    if (batcher->batch == NULL || batcher->batch->flow_count == 0) {
        return;
    }
    uint32_t flow_count = batcher->batch->flow_count;
    if (deliver(batcher) == ERR_OK) {
        counter_add(&batcher->counters.flows_out, flow_count);
        counter_add(&batcher->counters.batches, 1);
    } else {
        counter_add(&batcher->counters.flows_dropped_full, flow_count);
    }
    if (batcher->batch != NULL) {
        batch_empty(batcher->batch);
    }
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
        batcher->batch = batch_new((size_t)batcher->options.max_bytes + FLOW_PACKED_MAX);
    }
    batch = batcher->batch;
    if (batch != NULL) {
        batch->day = day;
        batch->created_ns = clock_monotonic_ns();
    }
    return batch;
}

void batcher_take(void *context, const struct flow *flow)
{
    struct batcher *batcher = context;
    counter_add(&batcher->counters.flows_in, 1);
    uint32_t day = (uint32_t)(flow_number(flow, FLOW_TIME_RECEIVED) / SECONDS_PER_DAY);
    struct batch *batch = open_batch(batcher, day);
    if (batch == NULL) {
        counter_add(&batcher->counters.flows_dropped_memory, 1);
        return;
    }
    assert(batch->room - batch->size >= FLOW_PACKED_MAX);
    batch->size += flow_pack(&batcher->packer, flow, batch->bytes + batch->size);
    batch->flow_count++;
    if (batch->size >= batcher->options.max_bytes ||
        batch->flow_count >= batcher->options.max_flows) {
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

const struct batcher_counters *batcher_counters(const struct batcher *batcher)
{
    return &batcher->counters;
}
