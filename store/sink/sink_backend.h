/*
 * sink_backend.h -- what a sink needs of a database: run a statement, insert a block of bytes.
 *
 * Implemented by sink_http.c and sink_embedded.c. insert() is called by one thread, query() by any.
 */
#pragma once

#include "store/sink/sink.h"

struct sink_backend;
struct fence_end;

/* Bytes in Native format for `columns` ("(`A`, `B`)") of `table` ("`d`.`t`"). */
struct sink_native {
    const char *table;
    const char *columns;
    const char *structure; /* "`A` UInt8, `B` String" */
    const struct buffer *bytes;
    uint32_t rows;
    bool is_one_batch; /* it cannot be made smaller */
    const struct fence_end *fence;
};

/* A query for one server. Borrowed. */
struct sink_question {
    const char *sql;
    const char *format;
    size_t server;
    uint32_t timeout_ms; /* where there is another server; 0: as long as for any statement */
};

struct sink_backend_class {
    enum sink_outcome (*query)(struct sink_backend *backend, const char *sql, const char *format,
        struct buffer *result, struct buffer *error);
    enum sink_outcome (*insert)(
        struct sink_backend *backend, const struct sink_native *native, struct buffer *error);
    /* Servers of the same tables, of which one answers a query. NULL, all three: there is one. */
    size_t (*server_count)(const struct sink_backend *backend);
    size_t (*current_server)(const struct sink_backend *backend); /* the one that answered last */
    enum sink_outcome (*query_at)(struct sink_backend *backend,
        const struct sink_question *question, struct buffer *result, struct buffer *error);
    /* They may be others now: what is known of them is asked for again. NULL: nothing is. */
    void (*forget)(struct sink_backend *backend);
    /* After an insert without an answer: waits until it has ended. NULL: it always has. */
    enum sink_outcome (*settle)(struct sink_backend *backend, struct buffer *error);
    /* Any thread: ends statements as without an answer; NULL: they end by themselves. */
    void (*interrupt)(struct sink_backend *backend);
    /* The engine, lent; NULL: the database is not in this process. */
    struct engine *(*engine)(struct sink_backend *backend);
    void (*close)(struct sink_backend *backend); /* frees */
};

/* First member of each implementation. */
struct sink_backend {
    const struct sink_backend_class *class;
};

/* One server of a backend, or any, as a backend that can only query. A value. */
struct sink_view {
    struct sink_backend backend;
    struct sink_backend *whole;
    size_t server;
    uint32_t timeout_ms; /* of its questions, which are short ones unless this is set to 0 */
};

size_t sink_backend_servers(const struct sink_backend *backend);
/* The server to ask first: the one that answered last. */
size_t sink_backend_current(const struct sink_backend *backend);
void sink_view_init(struct sink_view *view, struct sink_backend *backend, size_t server);

/* True for an outcome whose words hold no exception: the server did not answer. */
bool sink_backend_is_away(enum sink_outcome outcome, struct buffer *error);

/* Runs a statement that has no result. */
enum sink_outcome sink_backend_execute(
    struct sink_backend *backend, const char *sql, struct buffer *error);

/* Runs a query whose result is one number; without an answer it is 0. */
enum sink_outcome sink_backend_number(
    struct sink_backend *backend, const char *sql, uint64_t *number_p, struct buffer *error);

MUST_CHECK enum err sink_http_open(
    struct sink_backend **backend_p, const struct sink_options *options);
MUST_CHECK enum err sink_embedded_open(
    struct sink_backend **backend_p, const struct sink_options *options);
