/*
 * write.h -- the writer: takes sealed blocks, inserts them with retry, gives them back.
 *
 * One thread (a CZMQ actor) that owns the sink. Blocks come in and go back by pointer over an
 * inproc PAIR; the number under way is bounded by the puller. While the database is away
 * it retries with backoff, for as long as it takes; rejected blocks go to the dead-letter folder.
 */
#pragma once

#include "common/metrics.h"
#include "store/sink/sink.h"

#include <czmq.h>

struct mapping;
struct writer;

struct writer_options {
    struct sink_options sink;
    const char *deadletter_dir; /* NULL or "": there is none */
    uint32_t blocks_max;        /* under way at once */
    uint32_t retry_min_ms;
    uint32_t retry_max_ms;
    uint32_t stop_timeout_ms; /* a clean stop tries so long to write what is held */
    struct mapping *mapping;  /* as writer_use_mapping(), before the table is made; NULL: none */
};

/* Takes the mapping when it succeeds. */
MUST_CHECK enum err writer_new(struct writer **writer_p, const struct writer_options *options);
void writer_destroy(struct writer **writer_p);

/* From the next block on these elements have columns of their own. Takes the mapping. */
void writer_use_mapping(struct writer *writer, struct mapping *mapping);

/* The puller's end: for zpoller, writer_submit() and writer_finished(). Lent. */
zsock_t *writer_socket(struct writer *writer);

/* Hands the block over. */
MUST_CHECK enum err writer_submit(struct writer *writer, struct block *block);
/* A finished block, its outcome set, the caller's again; NULL: none yet. */
struct block *writer_finished(struct writer *writer);

/* The sink, for queries of other threads; lent. */
struct sink *writer_sink(struct writer *writer);

/* Appends a line when the database takes nothing. Any thread. */
void writer_print_obstacles(const struct writer *writer, struct buffer *out);

/* A metrics_collect_fn; `context` is the writer. */
void writer_collect(void *writer, struct metrics_page *page);
