/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's thread: ZeroMQ around its loop. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "common/daemon.h"

enum {
    BIND_MS = 10 /* between two tries to bind again */
};

static struct batch *receive_batch(void *context)
{
    const struct publisher *publisher = context;
    struct batch *batch = NULL;
    int size =
        zmq_recv(zsock_resolve(publisher->inbox), &batch, sizeof(struct batch *), ZMQ_DONTWAIT);
    return size == sizeof(struct batch *) ? batch : NULL;
}

static zmsg_t *receive_ack(void *context)
{
    const struct publisher *publisher = context;
    return link_channel_receive(publisher->channel, clock_monotonic_ns());
}

static bool can_send(void *context)
{
    const struct publisher *publisher = context;
    return (zsock_events(publisher->data) & ZMQ_POLLOUT) != 0;
}

static enum err send_frames(void *context, const uint8_t *header, size_t size, zmq_msg_t *payload)
{
    const struct publisher *publisher = context;
    void *data = zsock_resolve(publisher->data);
    bool is_sent = zmq_send(data, header, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                   zmq_msg_send(payload, data, ZMQ_DONTWAIT) >= 0;
    return is_sent ? ERR_OK : ERR_AGAIN;
}

static void reply(void *context, zframe_t *store, const uint8_t *bytes, size_t size)
{
    struct publisher *publisher = context;
    watch_touched(&publisher->watch, PUBLISH_ACKS);
    (void)link_channel_reply(publisher->channel, store, bytes, size);
}

static bool learn(void *context, zframe_t *store, uint64_t store_id)
{
    struct publisher *publisher = context;
    return link_channel_learn(publisher->channel, store, store_id, clock_monotonic_ns());
}

/* New keys: where one was removed, every peer has to show its own again. */
static void take_keys(struct publisher *publisher)
{
    bool is_revoked = link_keyring_take(publisher->keyring);
    watch_emptied(&publisher->watch, PUBLISH_KEYS);
    if (is_revoked) {
        watch_touched(&publisher->watch, PUBLISH_ACKS);
        link_channel_renew(publisher->channel);
    }
    if (is_revoked && publisher->tap != NULL &&
        link_keyring_covers(publisher->keyring, publisher->tap_listener.endpoint)) {
        link_listener_renew(&publisher->tap_listener, 0);
    }
    if (publisher->tap_listener.is_unbound) {
        link_listener_tend(&publisher->tap_listener);
        watch_touched(&publisher->watch, PUBLISH_TAP);
    }
}

static void tend(void *context)
{
    struct publisher *publisher = context;
    uint64_t time_ns = clock_monotonic_ns();
    take_keys(publisher);
    link_channel_rename(
        publisher->channel, identity_id(publisher->identity), identity_epoch(publisher->identity));
    if (time_ns >= link_channel_due_ns(publisher->channel)) {
        watch_touched(&publisher->watch, PUBLISH_ACKS);
        link_channel_tick(publisher->channel, time_ns);
    }
}

static void unheard(void *context)
{
    struct publisher *publisher = context;
    watch_touched(&publisher->watch, PUBLISH_ACKS);
    link_channel_unheard(publisher->channel);
}

static uint64_t now_ns(void *context)
{
    (void)context;
    return clock_monotonic_ns();
}

struct publish_sockets publish_sockets_of(struct publisher *publisher)
{
    return (struct publish_sockets){.receive_batch = receive_batch,
        .receive_ack = receive_ack,
        .can_send = can_send,
        .send = send_frames,
        .reply = reply,
        .learn = learn,
        .tend = tend,
        .unheard = unheard,
        .now_ns = now_ns,
        .context = publisher};
}

/* Milliseconds until Hello is due; never negative. */
static int channel_due_ms(const struct publisher *publisher)
{
    uint64_t due_ns = link_channel_due_ns(publisher->channel);
    uint64_t time_ns = clock_monotonic_ns();
    return due_ns > time_ns ? (int)((due_ns - time_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static unsigned wait_for_work(struct publisher *publisher)
{
    bool has_unsent = window_next(publisher->window) != NULL;
    unsigned unwanted = has_unsent ? 0 : WATCH_BIT(PUBLISH_DATA);
    int patience_ms = publish_loop_patience_ms(publisher);
    int due_ms = channel_due_ms(publisher);
    int wait_ms = patience_ms >= 0 && patience_ms < due_ms ? patience_ms : due_ms;
    if (publisher->tap_listener.is_unbound && wait_ms > BIND_MS) {
        wait_ms = BIND_MS;
    }
    return watch_wait(&publisher->watch, WATCH_ALL & ~unwanted, wait_ms);
}

/* Delivers what is left, for as long as a stop may take. */
static void finish(struct publisher *publisher)
{
    publish_loop_stop(publisher);
    while (publish_loop_is_worth_waiting(publisher)) {
        publish_loop_turn(publisher, wait_for_work(publisher));
    }
    publish_loop_abandon(publisher);
}

static void open_watch(struct publisher *publisher, zsock_t *pipe)
{
    watch_receiver(&publisher->watch, PUBLISH_PIPE, pipe);
    watch_receiver(&publisher->watch, PUBLISH_INBOX, publisher->inbox);
    watch_descriptor(&publisher->watch, PUBLISH_ACKS, link_channel_fd(publisher->channel));
    watch_sender(&publisher->watch, PUBLISH_DATA, publisher->data);
    watch_receiver(&publisher->watch, PUBLISH_TAP, publisher->tap);
    watch_receiver(&publisher->watch, PUBLISH_KEYS, link_keyring_inbox(publisher->keyring));
}

void publish_run(zsock_t *pipe, void *context)
{
    struct publisher *publisher = context;
    daemon_block_signals();
    open_watch(publisher, pipe);
    (void)zsock_signal(pipe, 0);
    for (;;) {
        unsigned ready = wait_for_work(publisher);
        if (watch_has_term(&publisher->watch, PUBLISH_PIPE)) {
            break;
        }
        publish_loop_turn(publisher, ready);
    }
    finish(publisher);
}
