/*
 * http_connections.h -- which connections an HTTP server has, and which one makes way for a new
 * one.
 *
 * A client that connects and says nothing, or never ends its request, must not keep others out. So
 * a full server ends a connection for each new one: of the address that has most connections the
 * one that has waited longest, first among those without a request, then among those whose request
 * has been on its way for a minute. A request that is being answered is never cut. libmicrohttpd
 * calls from several threads, therefore a lock; each call holds it for one pass over the table.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_CONNECTIONS_SPARE = 16, /* beyond the limit, for those that are being ended */
    HTTP_REQUEST_MS = 60000      /* after which a full server may end an unfinished request */
};

enum http_connection_state {
    HTTP_CONNECTION_FREE,
    HTTP_CONNECTION_IDLE,    /* no request, or not all of its headers */
    HTTP_CONNECTION_READING, /* headers are there, the body is not */
    HTTP_CONNECTION_SERVING,
    HTTP_CONNECTION_ENDED /* shut down by us; libmicrohttpd has not noticed yet */
};

struct http_connection {
    enum http_connection_state state;
    int fd;
    struct address address;
    uint64_t since_ns; /* when the state began */
};

struct http_connections {
    pthread_mutex_t lock;
    struct http_connection *entries;
    size_t count; /* entries in all */
    size_t limit; /* connections that may be open */
};

/* ERR_MEMORY: nothing to clear. */
MUST_CHECK enum err http_connections_init(struct http_connections *connections, size_t limit);
void http_connections_clear(struct http_connections *connections);

/*
 * A connection that has just been accepted. Shuts another one down where the limit is reached, or
 * this one where no other may be ended; then its entry is NULL. Lent until
 * http_connections_close().
 */
struct http_connection *http_connections_open(
    struct http_connections *connections, int fd, const struct address *address, uint64_t now_ns);
void http_connections_enter(struct http_connections *connections, struct http_connection *entry,
    enum http_connection_state state, uint64_t now_ns);
/* Before its descriptor is closed. */
void http_connections_close(struct http_connections *connections, struct http_connection *entry);
