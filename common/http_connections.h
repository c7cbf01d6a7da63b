/*
 * http_connections.h -- which connections an HTTP server has, and which one makes way for a new
 * one.
 *
 * A client that connects and says nothing, or never ends its request, must not keep others out:
 *
 * - Each state has a time limit; http_connections_expire() ends what is beyond it.
 * - An address has a share of the connections. Beyond it, and in a full server, a new connection
 *   ends another one: of its own address, or of the one that has most, the connection that has
 *   waited longest, first among those without a request.
 * - Where nobody makes way, a few reserved places remain for requests that ask for health. Of
 * these, the oldest makes way for the next.
 *
 * A request that is being answered is never cut. libmicrohttpd calls from several threads,
 * therefore a lock; each call holds it for one pass over the table.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_CONNECTIONS_SPARE = 16,     /* beyond the limit: reserved, or being ended */
    HTTP_CONNECTIONS_RESERVED = 4,   /* of the spare ones */
    HTTP_HEADERS_MS = 10000,         /* from the connection or the request line to all headers */
    HTTP_IDLE_MS = 60000,            /* between two requests of a connection */
    HTTP_TRANSFER_MS = 60000,        /* for a body or a response, and more by its size: */
    HTTP_TRANSFER_BYTES_A_S = 16384, /* so much a second at least */
    HTTP_REQUEST_MS = 60000          /* after which a full server may end an unfinished request */
};

enum http_connection_state {
    HTTP_CONNECTION_FREE,
    HTTP_CONNECTION_NEW,     /* no request yet */
    HTTP_CONNECTION_IDLE,    /* no request after the last one */
    HTTP_CONNECTION_HEADERS, /* the request line is there */
    HTTP_CONNECTION_READING, /* headers are there, the body is not */
    HTTP_CONNECTION_SERVING,
    HTTP_CONNECTION_SENDING, /* the response is complete */
    HTTP_CONNECTION_ENDED    /* shut down by us; libmicrohttpd has not noticed yet */
};

struct http_connection {
    enum http_connection_state state;
    bool is_reserved; /* only for requests that ask for health; never changes */
    int fd;
    struct address address;
    uint64_t since_ns; /* when the state began */
    uint64_t bytes;    /* of the body that have come, or of the response */
};

struct http_connections {
    pthread_mutex_t lock;
    struct http_connection *entries;
    size_t count; /* entries in all */
    size_t limit; /* connections that may be open, without reserved ones */
    size_t share; /* of them, those that one address may have */
};

/* ERR_MEMORY: nothing to clear. */
MUST_CHECK enum err http_connections_init(
    struct http_connections *connections, size_t limit, size_t share);
void http_connections_clear(struct http_connections *connections);

/*
 * Enters a connection that was just accepted. When the server is full, another connection is shut
 * down, or this one if no other may be ended; then the result is NULL. The entry is lent until
 * http_connections_close().
 */
struct http_connection *http_connections_open(
    struct http_connections *connections, int fd, const struct address *address, uint64_t now_ns);
void http_connections_enter(struct http_connections *connections, struct http_connection *entry,
    enum http_connection_state state, uint64_t now_ns);
/* Bytes of the body have come, or so many are to be sent. */
void http_connections_add_bytes(
    struct http_connections *connections, struct http_connection *entry, uint64_t bytes);
/* Before its descriptor is closed. */
void http_connections_close(struct http_connections *connections, struct http_connection *entry);

/* Shuts down what is beyond its time limit. Any thread. */
void http_connections_expire(struct http_connections *connections, uint64_t now_ns);
