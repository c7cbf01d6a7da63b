/* SPDX-License-Identifier: BSD-3-Clause -- the publisher opened and closed, and its ports. */
#include "ingest/publish/publish.h"

#include "common/clock.h"
#include "common/link_check.h"
#include "common/log.h"
#include "ingest/publish/publish_state.h"

#include <inttypes.h>

enum {
    PORT_HWM = 256,        /* batches on each side of a worker's port: small ones come in bursts */
    SEGMENTS_AT_LEAST = 8, /* of a full spool, so that the oldest can go in small parts */
    SEGMENT_MOST = 64 << 20
};

struct publisher_port {
    zsock_t *socket;
    struct publisher *publisher; /* borrowed: its counters */
};

static enum err open_inbox(struct publisher *publisher)
{
    publisher->inbox = zsock_new(ZMQ_PULL);
    if (publisher->inbox == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_rcvhwm(publisher->inbox, PORT_HWM);
    /* Not its address: libzmq gives a name back only a moment after the socket before is gone. */
    (void)snprintf(publisher->inbox_endpoint, sizeof publisher->inbox_endpoint,
        "inproc://publish-%016" PRIx64, link_random_id());
    return zsock_bind(publisher->inbox, "%s", publisher->inbox_endpoint) == 0 ? ERR_OK : ERR_IO;
}

static enum err open_link(struct publisher *publisher, const struct publisher_options *options)
{
    publisher->data = link_data_socket(ZMQ_PUSH);
    if (publisher->data == NULL) {
        return ERR_MEMORY;
    }
    struct link_channel_options channel = {
        .endpoints = &options->endpoints,
        .role = LINK_INGEST,
        .id = identity_id(publisher->identity),
        .epoch = identity_epoch(publisher->identity),
        .data = publisher->data,
        .counters = &publisher->counters.link,
        .waiting_batches = &window_counters(publisher->window)->waiting.batches,
        .waiting_flows = &window_counters(publisher->window)->waiting.flows,
    };
    return link_channel_new(&publisher->channel, &channel);
}

static void on_removed(void *context, const struct window_batch *batch, bool is_lost)
{
    struct publisher *publisher = context;
    publish_ledger_release(publisher, batch, is_lost);
    if (batch->place.segment != 0) {
        spool_settle(publisher->spool, batch);
    }
}

static enum err on_recovered(void *context, const struct window_batch *batch)
{
    struct publisher *publisher = context;
    return window_recover(publisher->window, batch, clock_monotonic_ns());
}

static enum err open_window(struct publisher *publisher, const struct publisher_options *options)
{
    struct window_options window = {
        .max_bytes = options->window_bytes,
        .ack_timeout_ms = options->ack_timeout_ms,
        .lease_ms = publisher->lease_ms,
        .removed = on_removed,
        .context = publisher,
    };
    return window_new(&publisher->window, &window);
}

static bool is_set(const char *path)
{
    return path != NULL && *path != '\0';
}

/* Beside the spool unless the operator names a folder; any other may be unusable. */
static struct identity_options identity_options_of(const struct publisher_options *options)
{
    bool is_chosen = is_set(options->state_dir) && !options->is_state_shared;
    bool is_in_spool = is_set(options->spool_dir) && !is_chosen;
    return (struct identity_options){
        .flag = is_in_spool ? "-spool.dir" : "-ingest.state",
        .folder = is_in_spool ? options->spool_dir : options->state_dir,
        .is_shared = !is_in_spool && !is_chosen,
        .wanted_id = options->ingest_id,
    };
}

static enum err open_identity(struct publisher *publisher, const struct publisher_options *options)
{
    struct identity_options identity = identity_options_of(options);
    enum err err = identity_open(&publisher->identity, &identity);
    if (err == ERR_OK || !identity.is_shared || err == ERR_MEMORY) {
        return err;
    }
    identity.folder = NULL;
    return identity_open(&publisher->identity, &identity);
}

/* An id that took the place of the operator's choice leaves batches of both in the spool. */
static uint64_t only_id(uint64_t kept_id, const struct publisher_options *options)
{
    return kept_id == 0 || kept_id == options->ingest_id ? options->ingest_id : 0;
}

static enum err open_spool(struct publisher *publisher, const struct publisher_options *options)
{
    if (!is_set(options->spool_dir)) {
        return ERR_OK;
    }
    uint64_t kept_id = identity_kept_id(publisher->identity);
    uint64_t segment_bytes = options->spool_bytes / SEGMENTS_AT_LEAST;
    struct spool_options spool = {
        .folder = options->spool_dir,
        .ingest_id = only_id(kept_id, options),
        .fallback_id = kept_id != 0 ? kept_id : link_random_id(),
        .max_bytes = options->spool_bytes,
        .segment_bytes = segment_bytes < SEGMENT_MOST ? segment_bytes : SEGMENT_MOST,
        .sync_period_ms = options->spool_sync_ms,
    };
    return spool_open(&publisher->spool, &spool, on_recovered, publisher);
}

static void begin_identity(struct publisher *publisher)
{
    struct identity_spool found = {0};
    if (publisher->spool != NULL && spool_last_sequence(publisher->spool) != 0) {
        found.ingest_id = spool_ingest_id(publisher->spool);
        found.last_sequence = spool_last_sequence(publisher->spool);
    }
    identity_begin(publisher->identity, &found);
    publish_names_apply(publisher);
}

static struct link_bound tap_of(const struct publisher_options *options)
{
    const char *endpoint = options->tap_endpoint;
    return (struct link_bound){
        .flag = "-tap.bind", .endpoints = {.count = is_set(endpoint), .values = {endpoint}}};
}

/* Before anything is bound: libzmq would remove what is at the path of an ipc endpoint. */
static enum err check_paths(const struct publisher_options *options)
{
    const struct link_bound link = {
        .flag = "-zmq.bind", .endpoints = options->endpoints.bind, .has_return = true};
    const struct link_bound tap = tap_of(options);
    enum err err = link_check_paths(&link);
    return err == ERR_OK ? link_check_paths(&tap) : err;
}

static enum err open_all(struct publisher *publisher, const struct publisher_options *options)
{
    enum err err = check_paths(options);
    if (err == ERR_OK) {
        err = open_window(publisher, options);
    }
    if (err == ERR_OK && options->tells_losses) {
        err = publish_ledger_open(publisher, options->window_bytes);
    }
    if (err == ERR_OK) {
        err = open_identity(publisher, options);
    }
    if (err == ERR_OK) {
        err = open_spool(publisher, options);
    }
    if (err == ERR_OK) {
        begin_identity(publisher);
    }
    if (err == ERR_OK && options->compress) {
        publisher->zstd = ZSTD_createCCtx();
        err = publisher->zstd != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err == ERR_OK) {
        err = open_inbox(publisher);
    }
    if (err == ERR_OK) {
        err = open_link(publisher, options);
    }
    if (err == ERR_OK) {
        err = publish_tap_open(publisher, options->tap_endpoint);
    }
    return err;
}

static enum err check_link(const struct publisher_options *options, zsock_t *socket)
{
    const struct link_endpoints *endpoints = &options->endpoints;
    const struct link_bound link = {
        .flag = "-zmq.bind", .endpoints = endpoints->bind, .has_return = true};
    const struct link_bound tap = tap_of(options);
    enum err err = link_check_bind(socket, &link);
    if (err == ERR_OK) {
        err = link_check_connect(endpoints->keyring, endpoints->peer, &endpoints->connect);
    }
    return err == ERR_OK ? link_check_bind(socket, &tap) : err;
}

enum err publisher_check(const struct publisher_options *options, zsock_t *socket)
{
    uint64_t kept_id = 0;
    const struct identity_options identity = identity_options_of(options);
    enum err err = check_paths(options);
    if (err == ERR_OK) {
        err = identity_check(&identity, &kept_id);
    }
    if (err == ERR_OK && is_set(options->spool_dir)) {
        const struct spool_options spool = {
            .folder = options->spool_dir, .ingest_id = only_id(kept_id, options)};
        err = spool_check(&spool);
    }
    return err == ERR_OK ? check_link(options, socket) : err;
}

enum err publisher_new(struct publisher **publisher_p, const struct publisher_options *options)
{
    *publisher_p = NULL;
    link_setup();
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher == NULL) {
        return ERR_MEMORY;
    }
    publisher->started_ns = clock_monotonic_ns();
    publisher->lease_ms = options->ack_timeout_ms;
    publisher->stop_timeout_ms = options->stop_timeout_ms;
    publisher->sockets = publish_sockets_of(publisher);
    publisher->keyring = options->endpoints.keyring;
    enum err err = open_all(publisher, options);
    if (err == ERR_OK) {
        publisher->actor = zactor_new(publish_run, publisher);
        err = publisher->actor != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err != ERR_OK) {
        publisher_destroy(&publisher);
        return err;
    }
    *publisher_p = publisher;
    return ERR_OK;
}

