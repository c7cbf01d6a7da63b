/*
 * http_listen.h -- the listening socket of an HTTP server.
 *
 * Bound by us and not by libmicrohttpd, so that a refusal can say why and where.
 */
#pragma once

#include "common/err.h"

#include <stdint.h>

struct http_listen {
    const char *flag; /* that has the address, for the log: "-metrics.addr" */
    const char *address;
    const char *host_if_bare; /* NULL: any */
};

/*
 * Binds and listens on "HOST:PORT", "[IPV6]:PORT" or ":PORT" (then on `host_if_bare`, or on any
 * address when that is NULL). The caller closes *fd_p. On failure one line is logged: ERR_INVALID
 * for what is no address, ERR_IN_USE, ERR_DENIED or ERR_IO.
 */
MUST_CHECK enum err http_listen_open(
    int *fd_p, uint16_t *port_p, const struct http_listen *listen_on);
