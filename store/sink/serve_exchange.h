/*
 * serve_exchange.h -- one query over HTTP: who asks, what, the engine's answer.
 *
 * Private to store/sink/serve*.c. An exchange lives on the thread of its connection; it checks the
 * user, unpacks the body, puts the data of an INSERT into a file in memory, prepares a session with
 * the database and settings of the URL, and runs the statement.
 */
#pragma once

#include "common/http.h"
#include "common/http_users.h"
#include "common/options.h"
#include "store/sink/engine.h"
#include "store/sink/serve_answer.h"
#include "store/sink/serve_request.h"
#include "store/sink/statement.h"

/* The same for all exchanges; never changes. */
struct serve_access {
    struct engine *engine;
    uint64_t max_body_bytes; /* after unpacking, too */
    char username[SERVE_SECRET_SIZE];
    char password[SERVE_SECRET_SIZE];
    struct http_users *users; /* NULL: `username` and `password` */
    struct serve_identity identity;
    struct option_list hosts;   /* names that Host may have beside addresses */
    struct option_list origins; /* pages that may ask */
};

struct serve_exchange {
    const struct serve_access *access;
    const struct http_request *http;
    struct http_response *response;
    struct serve_request request;
    bool is_own; /* the store's own user, over a Unix socket */
    struct engine_session *session;
    struct buffer body; /* unpacked; empty while the body of the request serves */
    struct buffer sql;
    struct buffer given; /* the client's statement, without data */
    struct statement statement;
    int data_fd;
    uint64_t rows_written;
};

/* Reads the request. */
void serve_exchange_begin(struct serve_exchange *exchange_p, const struct serve_access *access,
    const struct http_request *http, struct http_response *response);

/* Who asks, before a body is read. False: the response has an exception. */
bool serve_exchange_check(struct serve_exchange *exchange);

/* What a page of that origin may send. False: nothing, and the response says why. */
bool serve_exchange_preflight(struct serve_exchange *exchange);

/* Fills the response, with an exception where something is refused. */
void serve_exchange_run(struct serve_exchange *exchange);

void serve_exchange_end(struct serve_exchange *exchange);

/* For the other files of serve: fills the response with an exception. */
void serve_exchange_refuse(struct serve_exchange *exchange, int code, const char *text);

/* Runs it in the session. False: the response has the engine's exception, and there is no result.
 */
bool serve_exchange_query(struct serve_exchange *exchange, const struct engine_query *query,
    struct engine_result *result_p);

/* The same without a result; clears `sql`. */
bool serve_exchange_statement(struct serve_exchange *exchange, struct buffer *sql);