enum err publisher_stop(struct publisher *publisher)
{
    zactor_destroy(&publisher->actor); /* runs the thread to its end */
    const struct window_counters *window = window_counters(publisher->window);
    return counter_get(&window->dropped_stop.flows) == 0 ? ERR_OK : ERR_TIMEOUT;
}

void publisher_destroy(struct publisher **publisher_p)
{
    struct publisher *publisher = *publisher_p;
    if (publisher == NULL) {
        return;
    }
    zactor_destroy(&publisher->actor);
    link_limit_destroy(&publisher->tap_limit);
    zsock_destroy(&publisher->tap);
    link_channel_destroy(&publisher->channel);
    zsock_destroy(&publisher->data);
    zsock_destroy(&publisher->inbox);
    if (publisher->window != NULL) {
        window_abandon(publisher->window);
    }
    spool_close(&publisher->spool);
    identity_close(&publisher->identity);
    window_destroy(&publisher->window);
    publish_ledger_close(publisher);
    (void)ZSTD_freeCCtx(publisher->zstd);
    free(publisher);
    *publisher_p = NULL;
}

enum err publisher_port_new(struct publisher_port **port_p, struct publisher *publisher)
{
    *port_p = NULL;
    struct publisher_port *port = calloc(1, sizeof *port);
    if (port == NULL) {
        return ERR_MEMORY;
    }
    port->publisher = publisher;
    port->socket = zsock_new(ZMQ_PUSH);
    if (port->socket != NULL) {
        zsock_set_sndhwm(port->socket, PORT_HWM);
        /* A worker may be gone before the publisher has taken its last batches. */
        zsock_set_linger(port->socket, -1);
    }
    if (port->socket == NULL || zsock_connect(port->socket, "%s", publisher->inbox_endpoint) != 0) {
        publisher_port_destroy(&port);
        return ERR_MEMORY;
    }
    *port_p = port;
    return ERR_OK;
}

