/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's thread: sockets around the window. */
#include "ingest/publish/publish.h"

#include "common/clock.h"
#include "common/log.h"
#include "ingest/publish/publish_counters.h"
#include "ingest/publish/window.h"

#include <inttypes.h>
#include <zstd.h>

enum {
    PORT_HWM = 64,       /* batches on each side of a worker's port */
    BATCHES_A_TURN = 64, /* taken from the ports before the other sockets are looked at again */
    TICK_MS = 50,        /* how late a deadline may be noticed */
    TAP_HWM = 16,
    COMPRESSION_LEVEL = 1
};

struct publisher {
    zactor_t *actor;
    zsock_t *inbox; /* struct batch *, from the ports */
    zsock_t *data;
    zsock_t *acks;
    zsock_t *tap; /* NULL: none */
    struct window *window;
    ZSTD_CCtx *zstd; /* NULL: no compression */
    uint64_t ingest_id;
    uint64_t epoch;
    uint32_t lease_ms;
    uint32_t stop_timeout_ms;
    char inbox_endpoint[64];
    struct publish_counters counters;
};

struct publisher_port {
    zsock_t *socket;
};

/* ---- from the workers ---- */

static void free_bytes(void *bytes, void *hint)
{
    (void)hint;
    free(bytes);
}

/* Moves the batch's bytes into a message; the batch is gone. */
static enum err message_of_batch(zmq_msg_t *message, struct batch *batch)
{
    int failed = zmq_msg_init_data(message, batch->bytes, batch->size, free_bytes, NULL);
    if (failed == 0) {
        batch->bytes = NULL;
    }
    batch_destroy(&batch);
    return failed == 0 ? ERR_OK : ERR_MEMORY;
}

/* Replaces the message by its zstd frame; where that fails, it stays as it is. */
static bool compress_message(struct publisher *publisher, zmq_msg_t *message)
{
    size_t size = zmq_msg_size(message);
    size_t room = ZSTD_compressBound(size);
    uint8_t *bytes = malloc(room);
    if (bytes == NULL) {
        return false;
    }
    size_t packed = ZSTD_compressCCtx(
        publisher->zstd, bytes, room, zmq_msg_data(message), size, COMPRESSION_LEVEL);
    if (ZSTD_isError(packed) || packed >= size) {
        free(bytes);
        return false;
    }
    uint8_t *exact = realloc(bytes, packed);
    bytes = exact != NULL ? exact : bytes;
    zmq_msg_t compressed;
    if (zmq_msg_init_data(&compressed, bytes, packed, free_bytes, NULL) != 0) {
        free(bytes);
        return false;
    }
    (void)zmq_msg_close(message);
    *message = compressed;
    return true;
}

/* Only while someone listens; a listener that is slow loses its own (XPUB drops at its mark). */
static void publish_on_tap(struct publisher *publisher, zmq_msg_t *payload)
{
    if (counter_get(&publisher->counters.tap_subscriptions) == 0) {
        return;
    }
    void *tap = zsock_resolve(publisher->tap);
    zmq_msg_t copy;
    (void)zmq_msg_init(&copy);
    if (zmq_msg_copy(&copy, payload) != 0 ||
        zmq_send(tap, LINK_TAP_TOPIC, strlen(LINK_TAP_TOPIC), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&copy, tap, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&copy);
        return;
    }
    counter_add(&publisher->counters.tap_batches, 1);
}

static void accept_batch(struct publisher *publisher, struct batch *batch)
{
    struct window_batch entry = {
        .created_ms = clock_wall_ns() / NS_PER_MS,
        .payload_size = (uint32_t)batch->size,
        .flow_count = batch->flow_count,
        .day = batch->day,
    };
    if (message_of_batch(&entry.payload, batch) != ERR_OK) {
        counter_add(&publisher->counters.flows_dropped_memory, entry.flow_count);
        return;
    }
    publish_on_tap(publisher, &entry.payload);
    if (publisher->zstd != NULL) {
        entry.is_compressed = compress_message(publisher, &entry.payload);
    }
    if (window_append(publisher->window, &entry) != ERR_OK) {
        counter_add(&publisher->counters.flows_dropped_memory, entry.flow_count);
        (void)zmq_msg_close(&entry.payload);
    }
}

