/* SPDX-License-Identifier: BSD-3-Clause -- the puller's thread: sockets around the ledger. */
#include "store/pull/pull.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/link_channel.h"
#include "common/link_check.h"
#include "common/link_keyring.h"
#include "common/log.h"
#include "common/log_pause.h"
#include "common/watch.h"
#include "store/pull/holding.h"
#include "store/pull/pull_counters.h"

#include <inttypes.h>

/* A turn takes no more of each. */
enum {
    BATCHES_A_TURN = 64,
    LEASES_A_TURN = 64,  /* messages of ingests, and */
    RANGES_A_TURN = 4096 /* the ranges in them */
};

/* What the thread waits for. */
enum {
    ITEM_PIPE, /* $TERM */
    ITEM_ACKS,
    ITEM_BLOCKS,
    ITEM_DATA,
    ITEM_KEYS
};

struct puller {
    zactor_t *actor;
    struct watch watch;
    zsock_t *data; /* what is accepted; the channel has a socket for each connection it makes */
    struct link_keyring *keyring; /* borrowed; NULL: without keys */
    struct link_channel *channel;
    struct log_pause unanswered_log;
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
    watch_touched(&puller->watch, ITEM_ACKS);
    const struct link_process to = {.id = ingest_id, .epoch = ack->to_epoch};
    if (link_channel_send(puller->channel, &to, bytes, size, ack->kind == LINK_ACK_HELD)) {
        counter_add(&puller->counters.acks[ack->kind], 1);
    }
    free(bytes);
}

static void on_unanswered(void *context, uint64_t ingest_id)
{
    struct puller *puller = context;
    if (log_pause_is_over(&puller->unanswered_log, clock_monotonic_ns())) {
        log_warning("pull", "an ingest did not answer a lease request within a lease",
            "ingest=%" PRIu64 " not_logged=%" PRIu64, ingest_id,
            log_pause_skipped(&puller->unanswered_log));
    }
    watch_touched(&puller->watch, ITEM_ACKS);
    link_channel_unanswered(puller->channel, ingest_id);
}

/* A batch has the id of its sender, and the id under which it was named. */
static bool has_own_ids(struct puller *puller, const struct link_header *header)
{
    return link_channel_owns(puller->channel, header->ingest_id) &&
           link_channel_owns(puller->channel, link_header_sender(header));
}

