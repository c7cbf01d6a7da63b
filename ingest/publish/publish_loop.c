/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's loop: batches out, answers in. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "common/crc32c.h"
#include "common/log.h"

#include <inttypes.h>

enum {
    ACKS_A_TURN = 64,        /* messages of stores, and */
    RANGES_A_TURN = 4096,    /* the ranges in them, at which a turn takes no more */
    TICK_MS = 50,            /* how late a deadline may be noticed */
    FIRST_STORE_MS = 2000,   /* a store that is there is connected by then */
    ROWS_PATIENCE_MS = 1000, /* of a stop, for rows that are not flows */
    PATIENCE_MS = 2000       /* a stop that takes longer says what it waits for */
};

static uint64_t now(const struct publisher *publisher)
{
    return publisher->sockets.now_ns(publisher->sockets.context);
}

static size_t pack_header(const struct publisher *publisher, const struct window_batch *batch,
    uint32_t payload_crc, uint8_t out[LINK_HEADER_MAX])
{
    struct link_header header = {
        .ingest_id = batch->ingest_id,
        .sender_id = identity_id(publisher->identity),
        .recovered_from = window_recovered_from(publisher->window),
        .payload_crc = payload_crc,
        .epoch = identity_epoch(publisher->identity),
        .sequence = batch->sequence,
        .created_ms = batch->created_ms,
        .attempt = batch->attempt,
        .flow_count = batch->flow_count,
        .payload_size = batch->payload_size,
        .day = batch->day,
        .lease_ms = publisher->lease_ms,
        .kind = batch->kind,
        .is_compressed = batch->is_compressed,
    };
    return link_header_pack(&header, out);
}

/* The payload for the socket: shared with the window, or read back from the disk. */
static enum err payload_of(
    struct publisher *publisher, struct window_batch *batch, zmq_msg_t *payload_p)
{
    if (zmq_msg_size(&batch->payload) == 0 && batch->place.segment != 0) {
        return spool_read(publisher->spool, batch, payload_p);
    }
    (void)zmq_msg_init(payload_p);
    return zmq_msg_copy(payload_p, &batch->payload) == 0 ? ERR_OK : ERR_MEMORY;
}

/* ERR_AGAIN: no store has room now. Else the batch cannot be read. */
static enum err send_batch(struct publisher *publisher, struct window_batch *batch)
{
    const struct publish_sockets *sockets = &publisher->sockets;
    /* Before it is read from the disk for nothing. */
    bool is_in_memory = zmq_msg_size(&batch->payload) > 0;
    if (!is_in_memory && !sockets->can_send(sockets->context)) {
        return ERR_AGAIN;
    }
    zmq_msg_t payload;
    enum err err = payload_of(publisher, batch, &payload);
    if (err != ERR_OK) {
        return err;
    }
    uint8_t header[LINK_HEADER_MAX];
    uint32_t payload_crc = crc32c(0, zmq_msg_data(&payload), zmq_msg_size(&payload));
    size_t size = pack_header(publisher, batch, payload_crc, header);
    err = sockets->send(sockets->context, header, size, &payload);
    if (err != ERR_OK) {
        (void)zmq_msg_close(&payload);
        return err;
    }
    counter_add(&publisher->counters.batches_sent, 1);
    counter_add(&publisher->counters.bytes_sent, batch->stored_size);
    return ERR_OK;
}

static void send_batches(struct publisher *publisher)
{
    for (struct window_batch *batch = window_next(publisher->window); batch != NULL;
         batch = window_next(publisher->window)) {
        switch (send_batch(publisher, batch)) {
        case ERR_OK:
            window_sent(publisher->window, batch, now(publisher));
            break;
        case ERR_IO: /* a disk may come back */
            window_put_off(publisher->window, batch, now(publisher));
            break;
        case ERR_CORRUPT:
            window_drop_damaged(publisher->window, batch);
            break;
        default:
            return;
        }
    }
}

static void answer_held(struct publisher *publisher, zframe_t *store, const struct link_ack *ack)
{
    struct link_lease lease = {.ingest_id = identity_id(publisher->identity),
        .store_id = ack->store_id,
        .stamp_ns = ack->stamp_ns,
        .is_last = publisher->is_stopping && window_next(publisher->window) == NULL};
    window_held(publisher->window, ack->store_id, &ack->ranges, now(publisher), &lease);
    size_t size = 0;
    uint8_t *bytes = link_lease_pack(&lease, &size);
    link_lease_clear(&lease);
    if (bytes == NULL) {
        return;
    }
    publisher->sockets.reply(publisher->sockets.context, store, bytes, size);
    free(bytes);
}

