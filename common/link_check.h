/*
 * link_check.h -- what a start would refuse about the endpoints of the link.
 *
 * libzmq removes whatever file has the path of an ipc endpoint, also the socket of a process that
 * lives, so paths are looked at before they are bound. -check binds the ports too, on a socket that
 * nobody uses. Main thread. Each failure logs one line, the same as the start's.
 */
#pragma once

#include "common/link.h"
#include "common/link_keyring.h"

struct link_bound {
    const char *flag; /* "-zmq.bind" */
    struct option_list endpoints;
    bool has_return; /* each has a return channel beside it */
};

/* For a start too, before anything is bound. */
MUST_CHECK enum err link_check_paths(const struct link_bound *bound);
/* Binds the tcp endpoints to the socket as well. */
MUST_CHECK enum err link_check_bind(zsock_t *socket, const struct link_bound *bound);
/* Looks for the keys that the connections need; connects to nobody. */
MUST_CHECK enum err link_check_connect(
    struct link_keyring *keyring, enum link_peer_kind peer, const struct option_list *connect);
