/* SPDX-License-Identifier: BSD-3-Clause -- the tap: batches for whoever listens. */
#include "ingest/publish/publish_state.h"

#include <string.h>

enum {
    TAP_HWM = 16,
    TAP_FRAME_MAX = 4096 /* of what subscribers send */
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
    zsock_set_maxmsgsize(publisher->tap, TAP_FRAME_MAX);
    zsock_set_linger(publisher->tap, 0);
    zsock_set_ipv6(publisher->tap, 1);
    struct link_listener *listener = &publisher->tap_listener;
    *listener = (struct link_listener){.socket = publisher->tap,
        .keyring = publisher->keyring,
        .peer = LINK_PEER_TAP,
        .flag = "-tap.bind"};
    (void)snprintf(listener->endpoint, sizeof listener->endpoint, "%s", endpoint);
    return link_listener_open(listener);
}

/*
 * XPUB passes on the first subscription to a topic and the end of the last, but also an end that a
 * peer made up. So an end counts for the gauge alone: flows are offered from the first subscription
 * on. Only beginnings of the topic matter; each has its bit, the empty one the first.
 */
void publish_tap_listen(struct publisher *publisher)
{
    uint8_t frame[256];
    for (int size = zmq_recv(zsock_resolve(publisher->tap), frame, sizeof frame, ZMQ_DONTWAIT);
         size > 0;
         size = zmq_recv(zsock_resolve(publisher->tap), frame, sizeof frame, ZMQ_DONTWAIT)) {
        size_t length = (size_t)size - 1;
        if (length > strlen(LINK_TAP_TOPIC) || memcmp(frame + 1, LINK_TAP_TOPIC, length) != 0) {
            continue;
        }
        if (frame[0] == 1) {
            publisher->tap_topics |= 1U << length;
            publisher->is_tapped = true;
        } else {
            publisher->tap_topics &= ~(1U << length);
        }
    }
    counter_set(&publisher->counters.tap_subscriptions,
        (uint64_t)__builtin_popcount(publisher->tap_topics));
    watch_emptied(&publisher->watch, PUBLISH_TAP);
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