void publisher_port_destroy(struct publisher_port **port_p)
{
    struct publisher_port *port = *port_p;
    if (port != NULL) {
        zsock_destroy(&port->socket);
        free(port);
        *port_p = NULL;
    }
}

enum err publisher_offer(void *context, struct batch *batch)
{
    struct publisher_port *port = context;
    int size = zmq_send(zsock_resolve(port->socket), &batch, sizeof(struct batch *), ZMQ_DONTWAIT);
    if (size != sizeof(struct batch *)) {
        return ERR_FULL;
    }
    atomic_fetch_add(&port->publisher->batches_offered, 1);
    return ERR_OK;
}

bool publisher_has_taken_all(const struct publisher_port *port)
{
    const struct publisher *publisher = port->publisher;
    /* One that was just offered may have been taken before it was counted. */
    uint64_t offered = atomic_load(&publisher->batches_offered);
    return counter_get(&publisher->counters.batches_taken) >= offered;
}

bool publisher_port_has_room(const struct publisher_port *port, uint64_t limit_bytes)
{
    return publisher_has_taken_all(port) &&
           counter_get(&window_counters(port->publisher->window)->waiting_bytes) < limit_bytes;
}

uint64_t publisher_ingest_id(const struct publisher *publisher)
{
    return identity_id(publisher->identity);
}

void publisher_count_drops(const struct publisher *publisher, struct drop_counts *counts)
{
    const struct window_counters *window = window_counters(publisher->window);
    counts->values[DROP_WINDOW] += counter_get(&window->dropped_window.flows);
    counts->values[DROP_SPOOL] += counter_get(&window->dropped_spool.flows);
    counts->values[DROP_DAMAGED] += counter_get(&window->dropped_damaged.flows);
    counts->values[DROP_REFUSED] += counter_get(&window->dropped_refused.flows);
    counts->values[DROP_MEMORY] += counter_get(&publisher->counters.flows_dropped_memory);
}

void publisher_print_obstacles(const struct publisher *publisher, struct buffer *out)
{
    if (counter_get(&publisher->counters.link.peers) == 0) {
        const struct window_counters *window = window_counters(publisher->window);
        buffer_format(out,
            "no store is connected: %" PRIu64 " batches with %" PRIu64 " flows wait; start a "
            "goflow-store whose -zmq.connect or -zmq.bind leads here\n",
            counter_get(&window->waiting.batches), counter_get(&window->waiting.flows));
    }
}

void publisher_collect(void *context, struct metrics_page *page)
{
    struct publisher *publisher = context;
    publish_report(&publisher->counters, window_counters(publisher->window), page);
    if (publisher->spool != NULL) {
        publish_report_spool(&publisher->counters, spool_counters(publisher->spool), page);
    }
    if (publisher->rows != NULL) {
        record_batcher_collect(publisher->rows, page);
    }
}
