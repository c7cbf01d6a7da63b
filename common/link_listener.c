/* SPDX-License-Identifier: BSD-3-Clause -- endpoints bound, and bound again. */
#include "common/link_listener.h"

#include "common/link_keyring.h"
#include "common/log.h"

static void note_bound(struct link_listener *listener)
{
    size_t size = sizeof listener->bound;
    listener->is_unbound = false;
    if (zmq_getsockopt(
            zsock_resolve(listener->socket), ZMQ_LAST_ENDPOINT, listener->bound, &size) != 0) {
        (void)snprintf(listener->bound, sizeof listener->bound, "%s", listener->endpoint);
    }
}

enum err link_listener_open(struct link_listener *listener)
{
    enum err err = link_keyring_accept(
        listener->keyring, listener->socket, listener->peer, listener->endpoint);
    if (err == ERR_OK) {
        const struct link_place place = {
            .flag = listener->flag != NULL ? listener->flag : "-zmq.bind",
            .given = listener->given != NULL ? listener->given : listener->endpoint,
            .endpoint = listener->endpoint,
        };
        err = link_bind(listener->socket, &place);
    }
    if (err == ERR_OK) {
        note_bound(listener);
    }
    return err;
}

void link_listener_tend(struct link_listener *listener)
{
    if (!listener->is_unbound || clock_monotonic_ns() < listener->bind_due_ns) {
        return;
    }
    enum err err = link_keyring_accept(
        listener->keyring, listener->socket, listener->peer, listener->endpoint);
    if (err == ERR_OK && zmq_bind(zsock_resolve(listener->socket), listener->endpoint) == 0) {
        note_bound(listener);
        return;
    }
    /* The first try often meets the port that libzmq is about to free. */
    int cause = zmq_errno();
    if (cause != EADDRINUSE && log_pause_is_over(&listener->log, clock_monotonic_ns())) {
        log_error("link", "cannot bind again; trying on", "endpoint=%s error=\"%s\"",
            listener->endpoint, zmq_strerror(cause));
    }
}

void link_listener_renew(struct link_listener *listener, uint32_t pause_ms)
{
    if (listener->is_unbound) {
        return;
    }
    if (zmq_unbind(zsock_resolve(listener->socket), listener->bound) != 0) {
        log_error("link", "cannot end the connections of an endpoint; restart this program",
            "endpoint=%s error=\"%s\"", listener->endpoint, zmq_strerror(zmq_errno()));
        return;
    }
    listener->is_unbound = true;
    listener->bind_due_ns = clock_monotonic_ns() + pause_ms * NS_PER_MS;
    link_listener_tend(listener);
}
