/*
 * link_listener.h -- an endpoint that a socket of the link is bound to, and its connections.
 *
 * libzmq cannot end one connection. Unbinding an endpoint ends all that were accepted there (in
 * libzmq 4.3 a session belongs to its listener); peers that may come back do so by themselves. For
 * the thread that owns the socket.
 */
#pragma once

#include "common/link.h"
#include "common/log_pause.h"

struct link_listener {
    zsock_t *socket; /* borrowed */
    struct link_keyring *keyring;
    enum link_peer_kind peer;
    const char *flag;  /* that gave the endpoint, for the log; NULL: -zmq.bind */
    const char *given; /* its value, borrowed; NULL: the endpoint */
    bool is_unbound;   /* since it was renewed; to be bound again */
    uint64_t bind_due_ns;
    struct log_pause log;
    char endpoint[LINK_ENDPOINT_SIZE];
    char bound[LINK_ENDPOINT_SIZE]; /* as libzmq calls it */
};

/* Binds. On failure one line is logged. */
MUST_CHECK enum err link_listener_open(struct link_listener *listener);
/* Ends all connections, and accepts new ones after a pause, with the keyring as it is then. */
void link_listener_renew(struct link_listener *listener, uint32_t pause_ms);
/* Binds where that could not be done yet: libzmq frees a port a moment after it is unbound. */
void link_listener_tend(struct link_listener *listener);
