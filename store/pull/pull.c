/* SPDX-License-Identifier: BSD-3-Clause -- the puller's thread: sockets around the ledger. */
#include "store/pull/pull.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/watch.h"
#include "store/pull/holding.h"
#include "store/pull/pull_counters.h"

#include <inttypes.h>

enum {
    BATCHES_A_TURN = 64
};

/* What the thread waits for. */
enum {
    ITEM_PIPE, /* $TERM */
    ITEM_ACKS,
    ITEM_BLOCKS,
    ITEM_DATA
};

struct puller {
    zactor_t *actor;
    struct watch watch;
    zsock_t *data;
    zsock_t *acks;
    zsock_t *blocks; /* borrowed: readable when a block is finished */
    struct holding *holding;
    uint64_t store_id;
    uint32_t stop_timeout_ms;
    struct pull_counters counters;
};

static void send_ack(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    struct puller *puller = context;
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(ack, &size);
    if (bytes == NULL) {
        return;
    }
    uint8_t routing_id[LINK_ROUTING_ID_SIZE];
    link_routing_id(LINK_INGEST, ingest_id, routing_id);
    void *acks = zsock_resolve(puller->acks);
    watch_touched(&puller->watch, ITEM_ACKS);
    if (zmq_send(acks, routing_id, sizeof routing_id, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
        zmq_send(acks, bytes, size, ZMQ_DONTWAIT) >= 0) {
        counter_add(&puller->counters.acks[ack->kind], 1);
    }
    free(bytes);
}

static void take_message(struct puller *puller, zmq_msg_t *first, zmq_msg_t *payload)
{
    struct link_header header;
    switch (link_header_parse(&header, zmq_msg_data(first), zmq_msg_size(first))) {
    case ERR_OK:
        holding_take(puller->holding, &header, payload, clock_monotonic_ns());
        break;
    case ERR_UNSUPPORTED:
        counter_add(&puller->counters.unsupported, 1);
        holding_refuse(puller->holding, &header, LINK_ACK_UNSUPPORTED);
        break;
    default:
        counter_add(&puller->counters.frames_bad, 1);
        break;
    }
}

/* Reads and drops what is left of a message with more frames than it should have. */
static void skip_frames(void *socket, zmq_msg_t *frame)
{
    while (zmq_msg_more(frame)) {
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            return;
        }
    }
}

/* One message, if there is one. False: none. */
static bool receive_message(struct puller *puller)
{
    void *data = zsock_resolve(puller->data);
    zmq_msg_t first;
    zmq_msg_t payload;
    (void)zmq_msg_init(&first);
    (void)zmq_msg_init(&payload);
    bool is_there = zmq_msg_recv(&first, data, ZMQ_DONTWAIT) >= 0;
    if (is_there) {
        bool is_pair = zmq_msg_more(&first) && zmq_msg_recv(&payload, data, ZMQ_DONTWAIT) >= 0 &&
                       !zmq_msg_more(&payload);
        if (is_pair) {
            take_message(puller, &first, &payload);
        } else {
            counter_add(&puller->counters.frames_bad, 1);
            skip_frames(data, &payload);
        }
    }
    (void)zmq_msg_close(&first);
    (void)zmq_msg_close(&payload);
    return is_there;
}

static void pull_batches(struct puller *puller)
{
    for (int i = 0; i < BATCHES_A_TURN && holding_may_take(puller->holding); i++) {
        if (!receive_message(puller)) {
            watch_emptied(&puller->watch, ITEM_DATA);
            return;
        }
    }
}

static void take_leases(struct puller *puller)
{
    for (zmsg_t *message = zmsg_recv_nowait(puller->acks); message != NULL;
         message = zmsg_recv_nowait(puller->acks)) {
        zframe_t *body = zmsg_last(message);
        struct link_lease lease;
        if (body != NULL &&
            link_lease_parse(&lease, zframe_data(body), zframe_size(body)) == ERR_OK) {
            holding_lease(puller->holding, &lease, clock_monotonic_ns());
            link_lease_clear(&lease);
        } else {
            counter_add(&puller->counters.frames_bad, 1);
        }
        zmsg_destroy(&message);
    }
    watch_emptied(&puller->watch, ITEM_ACKS);
}