/* False when the ports are empty. */
static bool take_batches(struct publisher *publisher)
{
    for (int i = 0; i < BATCHES_A_TURN; i++) {
        struct batch *batch = NULL;
        int size = zmq_recv(zsock_resolve(publisher->inbox), &batch, sizeof batch, ZMQ_DONTWAIT);
        if (size != sizeof batch) {
            return false;
        }
        accept_batch(publisher, batch);
    }
    return true;
}

/* ---- to and from the stores ---- */

/* False: no store has room now. */
static bool send_batch(struct publisher *publisher, struct window_batch *batch)
{
    struct link_header header = {
        .ingest_id = publisher->ingest_id,
        .epoch = publisher->epoch,
        .sequence = batch->sequence,
        .created_ms = batch->created_ms,
        .attempt = batch->attempt,
        .flow_count = batch->flow_count,
        .payload_size = batch->payload_size,
        .day = batch->day,
        .lease_ms = publisher->lease_ms,
        .is_compressed = batch->is_compressed,
    };
    uint8_t bytes[LINK_HEADER_MAX];
    size_t size = link_header_pack(&header, bytes);
    void *data = zsock_resolve(publisher->data);
    zmq_msg_t payload;
    (void)zmq_msg_init(&payload);
    if (zmq_msg_copy(&payload, &batch->payload) != 0 ||
        zmq_send(data, bytes, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&payload, data, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&payload);
        return false;
    }
    counter_add(&publisher->counters.batches_sent, 1);
    counter_add(&publisher->counters.bytes_sent, zmq_msg_size(&batch->payload));
    return true;
}

static void send_batches(struct publisher *publisher)
{
    for (struct window_batch *batch = window_next(publisher->window); batch != NULL;
         batch = window_next(publisher->window)) {
        if (!send_batch(publisher, batch)) {
            return;
        }
        window_sent(publisher->window, batch, clock_monotonic_ns());
    }
}

static void answer_held(struct publisher *publisher, zframe_t **store_p, const struct link_ack *ack)
{
    struct link_lease lease = {.ingest_id = publisher->ingest_id, .stamp_ns = ack->stamp_ns};
    window_held(publisher->window, ack->store_id, &ack->ranges, clock_monotonic_ns(), &lease);
    size_t size = 0;
    uint8_t *bytes = link_lease_pack(&lease, &size);
    link_lease_clear(&lease);
    if (bytes == NULL) {
        return;
    }
    /* What cannot be sent is asked for again. */
    void *acks = zsock_resolve(publisher->acks);
    if (zframe_send(store_p, publisher->acks, ZFRAME_MORE | ZFRAME_DONTWAIT) == 0) {
        (void)zmq_send(acks, bytes, size, ZMQ_DONTWAIT);
    }
    free(bytes);
}

static void take_ack(struct publisher *publisher, zframe_t **store_p, zframe_t *body)
{
    struct link_ack ack;
    if (link_ack_parse(&ack, zframe_data(body), zframe_size(body)) != ERR_OK) {
        counter_add(&publisher->counters.acks_bad, 1);
        return;
    }
    counter_add(&publisher->counters.acks[ack.kind], 1);
    switch (ack.kind) {
    case LINK_ACK_HELD:
        answer_held(publisher, store_p, &ack);
        break;
    case LINK_ACK_STORED:
    case LINK_ACK_SHELVED:
        window_settled(publisher->window, ack.kind, &ack.ranges);
        break;
    case LINK_ACK_CORRUPT:
    case LINK_ACK_UNSUPPORTED:
        window_refused(publisher->window, ack.kind, &ack.ranges, clock_monotonic_ns());
        break;
    case LINK_ACK_KIND_COUNT:
        break;
    }
    link_ack_clear(&ack);
}

