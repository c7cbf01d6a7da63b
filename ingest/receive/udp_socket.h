/*
 * udp_socket.h -- the sockets of one UDP port: one for each worker.
 *
 * Main thread, at start. Errors name the flag, the address and the reason in one log line. The
 * counters of a socket may be read by any thread while it is open.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct udp_options {
    const char *host;      /* IP address, or a group to join; "" or NULL: any, IPv6 and IPv4 */
    const char *interface; /* only what arrives there; "" or NULL: any */
    uint16_t port;         /* 0: the system chooses */
    bool is_shared;        /* other processes may listen on it, too */
    uint64_t buffer_bytes;
    const char *flag_prefix; /* "nf." where -nf.port and -nf.addr have set it, for the log */
};

/* What the sockets of a port have in common once they are open. */
struct udp_bound {
    char host[ADDRESS_ZONED_TEXT_SIZE]; /* as bound: "::" or "0.0.0.0" for any */
    uint16_t port;
    uint64_t buffer_bytes; /* as granted */
};

/*
 * Opens `count` sockets on one port, steered by source address. They are non-blocking, owned by
 * the caller, and all closed again on failure. ERR_IN_USE, ERR_DENIED, ERR_INVALID, ERR_IO.
 *
 * The kernel copies a datagram for a multicast group to every socket of the port. Therefore only
 * sockets[0] is opened for a group; the others are -1.
 */
MUST_CHECK enum err udp_open(
    const struct udp_options *options, int *sockets, size_t count, struct udp_bound *bound_p);

struct udp_queue {
    uint32_t waiting_bytes; /* memory of datagrams not yet received */
    uint32_t drops;         /* datagrams the kernel had no room for; wraps */
};

/* ERR_IO when the kernel does not tell. */
MUST_CHECK enum err udp_queue_read(int socket, struct udp_queue *queue_p);
