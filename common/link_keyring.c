/* SPDX-License-Identifier: BSD-3-Clause -- one thread's keys for its sockets. */
#include "common/link_keyring.h"

#include "common/log.h"
#include "common/log_pause.h"

#include <inttypes.h>
#include <stdlib.h>

#define COMPONENT "link"

struct link_keyring {
    zsock_t *outbox;        /* of the main thread: struct link_keys *, which change hands */
    zsock_t *inbox;         /* this and the rest: of the thread that owns the sockets */
    struct link_keys *keys; /* never NULL */
    struct log_pause refused_log;
    struct log_pause nameless_log; /* connections are tried again and again */
};

static enum err open_pipe(struct link_keyring *ring)
{
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "inproc://keyring-%p", (void *)ring);
    ring->inbox = zsock_new(ZMQ_PAIR);
    ring->outbox = zsock_new(ZMQ_PAIR);
    bool is_open = ring->inbox != NULL && ring->outbox != NULL &&
                   zsock_bind(ring->inbox, "%s", endpoint) == 0 &&
                   zsock_connect(ring->outbox, "%s", endpoint) == 0;
    return is_open ? ERR_OK : ERR_MEMORY;
}

enum err link_keyring_new(struct link_keyring **ring_p, struct link_keys *keys)
{
    struct link_keyring *ring = calloc(1, sizeof *ring);
    *ring_p = ring;
    if (ring == NULL) {
        link_keys_destroy(&keys);
        return ERR_MEMORY;
    }
    ring->keys = keys;
    enum err err = open_pipe(ring);
    if (err != ERR_OK) {
        link_keyring_destroy(ring_p);
    }
    return err;
}

/* NULL: nothing was sent. */
static struct link_keys *receive(struct link_keyring *ring)
{
    struct link_keys *keys = NULL;
    void *inbox = zsock_resolve(ring->inbox);
    return zmq_recv(inbox, &keys, sizeof(struct link_keys *), ZMQ_DONTWAIT) ==
                   sizeof(struct link_keys *)
               ? keys
               : NULL;
}

void link_keyring_destroy(struct link_keyring **ring_p)
{
    struct link_keyring *ring = *ring_p;
    if (ring == NULL) {
        return;
    }
    struct link_keys *unread = ring->inbox != NULL ? receive(ring) : NULL;
    while (unread != NULL) {
        link_keys_destroy(&unread);
        unread = receive(ring);
    }
    zsock_destroy(&ring->outbox);
    zsock_destroy(&ring->inbox);
    link_keys_destroy(&ring->keys);
    free(ring);
    *ring_p = NULL;
}

void link_keyring_send(struct link_keyring *ring, struct link_keys *keys)
{
    void *outbox = zsock_resolve(ring->outbox);
    if (zmq_send(outbox, &keys, sizeof(struct link_keys *), ZMQ_DONTWAIT) < 0) {
        link_keys_destroy(&keys);
        log_error(COMPONENT, "the sockets did not take the new keys; send SIGHUP again", "queue=%s",
            "full");
    }
}

zsock_t *link_keyring_inbox(struct link_keyring *ring)
{
    return ring != NULL ? ring->inbox : NULL;
}

bool link_keyring_take(struct link_keyring *ring)
{
    bool is_revoked = false;
    struct link_keys *keys = ring != NULL ? receive(ring) : NULL;
    while (keys != NULL) {
        is_revoked = link_keys_revoke(ring->keys, keys) || is_revoked;
        link_keys_destroy(&ring->keys);
        ring->keys = keys;
        keys = receive(ring);
    }
    return is_revoked;
}

bool link_keyring_covers(const struct link_keyring *ring, const char *endpoint)
{
    return ring != NULL && !link_endpoint_is_file(endpoint);
}

const char *link_keyring_peer_name(
    const struct link_keyring *ring, enum link_peer_kind kind, const char *endpoint)
{
    if (!link_keyring_covers(ring, endpoint)) {
        return "";
    }
    char plain[LINK_PLAIN_SIZE];
    const struct link_key *peer =
        link_keys_named(ring->keys, kind, link_endpoint_split(endpoint, plain));
    return peer != NULL ? peer->name : "";
}

/* A socket that had keys for the endpoint before. */
static void set_plain(zsock_t *socket)
{
    (void)zmq_setsockopt(zsock_resolve(socket), ZMQ_ZAP_DOMAIN, NULL, 0);
    zsock_set_curve_server(socket, 0);
}

enum err link_keyring_accept(
    struct link_keyring *ring, zsock_t *socket, enum link_peer_kind kind, const char *endpoint)
{
    if (ring == NULL) {
        return ERR_OK;
    }
    if (link_endpoint_is_file(endpoint)) {
        set_plain(socket);
        return ERR_OK;
    }
    return link_curve_accept(socket, ring->keys, kind);
}

enum err link_keyring_connect(struct link_keyring *ring, zsock_t *socket, enum link_peer_kind kind,
    const char *endpoint, char plain[LINK_PLAIN_SIZE])
{
    (void)link_endpoint_split(endpoint, plain);
    if (ring == NULL) {
        return ERR_OK;
    }
    if (link_endpoint_is_file(endpoint)) {
        set_plain(socket);
        return ERR_OK;
    }
    bool has_name = link_keyring_peer_name(ring, kind, endpoint)[0] != '\0';
    if (!has_name && !log_pause_is_over(&ring->nameless_log, clock_monotonic_ns())) {
        return ERR_INVALID;
    }
    return link_curve_connect(socket, ring->keys, kind, endpoint);
}

bool link_keyring_allows(
    const struct link_keyring *ring, enum link_peer_kind kind, const char *name)
{
    return ring != NULL && link_keys_named(ring->keys, kind, name) != NULL;
}

void link_keyring_log_refused(
    struct link_keyring *ring, const char *endpoint, enum link_peer_kind own_kind)
{
    if (ring == NULL || !log_pause_is_over(&ring->refused_log, clock_monotonic_ns())) {
        return;
    }
    log_warning(COMPONENT,
        "no connection: nobody is there, our key is not allowed there, or the key we have is "
        "another's",
        "endpoint=%s mend_there=\"goflow-keys allow FOLDER %s NAME '%s', then SIGHUP\" "
        "not_logged=%" PRIu64,
        endpoint, link_peer_kind_name(own_kind), link_keys_public_text(ring->keys),
        log_pause_skipped(&ring->refused_log));
}
