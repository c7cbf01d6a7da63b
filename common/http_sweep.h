/*
 * http_sweep.h -- a thread that looks once a second for connections beyond their time limits.
 *
 * Private to common/http*.c. libmicrohttpd's own timeout begins anew with each byte, so that a
 * client which sends one now and then would stay for ever.
 */
#pragma once

#include "common/http_connections.h"

struct http_sweep;

/* `connections` is borrowed until http_sweep_stop(). ERR_MEMORY. */
MUST_CHECK enum err http_sweep_start(
    struct http_sweep **sweep_p, struct http_connections *connections);
void http_sweep_stop(struct http_sweep **sweep_p);