/* What a store sends to another ingest may come here after a restart at this address. */
static bool is_for_us(const struct publisher *publisher, const struct link_ack *ack)
{
    return ack->ingest_id == 0 || ack->ingest_id == identity_id(publisher->identity);
}

static void take_ack(struct publisher *publisher, zframe_t *store, const struct link_ack *ack)
{
    counter_add(&publisher->counters.acks[ack->kind], 1);
    switch (ack->kind) {
    case LINK_ACK_HELD:
        answer_held(publisher, store, ack);
        break;
    case LINK_ACK_STORED:
    case LINK_ACK_SHELVED:
        window_settled(publisher->window, ack);
        break;
    case LINK_ACK_CORRUPT:
    case LINK_ACK_UNSUPPORTED:
        window_refused(publisher->window, ack, now(publisher));
        break;
    case LINK_ACK_NAME_REFUSED:
        publish_names_refused(publisher, ack, now(publisher));
        break;
    case LINK_ACK_KIND_COUNT:
        break;
    }
}

/* Returns how many ranges it had. */
static size_t read_ack(struct publisher *publisher, zframe_t *store, zframe_t *body)
{
    const struct publish_sockets *sockets = &publisher->sockets;
    struct link_ack ack;
    if (link_ack_parse(&ack, zframe_data(body), zframe_size(body)) != ERR_OK) {
        counter_add(&publisher->counters.acks_bad, 1);
        return 0;
    }
    if (sockets->learn(sockets->context, store, ack.store_id) && is_for_us(publisher, &ack)) {
        take_ack(publisher, store, &ack);
    } else {
        counter_add(&publisher->counters.acks_bad, 1);
    }
    size_t ranges = ack.ranges.count;
    link_ack_clear(&ack);
    return ranges;
}

/* A share of what is there: the workers' batches wait meanwhile, and their room is small. */
static void take_acks(struct publisher *publisher)
{
    const struct publish_sockets *sockets = &publisher->sockets;
    size_t ranges = 0;
    for (int i = 0; i < ACKS_A_TURN && ranges < RANGES_A_TURN; i++) {
        zmsg_t *message = sockets->receive_ack(sockets->context);
        if (message == NULL) {
            watch_emptied(&publisher->watch, PUBLISH_ACKS);
            return;
        }
        zframe_t *store = zmsg_first(message);
        zframe_t *body = zmsg_next(message);
        if (body != NULL) {
            ranges += read_ack(publisher, store, body);
        }
        zmsg_destroy(&message);
    }
}

/*
 * Batches were sent and no store asked for a lease within ack_timeout: stores are behind with
 * reading, as when their database stands still, or their questions do not arrive.
 */
static void look_for_unheard(struct publisher *publisher)
{
    const struct publish_sockets *sockets = &publisher->sockets;
    const struct window_counters *counters = window_counters(publisher->window);
    uint64_t unheard = counter_get(&counters->resent_unheard);
    uint64_t now_ns = now(publisher);
    if (unheard == publisher->unheard_seen || now_ns < publisher->unheard_due_ns) {
        return;
    }
    uint64_t batches = unheard - publisher->unheard_seen;
    publisher->unheard_seen = unheard;
    publisher->unheard_due_ns = now_ns + publisher->lease_ms * NS_PER_MS;
    counter_add(&publisher->counters.requests_missing, 1);
    sockets->unheard(sockets->context);
    if (log_pause_is_over(&publisher->unheard_log, now_ns)) {
        log_warning("publish", "no store asked for a lease on batches that were sent",
            "batches=%" PRIu64 " stores=%" PRIu64 " waiting_flows=%" PRIu64, batches,
            counter_get(&publisher->counters.link.peers), counter_get(&counters->waiting.flows));
    }
}

int publish_loop_patience_ms(const struct publisher *publisher)
{
    return window_count(publisher->window) > 0 ? TICK_MS : publish_ledger_due_ms(publisher);
}

