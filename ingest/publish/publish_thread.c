/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's thread: ZeroMQ around its loop. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "common/daemon.h"

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
    return zmsg_recv_nowait(publisher->acks);
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

/* What cannot be sent is asked for again. */
static void reply(void *context, zframe_t **store_p, const uint8_t *bytes, size_t size)
{
    const struct publisher *publisher = context;
    void *acks = zsock_resolve(publisher->acks);
    if (zframe_send(store_p, publisher->acks, ZFRAME_MORE | ZFRAME_DONTWAIT) == 0) {
        (void)zmq_send(acks, bytes, size, ZMQ_DONTWAIT);
    }
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
        .now_ns = now_ns,
        .context = publisher};
}

static unsigned wait_for_work(struct publisher *publisher)
{
    bool has_unsent = window_next(publisher->window) != NULL;
    unsigned unwanted = has_unsent ? 0 : WATCH_BIT(PUBLISH_DATA);
    return watch_wait(
        &publisher->watch, WATCH_ALL & ~unwanted, publish_loop_patience_ms(publisher));
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
    watch_receiver(&publisher->watch, PUBLISH_ACKS, publisher->acks);
    watch_sender(&publisher->watch, PUBLISH_DATA, publisher->data);
    watch_receiver(&publisher->watch, PUBLISH_TAP, publisher->tap);
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
