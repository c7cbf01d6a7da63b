/*
 * http_client.h -- one HTTP connection to a ClickHouse server, on libcurl.
 *
 * Keeps the connection alive between requests. A body is sent once and never again by itself: a
 * request whose body left may have been executed, and only the caller knows what that means.
 * One thread at a time, but for http_client_interrupt(). User and password travel in headers, and
 * appear nowhere else.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct http_client;

struct http_client_options {
    const char *username; /* NULL or "": the server's default */
    const char *password;
    uint32_t timeout_ms; /* of a whole request */
};

struct http_exchange {
    const char *url; /* with its query arguments; unix:/path/of/socket/?query for a Unix socket */
    const char *body;
    size_t body_size;
    const char *header;  /* one more line, which outlives the client; NULL: none */
    uint32_t timeout_ms; /* of the whole request; 0: the client's */
    struct buffer *answer;
    size_t sent;        /* bytes of the body that left */
    long status;        /* HTTP status; 0: no answer */
    int exception_code; /* X-ClickHouse-Exception-Code; 0: none */
    long written_rows;  /* of X-ClickHouse-Summary; -1: it does not say */
};

MUST_CHECK enum err http_client_new(
    struct http_client **client_p, const struct http_client_options *options);
void http_client_destroy(struct http_client **client_p);

/*
 * POSTs and waits for the whole answer. ERR_OK: there is a status; ERR_REFUSED: nothing was sent;
 * ERR_IO: the request left, or a part of it, and no whole answer came. `why` says so in words.
 */
MUST_CHECK enum err http_client_post(
    struct http_client *client, struct http_exchange *exchange, struct buffer *why);

/*
 * Ends the request under way as one without an answer, and any later one, within a second. Any
 * thread.
 */
void http_client_interrupt(struct http_client *client);

/* Appends text percent-encoded for a query argument. */
void http_client_escape(struct buffer *out, const char *text);
