/* SPDX-License-Identifier: BSD-3-Clause -- rows beside flows in batches of one kind each. */
#include "ingest/batch/record_batch.h"

#include "common/clock.h"

#include <stdlib.h>

METRIC_FAMILY(
    RECORDS_IN, COUNTER, "goflow_batch_records_total", "Rows beside flows packed, by kind.");
METRIC_FAMILY(RECORDS_DROPPED, COUNTER, "goflow_batch_records_dropped_total",
    "Rows beside flows whose batch nobody took, or for which there was no memory.");

enum {
    BATCH_BYTES = 64 * 1024,
    BATCH_AGE_MS = 1000
};

struct record_batcher {
    struct record_batcher_options options;
    struct batch *open[RECORD_KIND_COUNT]; /* NULL or with rows */
    struct counter rows_in[RECORD_KIND_COUNT];
    struct counter rows_dropped; /* refused by deliver, or without memory */
};

/* The first field of every kind. */
enum {
    TIME_RECEIVED = COUNTERS_TIME_RECEIVED
};
_Static_assert((int)TIME_RECEIVED == (int)OPTIONS_TIME_RECEIVED, "of every kind");
_Static_assert((int)TIME_RECEIVED == (int)LOSSES_TIME_RECEIVED, "of every kind");

enum err record_batcher_new(
    struct record_batcher **batcher_p, const struct record_batcher_options *options)
{
    *batcher_p = calloc(1, sizeof **batcher_p);
    if (*batcher_p == NULL) {
        return ERR_MEMORY;
    }
    (*batcher_p)->options = *options;
    return ERR_OK;
}

void record_batcher_destroy(struct record_batcher **batcher_p)
{
    struct record_batcher *batcher = *batcher_p;
    if (batcher == NULL) {
        return;
    }
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        batch_destroy(&batcher->open[kind]);
    }
    free(batcher);
    *batcher_p = NULL;
}

static void seal(struct record_batcher *batcher, enum record_kind kind)
{
    struct batch *batch = batcher->open[kind];
    if (batch == NULL) {
        return;
    }
    batcher->open[kind] = NULL;
    /* Once it is delivered, the batch is somebody else's. */
    uint32_t rows = batch->flow_count;
    uint8_t *exact = realloc(batch->bytes, batch->size);
    batch->bytes = exact != NULL ? exact : batch->bytes;
    batch->room = exact != NULL ? batch->size : batch->room;
    if (batcher->options.deliver(batcher->options.context, batch) != ERR_OK) {
        counter_add(&batcher->rows_dropped, rows);
        batch_destroy(&batch);
    }
}

/* The open batch for rows of that day, with room for one more; NULL without memory. */
static struct batch *open_batch(struct record_batcher *batcher, enum record_kind kind, uint32_t day)
{
    struct batch *batch = batcher->open[kind];
    if (batch != NULL && (batch->day != day || batch->room - batch->size < RECORD_PACKED_MAX)) {
        seal(batcher, kind);
        batch = NULL;
    }
    if (batch == NULL) {
        batch = batch_new(BATCH_BYTES);
    }
    if (batch != NULL && batcher->open[kind] == NULL) {
        batch->kind = kind;
        batch->day = day;
        batch->created_ns = clock_monotonic_ns();
        batcher->open[kind] = batch;
    }
    return batch;
}

void record_batcher_take(void *context, enum record_kind kind, const struct record *record)
{
    struct record_batcher *batcher = context;
    counter_add(&batcher->rows_in[kind], 1);
    uint32_t day = (uint32_t)(record->values[TIME_RECEIVED].number / S_PER_DAY);
    struct batch *batch = open_batch(batcher, kind, day);
    if (batch == NULL) {
        counter_add(&batcher->rows_dropped, 1);
        return;
    }
    batch->size += record_pack(kind, record, batch->bytes + batch->size);
    batch->flow_count++;
}

int record_batcher_tick(struct record_batcher *batcher, uint64_t now_ns)
{
    int next_ms = -1;
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct batch *batch = batcher->open[kind];
        if (batch == NULL) {
            continue;
        }
        uint64_t due_ns = batch->created_ns + BATCH_AGE_MS * NS_PER_MS;
        if (now_ns >= due_ns) {
            seal(batcher, (enum record_kind)kind);
            continue;
        }
        int left_ms = (int)((due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
        next_ms = next_ms < 0 || left_ms < next_ms ? left_ms : next_ms;
    }
    return next_ms;
}

void record_batcher_flush(struct record_batcher *batcher)
{
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        seal(batcher, (enum record_kind)kind);
    }
}

void record_batcher_collect(const struct record_batcher *batcher, struct metrics_page *page)
{
    for (size_t kind = RECORD_COUNTERS; kind < RECORD_KIND_COUNT; kind++) {
        metrics_page_add(page, &RECORDS_IN, (double)counter_get(&batcher->rows_in[kind]),
            "kind=\"%s\"", RECORD_SCHEMAS[kind].name);
    }
    metrics_page_add_counter(page, &RECORDS_DROPPED, &batcher->rows_dropped);
}