/* Milliseconds until a turn is due; -1: for ever. */
static int wait_ms(const struct puller *puller)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t due_ns = holding_due_ns(puller->holding, now_ns);
    if (due_ns == UINT64_MAX) {
        return -1;
    }
    return due_ns > now_ns ? (int)((due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static unsigned wait_for_work(struct puller *puller, bool is_pulling)
{
    bool may_take = is_pulling && holding_may_take(puller->holding);
    unsigned unwanted = may_take ? 0 : WATCH_BIT(ITEM_DATA);
    return watch_wait(&puller->watch, WATCH_ALL & ~unwanted, wait_ms(puller));
}

/* Moves everything on but the data socket. */
static void turn(struct puller *puller, unsigned ready, bool is_flush)
{
    if ((ready & WATCH_BIT(ITEM_ACKS)) != 0) {
        take_leases(puller);
    }
    holding_turn(puller->holding, clock_monotonic_ns(), is_flush);
    watch_emptied(&puller->watch, ITEM_BLOCKS);
}

/* Writes what is here, for as long as a stop may take. */
static void finish(struct puller *puller)
{
    uint64_t end_ns = clock_monotonic_ns() + puller->stop_timeout_ms * NS_PER_MS;
    turn(puller, WATCH_BIT(ITEM_ACKS), true);
    while (counter_get(&puller->counters.batches_waiting) > 0 && clock_monotonic_ns() < end_ns) {
        turn(puller, wait_for_work(puller, false), true);
    }
    uint64_t batches = counter_get(&puller->counters.batches_waiting);
    if (batches > 0) {
        log_warning("pull", "stopped before everything was stored; it goes back to the ingest",
            "batches=%" PRIu64 " flows=%" PRIu64, batches,
            counter_get(&puller->counters.flows.waiting));
    }
}

static void open_watch(struct puller *puller, zsock_t *pipe)
{
    watch_receiver(&puller->watch, ITEM_PIPE, pipe);
    watch_receiver(&puller->watch, ITEM_ACKS, puller->acks);
    watch_receiver(&puller->watch, ITEM_BLOCKS, puller->blocks);
    watch_receiver(&puller->watch, ITEM_DATA, puller->data);
}

static void puller_run(zsock_t *pipe, void *context)
{
    struct puller *puller = context;
    daemon_block_signals();
    open_watch(puller, pipe);
    (void)zsock_signal(pipe, 0);
    for (;;) {
        unsigned ready = wait_for_work(puller, true);
        if (watch_has_term(&puller->watch, ITEM_PIPE)) {
            break;
        }
        if ((ready & WATCH_BIT(ITEM_DATA)) != 0) {
            pull_batches(puller);
        }
        turn(puller, ready, false);
    }
    finish(puller);
}

static enum err open_holding(
    struct puller *puller, uint64_t store_id, const struct puller_options *options)
{
    struct holding_options holding = {
        .store_id = store_id,
        .counters = &puller->counters,
        .assembly =
            {
                .exchange = options->exchange,
                .max_rows = options->max_rows,
                .max_bytes = options->max_bytes,
                .max_age_ms = options->max_age_ms,
                .max_inflight = options->max_inflight,
            },
        .acknowledge = send_ack,
        .context = puller,
    };
    return holding_new(&puller->holding, &holding);
}

static enum err open_link(
    struct puller *puller, uint64_t store_id, const struct puller_options *options)
{
    puller->blocks = options->exchange.socket;
    puller->data = link_data_socket(ZMQ_PULL);
    puller->acks = link_return_socket(LINK_STORE, store_id);
    if (puller->data == NULL || puller->acks == NULL) {
        return ERR_MEMORY;
    }
    /* The return channel first: a batch should find it open. */
    enum err err = link_attach(puller->acks, &options->endpoints, true);
    return err != ERR_OK ? err : link_attach(puller->data, &options->endpoints, false);
}

enum err puller_new(struct puller **puller_p, const struct puller_options *options)
{
    *puller_p = NULL;
    link_setup();
    struct puller *puller = calloc(1, sizeof *puller);
    if (puller == NULL) {
        return ERR_MEMORY;
    }
    puller->stop_timeout_ms = options->stop_timeout_ms;
    uint64_t store_id = options->store_id != 0 ? options->store_id : link_random_id();
    puller->store_id = store_id;
    enum err err = open_holding(puller, store_id, options);
    if (err == ERR_OK) {
        err = open_link(puller, store_id, options);
    }
    if (err == ERR_OK) {
        puller->actor = zactor_new(puller_run, puller);
        err = puller->actor != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err != ERR_OK) {
        puller_destroy(&puller);
        return err;
    }
    *puller_p = puller;
    return ERR_OK;
}

void puller_destroy(struct puller **puller_p)
{
    struct puller *puller = *puller_p;
    if (puller == NULL) {
        return;
    }
    zactor_destroy(&puller->actor);
    holding_destroy(&puller->holding);
    zsock_destroy(&puller->data);
    zsock_destroy(&puller->acks);
    free(puller);
    *puller_p = NULL;
}

uint64_t puller_store_id(const struct puller *puller)
{
    return puller->store_id;
}

void puller_count_drops(const struct puller *puller, struct drop_counts *counts)
{
    const struct counter *dropped = puller->counters.flows.dropped;
    counts->values[DROP_CORRUPT] += counter_get(&dropped[PULL_DROP_CORRUPT]);
    counts->values[DROP_MEMORY] += counter_get(&dropped[PULL_DROP_MEMORY]);
}

void puller_collect(void *context, struct metrics_page *page)
{
    struct puller *puller = context;
    pull_report(&puller->counters, page);
}
