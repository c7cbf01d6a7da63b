/*
 * link_curve.h -- CURVE on a socket (ZeroMQ RFC 26): its options, before it is bound or connected.
 *
 * A socket either accepts guarded connections or makes them; libzmq has one setting for all of a
 * socket's endpoints. For the thread that owns the socket.
 */
#pragma once

#include "common/link_keys.h"

#include <czmq.h>

/* Before binding: clients have to be allowed peers of this kind, which link_zap.h decides. */
MUST_CHECK enum err link_curve_accept(
    zsock_t *socket, const struct link_keys *keys, enum link_peer_kind kind);

/*
 * Before each zmq_connect(): the server has to be this allowed peer. An endpoint may name it,
 * "tcp://edge1:5557#edge1"; without a name it is the only allowed peer of the kind. *plain_p is the
 * endpoint without the name, in `plain`. ERR_INVALID after one log line.
 */
MUST_CHECK enum err link_curve_connect(
    zsock_t *socket, const struct link_keys *keys, enum link_peer_kind kind, const char *endpoint);

enum {
    LINK_PLAIN_SIZE = 256
};

/* Copies the endpoint without "#NAME"; returns the name, lent from `endpoint`, or NULL. */
const char *link_endpoint_split(const char *endpoint, char plain[LINK_PLAIN_SIZE]);

/* True: it has the permissions of its file, or does not leave the process; no keys are needed. */
bool link_endpoint_is_file(const char *endpoint);
/* True: only this host reaches it (loopback, ipc, inproc), so it may do without keys. */
bool link_endpoint_is_local(const char *endpoint);
