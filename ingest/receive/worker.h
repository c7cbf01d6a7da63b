/*
 * worker.h -- one receive worker: sockets in, decoder, outlet.
 *
 * A CZMQ actor. It owns one socket of every port, the decoder with the state of all exporters that
 * steering gives it, and its outlet; nothing of it is shared but counters. The main thread makes
 * and destroys it; documents are asked for by message.
 */
#pragma once

#include "common/buffer.h"
#include "common/metrics.h"
#include "ingest/decode/decode.h"
#include "ingest/receive/allow_list.h"
#include "ingest/receive/outlet.h"
#include "ingest/receive/udp_socket.h"

enum {
    WORKER_PORTS_MAX = 4
};

struct worker_port {
    int socket;
    struct udp_bound bound;
};

struct worker_options {
    uint32_t index;
    bool has_remote_ports; /* metrics tell an exporter's source ports apart */
    size_t port_count;
    struct worker_port ports[WORKER_PORTS_MAX]; /* the worker takes the sockets, */
    struct outlet outlet;                       /* and the outlet, also on failure */
    struct decoder_options decoder;
    const struct allow_list *allowed; /* borrowed; whose datagrams are decoded; NULL: everybody's */
};

struct worker;

/* Starts the thread. On failure one line is logged. */
MUST_CHECK enum err worker_new(struct worker **worker_p, const struct worker_options *options);

/* Receives what already waits at the sockets, sends what is left, and ends the thread. */
void worker_stop(struct worker *worker);

/* Stops it first. */
void worker_destroy(struct worker **worker_p);

/*
 * Appends what the worker's decoder knows, as decoder_print() does; also of a worker that was
 * stopped. The worker prints it in parts, between the datagrams. Any thread but the worker's, never
 * two at once.
 */
MUST_CHECK enum err worker_print(
    struct worker *worker, enum decoder_document document, struct buffer *out);

/*
 * The decoder's rates from now on: borrowed. When this returns, the map before is not used any
 * more. Under the same rule as worker_print().
 */
void worker_use_sampling_map(struct worker *worker, const struct sampling_map *map);

/* The same of names for information elements. */
void worker_use_mapping(struct worker *worker, const struct mapping *mapping);

/* The same of the exporters that may send. */
void worker_use_allow_list(struct worker *worker, const struct allow_list *list);

/* Datagrams whose sender the list does not have, since the start. Any thread. */
struct worker_refused {
    uint64_t datagrams;
    struct address last_sender;
};
struct worker_refused worker_refused(const struct worker *worker);

/* Adds what was dropped from the sockets to the outlet. Any thread. */
void worker_count_drops(const struct worker *worker, struct drop_counts *counts);

/* A metrics_collect_fn; `context` is the worker. */
void worker_collect(void *worker, struct metrics_page *page);
