/*
 * bare_link.h -- the link without its guarantee, to see what that costs.
 *
 * The same batches, sockets and blocks as publisher and puller have, a thread on each side; but a
 * batch is forgotten when it is sent, and its rows go into a block when it comes. For benchmarks:
 * what cannot be is an abort.
 */
#pragma once

#include "ingest/batch/batch.h"
#include "store/pull/pull.h"

struct bare_link;

struct bare_link_options {
    const char *endpoint; /* borrowed, as the exchange is */
    struct block_exchange exchange;
    uint32_t block_rows; /* a multiple of every batch's flows */
    uint32_t max_inflight;
};

struct bare_link *bare_link_new(const struct bare_link_options *options);
/* When all that was offered is written: what is under way is lost. */
void bare_link_destroy(struct bare_link **link_p);

/* As publisher_offer(), from one thread. */
MUST_CHECK enum err bare_link_offer(void *link, struct batch *batch);
