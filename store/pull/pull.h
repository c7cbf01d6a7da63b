/*
 * pull.h -- the puller: receives batches, fills blocks, acknowledges.
 *
 * One thread (a CZMQ actor) owns the PULL socket, the return channel, and the batches and
 * open blocks of holding.h. It stops pulling while `max_inflight` blocks are with the writer.
 * Frames, acknowledgements and states: docs/wire.md.
 */
#pragma once

#include "common/drop_report.h"
#include "common/link.h"
#include "common/metrics.h"
#include "store/columns/block.h"

struct puller;

/* Where sealed blocks go and come back from (the writer, or a test). */
struct block_exchange {
    zsock_t *socket; /* readable when a block is finished */
    enum err (*submit)(void *context, struct block *block);
    struct block *(*finished)(void *context);
    void *context;
};

struct puller_options {
    struct link_endpoints endpoints; /* texts live as long as the puller */
    struct block_exchange exchange;
    uint64_t store_id;     /* 0: random */
    uint32_t max_rows;     /* of a block */
    uint64_t max_bytes;    /* of a block */
    uint32_t max_age_ms;   /* of a block */
    uint32_t max_inflight; /* blocks with the writer */
    uint32_t stop_timeout_ms;
};

MUST_CHECK enum err puller_new(struct puller **puller_p, const struct puller_options *options);
/* Stops pulling, submits the open blocks, waits for the writer, acknowledges, ends the thread. */
void puller_destroy(struct puller **puller_p);

/* The name of this store on the link. */
uint64_t puller_store_id(const struct puller *puller);

/* Adds the flows that could not be read. Any thread. */
void puller_count_drops(const struct puller *puller, struct drop_counts *counts);

/* Appends a line when no ingest is connected. Any thread. */
void puller_print_obstacles(const struct puller *puller, struct buffer *out);

/* A metrics_collect_fn; `context` is the puller. */
void puller_collect(void *puller, struct metrics_page *page);