static void take_acks(struct publisher *publisher)
{
    for (zmsg_t *message = zmsg_recv_nowait(publisher->acks); message != NULL;
         message = zmsg_recv_nowait(publisher->acks)) {
        zframe_t *store = zmsg_pop(message);
        zframe_t *body = zmsg_pop(message);
        if (body != NULL) {
            take_ack(publisher, &store, body);
        }
        zframe_destroy(&store);
        zframe_destroy(&body);
        zmsg_destroy(&message);
    }
}

/* XPUB passes on the first subscription to a topic and the end of the last. */
static void take_subscriptions(struct publisher *publisher)
{
    uint8_t frame[256];
    struct counter *subscriptions = &publisher->counters.tap_subscriptions;
    while (zmq_recv(zsock_resolve(publisher->tap), frame, sizeof frame, ZMQ_DONTWAIT) > 0) {
        uint64_t count = counter_get(subscriptions);
        if (frame[0] == 1) {
            counter_set(subscriptions, count + 1);
        } else if (frame[0] == 0 && count > 0) {
            counter_set(subscriptions, count - 1);
        }
    }
}

/* ---- the thread ---- */

enum {
    ITEM_PIPE,
    ITEM_INBOX,
    ITEM_ACKS,
    ITEM_DATA,
    ITEM_TAP,
    ITEM_COUNT
};

static void wait_for_work(struct publisher *publisher, zsock_t *pipe)
{
    bool has_unsent = window_next(publisher->window) != NULL;
    zmq_pollitem_t items[ITEM_COUNT] = {
        [ITEM_PIPE] = {.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN},
        [ITEM_INBOX] = {.socket = zsock_resolve(publisher->inbox), .events = ZMQ_POLLIN},
        [ITEM_ACKS] = {.socket = zsock_resolve(publisher->acks), .events = ZMQ_POLLIN},
        [ITEM_DATA] = {.socket = zsock_resolve(publisher->data),
            .events = has_unsent ? ZMQ_POLLOUT : 0},
        [ITEM_TAP] = {.socket = publisher->tap != NULL ? zsock_resolve(publisher->tap) : NULL,
            .events = ZMQ_POLLIN},
    };
    int count = publisher->tap != NULL ? ITEM_COUNT : ITEM_TAP;
    (void)zmq_poll(items, count, window_count(publisher->window) > 0 ? TICK_MS : -1);
}

/* One look at everything. True while a worker's port may have more. */
static bool turn(struct publisher *publisher)
{
    if (publisher->tap != NULL) {
        take_subscriptions(publisher);
    }
    bool has_more = take_batches(publisher);
    take_acks(publisher);
    window_tick(publisher->window, clock_monotonic_ns());
    send_batches(publisher);
    return has_more;
}

/* Delivers what is left, for as long as a stop may take. */
static void finish(struct publisher *publisher, zsock_t *pipe)
{
    uint64_t end_ns = clock_monotonic_ns() + publisher->stop_timeout_ms * NS_PER_MS;
    while (turn(publisher)) {
    }
    while (window_count(publisher->window) > 0 && clock_monotonic_ns() < end_ns) {
        wait_for_work(publisher, pipe);
        (void)turn(publisher);
    }
    if (window_count(publisher->window) > 0) {
        log_warning("publish", "stopped before everything was stored",
            "batches=%" PRIu64 " flows=%" PRIu64, window_count(publisher->window),
            counter_get(&window_counters(publisher->window)->waiting.flows));
    }
    window_abandon(publisher->window);
}

static void publisher_run(zsock_t *pipe, void *context)
{
    struct publisher *publisher = context;
    (void)zsock_signal(pipe, 0);
    for (;;) {
        wait_for_work(publisher, pipe);
        zmsg_t *command = zmsg_recv_nowait(pipe);
        if (command != NULL) {
            /* The one command there is: $TERM, from zactor_destroy(). */
            zmsg_destroy(&command);
            break;
        }
        (void)turn(publisher);
    }
    finish(publisher, pipe);
}

