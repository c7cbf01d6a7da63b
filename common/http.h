/*
 * http.h -- a small HTTP server on libmicrohttpd: /metrics, /healthz, /templates and -ch.serve.
 *
 * Handlers run on the server's own threads, so they read only counters, immutable data, or ask
 * other threads by message. Bodies are read whole, up to a limit; larger ones get 413. With users,
 * every path but /healthz, /readyz and /ping needs the password of one.
 */
#pragma once

#include "common/address.h"
#include "common/buffer.h"
#include "common/err.h"
#include "common/http_protection.h"

#include <stddef.h>
#include <stdint.h>

struct http_server;

struct http_request {
    const char *method;
    const char *path;
    const char *body; /* lent for the call */
    size_t body_size;
    void *connection;      /* for http_query_value() and http_header_value() */
    struct address client; /* zeroes over a Unix socket */
    bool is_known;         /* no users are needed, or one has given the password */
};

enum {
    HTTP_HEADERS_MAX = 16
};

struct http_header {
    char name[48];
    char value[512];
};

/* Filled by the handler; starts as 200, text/plain. `body` is taken by the server. */
struct http_response {
    unsigned status;
    char content_type[96];
    struct buffer body;
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/* A query argument or request header of this request, lent for the call, or NULL. */
const char *http_query_value(const struct http_request *request, const char *name);
const char *http_header_value(const struct http_request *request, const char *name);
/* Calls take(context, name, value) for each query argument. */
void http_query_each(const struct http_request *request,
    void (*take)(void *context, const char *name, const char *value), void *context);
/* Copies both, cut at their sizes above; one more than HTTP_HEADERS_MAX is left out. */
void http_response_header(struct http_response *response, const char *name, const char *value);

typedef void http_handler_fn(
    void *context, const struct http_request *request, struct http_response *response);

/*
 * Called when the headers of a request with a body are there. False: the response that it filled is
 * sent, and the body is not read. The request has no body yet.
 */
typedef bool http_check_fn(
    void *context, const struct http_request *request, struct http_response *response);

struct http_options {
    /* ":8080", "127.0.0.1:8080", "[::1]:0", port 0: the system chooses; "unix:/run/socket" */
    const char *address;
    const char *host_if_bare; /* host when the address is only ":port"; NULL: any */
    uint32_t threads;         /* 0 or 1: one for all; more: one a connection, at most so many */
    uint64_t max_body_bytes;  /* 0: bodies are refused */
    const char *component;    /* for the log */
    const char *flag;         /* that has the address, for the log: "-metrics.addr" */
    http_check_fn *check;     /* NULL: every body is read */
    http_check_fn *preflight; /* answers OPTIONS by its response; NULL: nobody does */
    void *check_context;      /* of both; borrowed until http_close() */
    const struct http_protection *protection; /* NULL: none; texts borrowed until http_close() */
    const char *protection_name;              /* its flags in the log: "-metrics" */
};

/* Starts without routes: every path is 404 until http_route(). On failure one line is logged. */
MUST_CHECK enum err http_open(struct http_server **server_p, const struct http_options *options);

/* Exact path, or a prefix when it ends in '/' + '*'. `context` is borrowed until http_close(). */
MUST_CHECK enum err http_route(
    struct http_server *server, const char *path, http_handler_fn *handler, void *context);

/* Reads the file of users again. */
void http_reload(struct http_server *server);

/* The port it listens on; 0 for a Unix socket. */
uint16_t http_port(const struct http_server *server);

/* Waits for the handlers under way. */
void http_close(struct http_server **server_p);
