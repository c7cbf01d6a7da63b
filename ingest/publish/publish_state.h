/*
 * publish_state.h -- inside the publisher: its sockets, and the two halves of its thread.
 *
 * Internal to ingest/publish. publish.c opens and closes, publish_intake.c takes batches from the
 * workers, publish_loop.c talks to the stores.
 */
#pragma once

#include "ingest/publish/publish.h"
#include "ingest/publish/publish_counters.h"
#include "ingest/publish/spool.h"
#include "ingest/publish/window.h"

#include <stdatomic.h>
#include <zstd.h>

struct publisher {
    zactor_t *actor;
    zsock_t *inbox; /* struct batch *, from the ports */
    zsock_t *data;
    zsock_t *acks;
    zsock_t *tap; /* NULL: none */
    struct window *window;
    struct spool *spool; /* NULL: batches are in memory only */
    ZSTD_CCtx *zstd;     /* NULL: no compression */
    uint64_t ingest_id;
    uint64_t epoch;
    uint64_t started_ns; /* monotonic */
    uint32_t lease_ms;
    uint32_t stop_timeout_ms;
    bool is_stopping;
    char inbox_endpoint[64];
    struct publish_counters counters;
    _Atomic uint64_t batches_offered; /* by the ports, to the inbox */
    _Atomic uint64_t drops_told;      /* to the ports */
    _Atomic uint64_t spooled_told;
};

/* The thread: a zactor_fn; `context` is the publisher. */
void publish_run(zsock_t *pipe, void *context);

/* Takes batches from the workers' ports. False when the ports are empty. */
bool publish_intake(struct publisher *publisher);