/* Moves everything on. True while a worker's port may have more. */
static bool turn(struct publisher *publisher, unsigned ready)
{
    if ((ready & WATCH_BIT(PUBLISH_TAP)) != 0) {
        publish_tap_listen(publisher);
    }
    if (publisher->spool != NULL) {
        spool_look(publisher->spool, now(publisher)); /* before batches go to its folder */
    }
    publish_names_look(publisher, now(publisher));
    publish_ledger_tick(publisher);
    bool has_more = (ready & WATCH_BIT(PUBLISH_INBOX)) != 0 && publish_intake(publisher);
    if ((ready & WATCH_BIT(PUBLISH_ACKS)) != 0) {
        take_acks(publisher);
    }
    publisher->sockets.tend(publisher->sockets.context);
    window_tick(publisher->window, now(publisher));
    look_for_unheard(publisher);
    send_batches(publisher);
    if (publisher->spool != NULL) {
        spool_tick(publisher->spool, now(publisher));
    }
    return has_more;
}

void publish_loop_turn(struct publisher *publisher, unsigned ready)
{
    (void)turn(publisher, ready);
}

void publish_loop_stop(struct publisher *publisher)
{
    publisher->is_stopping = true;
    while (turn(publisher, WATCH_BIT(PUBLISH_INBOX) | WATCH_BIT(PUBLISH_ACKS))) {
    }
    publish_ledger_tell(publisher); /* what is lost from here on is in the metrics and the log */
    publisher->stop_ns = now(publisher);
}

static void warn_of_the_wait(struct publisher *publisher)
{
    publisher->is_wait_logged = true;
    log_warning("publish", "waiting for the stores before the end; a second signal ends now",
        "flows=%" PRIu64 " timeout_ms=%" PRIu32,
        counter_get(&window_counters(publisher->window)->waiting.flows),
        publisher->stop_timeout_ms);
}

/* Counters of devices and losses are worth a second, unless a store is about to confirm them. */
static bool has_rows_beside_flows_alone(const struct publisher *publisher)
{
    return counter_get(&window_counters(publisher->window)->waiting.flows) == 0 &&
           !window_is_with_stores(publisher->window);
}

bool publish_loop_is_worth_waiting(struct publisher *publisher)
{
    const struct publish_sockets *sockets = &publisher->sockets;
    uint64_t now_ns = now(publisher);
    uint64_t waited_ms = (now_ns - publisher->stop_ns) / NS_PER_MS;
    uint64_t settled_ns = publisher->started_ns + FIRST_STORE_MS * NS_PER_MS;
    if (window_count(publisher->window) == 0 || waited_ms >= publisher->stop_timeout_ms) {
        return false;
    }
    if (waited_ms >= ROWS_PATIENCE_MS && has_rows_beside_flows_alone(publisher)) {
        return false;
    }
    if (window_is_at_rest(publisher->window) && now_ns >= settled_ns &&
        !sockets->can_send(sockets->context)) {
        return false;
    }
    if (waited_ms >= PATIENCE_MS && !publisher->is_wait_logged) {
        warn_of_the_wait(publisher);
    }
    return true;
}

/* Flows that are lost are an error; counters of devices and losses alone are not worth one. */
static void log_lost(const struct window_amount *lost)
{
    uint64_t flows = counter_get(&lost->flows);
    log_line(flows > 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, "publish",
        flows > 0 ? "stopped before everything was stored: what was left is lost"
                  : "stopped before the last rows beside flows were stored; no flow is lost",
        "batches=%" PRIu64 " flows=%" PRIu64 " other_rows=%" PRIu64, counter_get(&lost->batches),
        flows, counter_get(&lost->records));
}

void publish_loop_abandon(struct publisher *publisher)
{
    const struct window_counters *counters = window_counters(publisher->window);
    window_abandon(publisher->window);
    if (counter_get(&counters->kept.batches) > 0) {
        log_warning("publish", "stopped before everything was stored; the spool keeps it",
            "batches=%" PRIu64 " flows=%" PRIu64 " other_rows=%" PRIu64,
            counter_get(&counters->kept.batches), counter_get(&counters->kept.flows),
            counter_get(&counters->kept.records));
    }
    if (counter_get(&counters->dropped_stop.batches) > 0) {
        log_lost(&counters->dropped_stop);
    }
}
