/*
 * publish.h -- the publisher: sends batches to the stores, keeps them until they are stored.
 *
 * One thread (a CZMQ actor) owns the PUSH socket, the return channel, the window
 * and the tap. Workers hand sealed batches over with publisher_offer(); that never blocks: a full
 * publisher is a return value. Frames, acknowledgements and states: docs/wire.md.
 */
#pragma once

#include "common/drop_report.h"
#include "common/err.h"
#include "common/link.h"
#include "common/metrics.h"
#include "ingest/batch/batch.h"

struct publisher;
struct publisher_port; /* one worker's end */

struct publisher_options {
    struct link_endpoints endpoints; /* texts live as long as the publisher */
    const char *tap_endpoint;        /* PUB socket for goflow-tap; NULL or "": none */
    uint64_t ingest_id;              /* 0: the one that is kept, or random */
    const char
        *state_dir;       /* keeps the identity where there is no spool; NULL or "": nothing does */
    bool is_state_shared; /* other ingests may use state_dir, and it may be unusable */
    uint64_t window_bytes;    /* batches waiting in memory; the oldest go first when exceeded */
    const char *spool_dir;    /* NULL or "": none */
    uint64_t spool_bytes;     /* batches waiting on disk; the oldest go first when exceeded */
    uint32_t spool_sync_ms;   /* what was spooled is on the disk after so long; 0: at once */
    uint32_t ack_timeout_ms;  /* sent and not heard of: sent again; also how long leases run */
    uint32_t stop_timeout_ms; /* a stop waits so long for `stored`; the spool keeps the rest */
    bool compress;            /* zstd */
    bool tells_losses;        /* rows of the loss ledger, of what became of the flows */
};

/* Binds and connects, then starts the thread. On failure one line is logged. */
MUST_CHECK enum err publisher_new(
    struct publisher **publisher_p, const struct publisher_options *options);
/*
 * Sends what is left, waits up to stop_timeout_ms for `stored`, and ends the thread. ERR_TIMEOUT:
 * flows are lost, as neither a store nor the spool has them; one line is logged.
 */
MUST_CHECK enum err publisher_stop(struct publisher *publisher);
/* Of one that was not stopped: as if it had been, whatever is lost. */
void publisher_destroy(struct publisher **publisher_p);

/* One port a worker, made before the worker starts; destroyed by the worker's thread. */
MUST_CHECK enum err publisher_port_new(struct publisher_port **port_p, struct publisher *publisher);
void publisher_port_destroy(struct publisher_port **port_p);

/* Takes the batch; ERR_FULL: refused, still the caller's. `port` as void* fits batcher_options. */
MUST_CHECK enum err publisher_offer(void *port, struct batch *batch);

/* Every batch that any port offered is in the window by now, and in the spool, or dropped. */
bool publisher_has_taken_all(const struct publisher_port *port);

/* For a reader that can wait: all was taken, and less than `limit_bytes` wait for the stores. */
bool publisher_port_has_room(const struct publisher_port *port, uint64_t limit_bytes);

/* The name of this ingest in the table and on the link. */
uint64_t publisher_ingest_id(const struct publisher *publisher);

/*
 * What publisher_new() would refuse, in the same words; makes no file and sends nothing. Ports stay
 * bound to the socket, which is the caller's.
 */
MUST_CHECK enum err publisher_check(const struct publisher_options *options, zsock_t *socket);

/* Adds the flows that were accepted and lost. Any thread. */
void publisher_count_drops(const struct publisher *publisher, struct drop_counts *counts);

/* Appends a line when no store is connected. Any thread. */
void publisher_print_obstacles(const struct publisher *publisher, struct buffer *out);

/* A metrics_collect_fn; `context` is the publisher. */
void publisher_collect(void *publisher, struct metrics_page *page);
