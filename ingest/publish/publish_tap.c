/* SPDX-License-Identifier: BSD-3-Clause -- the tap: batches for whoever listens. */
#include "ingest/publish/publish_state.h"

#include "common/log.h"

#include <string.h>

enum {
    TAP_HWM = 16,              /* batches for a tap */
    SUBSCRIPTIONS_HWM = 64,    /* of a tap, in its pipe */
    SUBSCRIPTIONS_A_TURN = 64, /* taken before the other sockets are looked at again */
    FRAME_MAX = 1024,          /* of what subscribers send: most is the handshake with keys */
    TOPICS_MAX = 256,          /* taken at once; a tap needs one */
    TOPICS_A_SECOND = 4,
    EXPELLED_MS = 1000
};

enum err publish_tap_open(struct publisher *publisher, const char *endpoint)
{
    if (endpoint == NULL || *endpoint == '\0') {
        return ERR_OK;
    }
    publisher->tap = zsock_new(ZMQ_XPUB);
    if (publisher->tap == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_sndhwm(publisher->tap, TAP_HWM);
    zsock_set_rcvhwm(publisher->tap, SUBSCRIPTIONS_HWM);
    zsock_set_maxmsgsize(publisher->tap, FRAME_MAX);
    zsock_set_linger(publisher->tap, 0);
    zsock_set_ipv6(publisher->tap, 1);
    struct link_listener *listener = &publisher->tap_listener;
    *listener = (struct link_listener){.socket = publisher->tap,
        .keyring = publisher->keyring,
        .peer = LINK_PEER_TAP,
        .flag = "-tap.bind"};
    (void)snprintf(listener->endpoint, sizeof listener->endpoint, "%s", endpoint);
    enum err err = link_limit_new(&publisher->tap_limit, publisher->tap,
        &publisher->counters.link.crowded_out[LINK_LIMIT_TAP]);
    return err == ERR_OK ? link_listener_open(listener) : err;
}

/* True: this topic is one more than anybody needs. libzmq keeps all of them, without a limit. */
static bool is_flood(struct publisher *publisher)
{
    uint64_t now_ns = publisher->sockets.now_ns(publisher->sockets.context);
    uint64_t less = (now_ns - publisher->tap_topics_less_ns) / NS_PER_S * TOPICS_A_SECOND;
    if (less > 0) {
        uint32_t taken = publisher->tap_topics_taken;
        publisher->tap_topics_taken = less < taken ? taken - (uint32_t)less : 0;
        publisher->tap_topics_less_ns = now_ns;
    }
    return ++publisher->tap_topics_taken > TOPICS_MAX;
}

/* libzmq forgets topics with the connection, and cannot end a single one. */
static void expel(struct publisher *publisher, zmq_msg_t *message)
{
    const char *key = zmq_msg_gets(message, "User-Id");
    counter_add(&publisher->counters.tap_floods, 1);
    publisher->tap_topics_taken = 0;
    link_listener_renew(&publisher->tap_listener, EXPELLED_MS);
    if (log_pause_is_over(&publisher->tap_log, clock_monotonic_ns())) {
        log_warning("publish",
            "a tap subscribed to too many topics; all taps were disconnected and may come back",
            "key=%s most=%d mend=\"goflow-keys refuse FOLDER tap NAME, then SIGHUP\"",
            key != NULL ? key : "none", TOPICS_MAX);
    }
}

/*
 * XPUB passes on the first subscription to a topic and the end of the last, but also an end that a
 * peer made up. So an end counts for the gauge alone: flows are offered from the first subscription
 * on. Only beginnings of the topic matter; each has its bit, the empty one the first.
 */
static void take_subscription(struct publisher *publisher, zmq_msg_t *message)
{
    const uint8_t *frame = zmq_msg_data(message);
    size_t size = zmq_msg_size(message);
    if (size == 0) {
        return;
    }
    bool is_begin = frame[0] == 1;
    if (is_begin && !publisher->tap_listener.is_unbound && is_flood(publisher)) {
        expel(publisher, message);
    }
    size_t length = size - 1;
    if (length > strlen(LINK_TAP_TOPIC) || memcmp(frame + 1, LINK_TAP_TOPIC, length) != 0) {
        return;
    }
    if (is_begin) {
        publisher->tap_topics |= 1U << length;
        publisher->is_tapped = true;
    } else {
        publisher->tap_topics &= ~(1U << length);
    }
}

void publish_tap_listen(struct publisher *publisher)
{
    zmq_msg_t message;
    (void)zmq_msg_init(&message);
    for (int i = 0; i < SUBSCRIPTIONS_A_TURN; i++) {
        if (zmq_msg_recv(&message, zsock_resolve(publisher->tap), ZMQ_DONTWAIT) < 0) {
            watch_emptied(&publisher->watch, PUBLISH_TAP);
            break;
        }
        take_subscription(publisher, &message);
    }
    (void)zmq_msg_close(&message);
    counter_set(&publisher->counters.tap_subscriptions,
        (uint64_t)__builtin_popcount(publisher->tap_topics));
}

/* Once someone has listened; a listener that is slow loses its own (XPUB drops at its mark). */
void publish_tap_offer(struct publisher *publisher, zmq_msg_t *payload)
{
    if (!publisher->is_tapped) {
        return;
    }
    void *tap = zsock_resolve(publisher->tap);
    zmq_msg_t copy;
    (void)zmq_msg_init(&copy);
    watch_touched(&publisher->watch, PUBLISH_TAP);
    if (zmq_msg_copy(&copy, payload) != 0 ||
        zmq_send(tap, LINK_TAP_TOPIC, strlen(LINK_TAP_TOPIC), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&copy, tap, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&copy);
        return;
    }
    counter_add(&publisher->counters.tap_batches, 1);
}
