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
    const struct fence_end *fence;
};

struct sink_backend_class {
    enum sink_outcome (*query)(struct sink_backend *backend, const char *sql, const char *format,
        struct buffer *result, struct buffer *error);
    enum sink_outcome (*insert)(
        struct sink_backend *backend, const struct sink_native *native, struct buffer *error);
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
