/*
 * receiver.h -- all ports and all workers: the receive stage of goflow-ingest.
 *
 * Opens every port once for each worker, and starts the workers later, each with an outlet made for
 * it: binding takes rights that the process gives up in between. Main thread; documents and metrics
 * may be asked for by the HTTP thread in between.
 */
#pragma once

#include "ingest/receive/worker.h"

enum {
    RECEIVER_WORKERS_MAX = 64
};

/* The ports, and how many workers share each. */
struct receiver_ports {
    const struct udp_options *ports; /* borrowed for the call; at most WORKER_PORTS_MAX */
    size_t port_count;
    uint32_t worker_count;
};

struct receiver_options {
    bool has_remote_ports;            /* metrics tell an exporter's source ports apart */
    struct decoder_options decoder;   /* of each worker */
    const struct allow_list *allowed; /* borrowed, or NULL: worker.h */
    /* Makes a worker's outlet; on failure one line is logged. */
    enum err (*make_outlet)(void *context, struct outlet *outlet_p);
    void *context;
};

struct receiver;

/* Opens the sockets. On failure one line is logged. A port that is given twice is opened once. */
MUST_CHECK enum err receiver_new(struct receiver **receiver_p, const struct receiver_ports *ports);

/* Starts the workers, once. On failure one line is logged. */
MUST_CHECK enum err receiver_start(
    struct receiver *receiver, const struct receiver_options *options);

/* What receiver_new() would refuse about the ports, which it opens and closes. */
MUST_CHECK enum err receiver_check(const struct receiver_ports *ports);

/* Stops the workers, which first take what waits at their sockets. Nobody may ask them any more. */
void receiver_stop(struct receiver *receiver);

/* Stops them first. */
void receiver_destroy(struct receiver **receiver_p);

/* Appends the templates of all workers as one JSON object. Any thread. */
MUST_CHECK enum err receiver_print_templates(struct receiver *receiver, struct buffer *out);
/* The same of exporters. */
MUST_CHECK enum err receiver_print_exporters(struct receiver *receiver, struct buffer *out);

/* Appends what exporters have announced to all workers (snapshot.h). Any thread. */
MUST_CHECK enum err receiver_print_snapshot(struct receiver *receiver, struct buffer *exporters);

/* The operator's sampling rates from now on: borrowed. Then the map before is not used any more. */
void receiver_use_sampling_map(struct receiver *receiver, const struct sampling_map *map);

/* Their names for information elements: likewise. */
void receiver_use_mapping(struct receiver *receiver, const struct mapping *mapping);

/* The exporters that may send: likewise. */
void receiver_use_allow_list(struct receiver *receiver, const struct allow_list *list);

/* Logs, at most once a minute, how many datagrams the list refused. Main thread. */
void receiver_report_refused(struct receiver *receiver, uint64_t now_ns);

/* The ports as they are bound, also where the system chose; lent. */
const struct udp_bound *receiver_ports(const struct receiver *receiver, size_t *count_p);

/* Adds what was dropped from the sockets to the outlets. Any thread. */
void receiver_count_drops(const struct receiver *receiver, struct drop_counts *counts);

/* A metrics_collect_fn; `context` is the receiver. */
void receiver_collect(void *receiver, struct metrics_page *page);