static void take_message(struct puller *puller, zmq_msg_t *first, zmq_msg_t *payload)
{
    struct link_header header;
    enum err err = link_header_parse(&header, zmq_msg_data(first), zmq_msg_size(first));
    bool is_named = err == ERR_OK || err == ERR_UNSUPPORTED;
    if (is_named && !has_own_ids(puller, &header)) {
        return;
    }
    switch (err) {
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
    zmq_msg_t first;
    zmq_msg_t payload;
    (void)zmq_msg_init(&first);
    (void)zmq_msg_init(&payload);
    zsock_t *source = link_channel_receive_data(puller->channel, &first);
    if (source != NULL) {
        void *data = zsock_resolve(source);
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
    return source != NULL;
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

/* Returns how many ranges it had. */
static size_t take_lease(struct puller *puller, zmsg_t *message, uint64_t now_ns)
{
    zframe_t *address = zmsg_first(message);
    zframe_t *body = zmsg_last(message);
    struct link_lease lease;
    if (body == NULL) {
        return 0;
    }
    if (link_lease_parse(&lease, zframe_data(body), zframe_size(body)) != ERR_OK) {
        counter_add(&puller->counters.frames_bad, 1);
        return 0;
    }
    if (link_channel_learn(puller->channel, address, lease.ingest_id, now_ns)) {
        holding_lease(puller->holding, &lease, now_ns);
    }
    size_t ranges = 0;
    for (size_t i = 0; i < LINK_VERDICT_COUNT; i++) {
        ranges += lease.ranges[i].count;
    }
    link_lease_clear(&lease);
    return ranges;
}

/* A share of what is there: batches wait meanwhile. */
static void take_leases(struct puller *puller)
{
    size_t ranges = 0;
    for (int i = 0; i < LEASES_A_TURN && ranges < RANGES_A_TURN; i++) {
        uint64_t now_ns = clock_monotonic_ns();
        zmsg_t *message = link_channel_receive(puller->channel, now_ns);
        if (message == NULL) {
            watch_emptied(&puller->watch, ITEM_ACKS);
            return;
        }
        ranges += take_lease(puller, message, now_ns);
        zmsg_destroy(&message);
    }
}

/* New keys: where one was removed, every peer has to show its own again. */
static void take_keys(struct puller *puller)
{
    bool is_revoked = link_keyring_take(puller->keyring);
    watch_emptied(&puller->watch, ITEM_KEYS);
    if (is_revoked) {
        link_channel_renew(puller->channel);
    }
}

/* Hello, where it is due. */
static void tend_channel(struct puller *puller)
{
    uint64_t now_ns = clock_monotonic_ns();
    take_keys(puller);
    if (now_ns >= link_channel_due_ns(puller->channel)) {
        take_leases(puller);
        watch_touched(&puller->watch, ITEM_ACKS);
        watch_touched(&puller->watch, ITEM_DATA); /* it may be connected anew */
        link_channel_tick(puller->channel, now_ns);
    }
}

/* Milliseconds until a turn is due. */
static int wait_ms(const struct puller *puller)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t due_ns = holding_due_ns(puller->holding, now_ns);
    uint64_t channel_due_ns = link_channel_due_ns(puller->channel);
    due_ns = channel_due_ns < due_ns ? channel_due_ns : due_ns;
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
    tend_channel(puller);
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
    watch_descriptor(&puller->watch, ITEM_ACKS, link_channel_fd(puller->channel));
    watch_receiver(&puller->watch, ITEM_BLOCKS, puller->blocks);
    watch_descriptor(&puller->watch, ITEM_DATA, link_channel_data_fd(puller->channel));
    watch_receiver(&puller->watch, ITEM_KEYS, link_keyring_inbox(puller->keyring));
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
        .unanswered = on_unanswered,
        .context = puller,
    };
    return holding_new(&puller->holding, &holding);
}

static enum err open_link(
    struct puller *puller, uint64_t store_id, const struct puller_options *options)
{
    puller->blocks = options->exchange.socket;
    puller->keyring = options->endpoints.keyring;
    puller->data = link_data_socket(ZMQ_PULL);
    if (puller->data == NULL) {
        return ERR_MEMORY;
    }
    struct link_channel_options channel = {
        .endpoints = &options->endpoints,
        .role = LINK_STORE,
        .id = store_id,
        .epoch = clock_wall_ns() / NS_PER_US,
        .data = puller->data,
        .counters = &puller->counters.link,
        .waiting_batches = &puller->counters.batches_waiting,
        .waiting_flows = &puller->counters.flows.waiting,
    };
    return link_channel_new(&puller->channel, &channel);
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
    const struct link_bound bound = {
        .flag = "-zmq.bind", .endpoints = options->endpoints.bind, .has_return = true};
    uint64_t store_id = options->store_id != 0 ? options->store_id : link_random_id();
    puller->store_id = store_id;
    enum err err = link_check_paths(&bound);
    if (err == ERR_OK) {
        err = open_holding(puller, store_id, options);
    }
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
    link_channel_destroy(&puller->channel);
    zsock_destroy(&puller->data);
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

void puller_print_obstacles(const struct puller *puller, struct buffer *out)
{
    if (counter_get(&puller->counters.link.peers) == 0) {
        buffer_text_append(out,
            "no ingest is connected: start a goflow-ingest whose -zmq.bind or -zmq.connect leads "
            "here\n");
    }
}

void puller_collect(void *context, struct metrics_page *page)
{
    struct puller *puller = context;
    pull_report(&puller->counters, page);
}
