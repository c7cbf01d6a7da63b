/*
 * link_keyring.h -- the keys that one thread has for its sockets of the link.
 *
 * The main thread (link_guard.h) makes the ring and sends new keys when the folder was read again;
 * the thread that owns the sockets takes them between two turns. Keys change hands in messages, so
 * the threads share nothing. Without keys there is no ring: every function here that a socket's
 * owner calls takes NULL for that, and then leaves the socket as it is.
 */
#pragma once

#include "common/link_curve.h"

struct link_keyring;

/* For the main thread, before the sockets' thread starts. Takes `keys`, also on failure. */
MUST_CHECK enum err link_keyring_new(struct link_keyring **ring_p, struct link_keys *keys);
/* After the sockets' thread has ended. */
void link_keyring_destroy(struct link_keyring **ring_p);
/* For the main thread. Takes `keys`. */
void link_keyring_send(struct link_keyring *ring, struct link_keys *keys);

/* For watch_receiver(); NULL without a ring. */
zsock_t *link_keyring_inbox(struct link_keyring *ring);
/*
 * Takes the keys that were sent. True: a key was removed, or the own pair is another one, so every
 * connection has to be made anew.
 */
bool link_keyring_take(struct link_keyring *ring);

/* True: connections to this endpoint need keys, so the other side may refuse them for good. */
bool link_keyring_covers(const struct link_keyring *ring, const char *endpoint);
/* The name of the key that the peer at this endpoint has to have, lent; "": it needs none. */
const char *link_keyring_peer_name(
    const struct link_keyring *ring, enum link_peer_kind kind, const char *endpoint);
/* Before each zmq_bind(): only allowed peers of this kind get in. */
MUST_CHECK enum err link_keyring_accept(
    struct link_keyring *ring, zsock_t *socket, enum link_peer_kind kind, const char *endpoint);
/* Before each zmq_connect(); `plain` is the endpoint as libzmq wants it. */
MUST_CHECK enum err link_keyring_connect(struct link_keyring *ring, zsock_t *socket,
    enum link_peer_kind kind, const char *endpoint, char plain[LINK_PLAIN_SIZE]);

/* True: a peer of this kind has a key of this name. */
bool link_keyring_allows(
    const struct link_keyring *ring, enum link_peer_kind kind, const char *name);
/* Logs what to do about a connection that is not there; once a minute at most. */
void link_keyring_log_refused(
    struct link_keyring *ring, const char *endpoint, enum link_peer_kind own_kind);
