/*
 * batch.h -- flows packed straight into the buffer that goes out.
 *
 * A batcher belongs to one receive worker. Flows are appended as they are decoded; a batch is
 * sealed when it is full (bytes, flows or exporters), old, or when the day of TimeReceived changes,
 * and is then handed to `deliver`, which takes ownership. All flows of a batch were received on the
 * same UTC day, so a batch never spans two partitions of the table. Batches of other rows than
 * flows are made by record_batch.h and travel the same way.
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"
#include "common/flow.h"
#include "common/record.h"
#include "ingest/batch/flow_share.h"

struct batch {
    uint8_t *bytes; /* a FlowBatch or RecordBatch; free() it where the batch is taken apart */
    size_t size;
    size_t room;
    enum record_kind kind;
    uint32_t flow_count;       /* or rows of another kind */
    uint32_t day;              /* of TimeReceived: days since 1970, UTC */
    struct share_list *shares; /* whose the flows are; NULL: nobody's, or rows of another kind */
    uint64_t created_ns;       /* first flow, monotonic */
};

/* An empty batch with room for so many bytes; NULL without memory. */
struct batch *batch_new(size_t room);
void batch_destroy(struct batch **batch_p);

struct batcher;

struct batcher_options {
    uint32_t max_bytes; /* payload at which a batch is sealed; at least 64 KiB */
    uint32_t max_flows;
    uint32_t max_age_ms;
    /* Takes the batch. ERR_FULL: refused; the batch stays the batcher's, which counts its flows as
     * dropped and reuses it. Must not block. */
    enum err (*deliver)(void *context, struct batch *batch);
    void *context;
};

struct batcher_counters {
    struct counter flows_in;
    struct counter flows_out;            /* delivered */
    struct counter flows_dropped_full;   /* refused by deliver */
    struct counter flows_dropped_memory; /* no memory for a new batch */
    struct counter batches;
};

MUST_CHECK enum err batcher_new(struct batcher **batcher_p, const struct batcher_options *options);
/* Seals and delivers what is left first. */
void batcher_destroy(struct batcher **batcher_p);

/* A flow_sink: `context` is the batcher. */
void batcher_take(void *batcher, const struct flow *flow);

/* Seals by age; returns the milliseconds until the next call is due, or -1 for no open batch. */
int batcher_tick(struct batcher *batcher, uint64_t now_ns);

/* Seals and delivers whatever is open. */
void batcher_flush(struct batcher *batcher);

/*
 * Gives rows of the loss ledger for the flows that were dropped since the last call, for the minute
 * that starts at `minute_s`.
 */
void batcher_tell_refused(
    struct batcher *batcher, uint64_t minute_s, const struct record_sink *sink);

const struct batcher_counters *batcher_counters(const struct batcher *batcher);
