/*
 * record_batch.h -- rows beside flows, packed into batches of one kind each.
 *
 * A record_batcher belongs to one receive worker, or to the publisher. It seals a batch when it is
 * full, a second old, or when the day of its rows changes, and hands it over as a batcher does
 * (batch.h). Rows are few, so the batches are small and made when they are needed.
 */
#pragma once

#include "common/metrics.h"
#include "common/record.h"
#include "ingest/batch/batch.h"

struct record_batcher;

struct record_batcher_options {
    /* As in struct batcher_options. */
    enum err (*deliver)(void *context, struct batch *batch);
    void *context;
};

MUST_CHECK enum err record_batcher_new(
    struct record_batcher **batcher_p, const struct record_batcher_options *options);
/* Rows that were not flushed are dropped. */
void record_batcher_destroy(struct record_batcher **batcher_p);

/* As struct record_sink wants it: `context` is the batcher. */
void record_batcher_take(void *batcher, enum record_kind kind, const struct record *record);

/* Seals by age; returns the milliseconds until the next call is due, or -1 for no open batch. */
int record_batcher_tick(struct record_batcher *batcher, uint64_t now_ns);

/* Seals and delivers whatever is open. */
void record_batcher_flush(struct record_batcher *batcher);

/* Any thread: adds its samples to a page. */
void record_batcher_collect(const struct record_batcher *batcher, struct metrics_page *page);
