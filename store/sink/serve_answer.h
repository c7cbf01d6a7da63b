/*
 * serve_answer.h -- answers as ClickHouse's HTTP interface gives them.
 *
 * Private to store/sink/serve*.c. Status codes by exception are the server's own mapping.
 */
#pragma once

#include "common/http.h"
#include "store/sink/engine.h"

/* What the server says of itself in every answer; read once at start. */
struct serve_identity {
    char host[64];
    char timezone[64];
    char version[32];
};

/* Query id, host and time zone: what each answer to a query has. */
void serve_answer_begin(
    struct http_response *response, const struct serve_identity *identity, const char *query_id);

/* Exceptions end in their version, as the server's do. */
void serve_answer_error(struct http_response *response, const struct serve_identity *identity,
    int code, const char *text);

/* Body, format and summary of a query that worked. `encoding` NULL: as it is. */
void serve_answer_result(struct http_response *response, const struct engine_result *result,
    const char *format, const char *encoding);