/* ---- public ---- */

static enum err open_tap(struct publisher *publisher, const char *endpoint)
{
    if (endpoint == NULL || *endpoint == '\0') {
        return ERR_OK;
    }
    publisher->tap = zsock_new(ZMQ_XPUB);
    if (publisher->tap == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_sndhwm(publisher->tap, TAP_HWM);
    zsock_set_linger(publisher->tap, 0);
    zsock_set_ipv6(publisher->tap, 1);
    if (zmq_bind(zsock_resolve(publisher->tap), endpoint) != 0) {
        int cause = zmq_errno();
        log_error("publish", "cannot bind the tap", "endpoint=%s error=\"%s\"", endpoint,
            zmq_strerror(cause));
        return cause == EADDRINUSE ? ERR_IN_USE : ERR_INVALID;
    }
    return ERR_OK;
}

static enum err open_inbox(struct publisher *publisher)
{
    publisher->inbox = zsock_new(ZMQ_PULL);
    if (publisher->inbox == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_rcvhwm(publisher->inbox, PORT_HWM);
    (void)snprintf(publisher->inbox_endpoint, sizeof publisher->inbox_endpoint,
        "inproc://publish-%p", (void *)publisher);
    return zsock_bind(publisher->inbox, "%s", publisher->inbox_endpoint) == 0 ? ERR_OK : ERR_IO;
}

static enum err open_link(struct publisher *publisher, const struct publisher_options *options)
{
    publisher->data = link_data_socket(ZMQ_PUSH);
    publisher->acks = link_return_socket(LINK_INGEST, publisher->ingest_id);
    if (publisher->data == NULL || publisher->acks == NULL) {
        return ERR_MEMORY;
    }
    enum err err = link_attach(publisher->data, &options->endpoints, false);
    return err != ERR_OK ? err : link_attach(publisher->acks, &options->endpoints, true);
}

static enum err open_all(struct publisher *publisher, const struct publisher_options *options)
{
    struct window_options window = {
        .max_bytes = options->window_bytes,
        .first_sequence = publisher->epoch,
        .ack_timeout_ms = options->ack_timeout_ms,
        .lease_ms = publisher->lease_ms,
    };
    enum err err = window_new(&publisher->window, &window);
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
        err = open_tap(publisher, options->tap_endpoint);
    }
    return err;
}

enum err publisher_new(struct publisher **publisher_p, const struct publisher_options *options)
{
    *publisher_p = NULL;
    link_setup();
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher == NULL) {
        return ERR_MEMORY;
    }
    publisher->ingest_id = options->ingest_id != 0 ? options->ingest_id : link_random_id();
    publisher->epoch = clock_wall_ns() / NS_PER_US;
    publisher->lease_ms = options->ack_timeout_ms;
    publisher->stop_timeout_ms = options->stop_timeout_ms;
    enum err err = open_all(publisher, options);
    if (err == ERR_OK) {
        publisher->actor = zactor_new(publisher_run, publisher);
        err = publisher->actor != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err != ERR_OK) {
        publisher_destroy(&publisher);
        return err;
    }
    *publisher_p = publisher;
    return ERR_OK;
}

void publisher_destroy(struct publisher **publisher_p)
{
    struct publisher *publisher = *publisher_p;
    if (publisher == NULL) {
        return;
    }
    zactor_destroy(&publisher->actor);
    zsock_destroy(&publisher->tap);
    zsock_destroy(&publisher->acks);
    zsock_destroy(&publisher->data);
    zsock_destroy(&publisher->inbox);
    window_destroy(&publisher->window);
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
    int size = zmq_send(zsock_resolve(port->socket), &batch, sizeof batch, ZMQ_DONTWAIT);
    return size == sizeof batch ? ERR_OK : ERR_FULL;
}

void publisher_collect(void *context, struct metrics_page *page)
{
    struct publisher *publisher = context;
    publish_report(&publisher->counters, window_counters(publisher->window), page);
}
