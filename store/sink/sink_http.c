/* SPDX-License-Identifier: BSD-3-Clause -- a ClickHouse server over its HTTP interface. */
#include "common/clock.h"
#include "common/log.h"
#include "store/sink/content_coding.h"
#include "store/sink/fence.h"
#include "store/sink/sink_backend.h"
#include "store/sink/sink_error.h"
#include "store/sink/sink_form.h"
#include "store/sink/sink_servers.h"
#include "store/sink/sql_text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define COMPONENT "sink"
#define QUERY_ID  "goflow-%" PRIx64 "-%" PRIu64 /* prefix, number of the insert */
#define LZ4       "Content-Encoding: lz4"

enum {
    UNKNOWN_COMPRESSION = 89 /* what a server says to an encoding that it does not know */
};

/* Inserts and queries have a connection each: a query must not wait behind an insert. */
struct sink_http {
    struct sink_backend backend;
    struct sink_servers servers;
    struct http_client *inserter;
    struct http_client *querier;
    pthread_mutex_t query_lock;
    bool compresses;
    struct buffer compressed; /* kept between inserts */
    struct sink_form form;
    uint64_t query_prefix; /* makes the ids of our inserts ours alone */
    uint64_t query_count;
    bool is_unsettled; /* an insert has no answer: the server may still be at it */
    uint64_t unsettled_query;
    size_t unsettled_at; /* the server that got it */
    size_t inserted_at;  /* the server that got the last insert */
};

static struct sink_http *http_of(struct sink_backend *backend)
{
    return (struct sink_http *)backend;
}

static enum sink_outcome http_query_at(struct sink_backend *backend,
    const struct sink_question *question, struct buffer *result, struct buffer *error)
{
    struct sink_http *http = http_of(backend);
    struct buffer arguments = {0};
    /* The server holds the answer back until it is whole, so that its status can be believed. */
    buffer_text_append(&arguments, "wait_end_of_query=1&default_format=");
    http_client_escape(&arguments, question->format);
    struct sink_request request = {.arguments = buffer_text(&arguments),
        .body = question->sql,
        .body_size = strlen(question->sql),
        .answer = result,
        .use = SETTING_QUERY,
        .server = question->server,
        .timeout_ms = http->servers.count > 1 ? question->timeout_ms : 0,
        .is_alone = true};
    (void)pthread_mutex_lock(&http->query_lock);
    enum sink_outcome outcome = sink_servers_post(&http->servers, http->querier, &request, error);
    (void)pthread_mutex_unlock(&http->query_lock);
    buffer_clear(&arguments);
    if (outcome != SINK_DONE) {
        buffer_clear(result);
    }
    return outcome;
}

static enum sink_outcome http_query(struct sink_backend *backend, const char *sql,
    const char *format, struct buffer *result, struct buffer *error)
{
    const struct sink_question question = {.sql = sql, .format = format, .server = SINK_ANY_SERVER};
    return http_query_at(backend, &question, result, error);
}

static size_t http_server_count(const struct sink_backend *backend)
{
    return ((const struct sink_http *)backend)->servers.count;
}

static size_t http_current_server(const struct sink_backend *backend)
{
    return atomic_load(&((const struct sink_http *)backend)->servers.current);
}

static void http_forget(struct sink_backend *backend)
{
    sink_servers_forget(&http_of(backend)->servers);
}

/* Compresses into http->compressed, whose room is kept. */
static enum err compress_block(struct sink_http *http, const struct buffer *bytes)
{
    http->compressed.size = 0;
    enum err err = content_encode("lz4", bytes, &http->compressed);
    if (err != ERR_OK) {
        buffer_clear(&http->compressed); /* else it would stay failed */
    }
    return err;
}

static void append_source(struct buffer *sql, const struct sink_native *native)
{
    switch (native->fence->kind) {
    case FENCE_NONE:
        break;
    case FENCE_BLOCK:
    case FENCE_BEGIN:
        buffer_text_append(sql, " SELECT * FROM input(");
        sql_append_literal(sql, native->structure);
        buffer_text_append(sql, ")");
        fence_append(sql, native->fence);
        break;
    case FENCE_FORM:
        buffer_text_append(sql, " SELECT * FROM " SINK_FORM_NAME);
        fence_append(sql, native->fence);
        return;
    }
    buffer_text_append(sql, " FORMAT Native");
}

/* What the form has. */
static void append_form(struct buffer *arguments, const struct sink_native *native)
{
    struct buffer structure = {0};
    sink_form_structure(&structure, native->structure);
    buffer_text_append(
        arguments, "&" SINK_FORM_NAME "_format=Native&" SINK_FORM_NAME "_structure=");
    http_client_escape(arguments, buffer_text(&structure));
    buffer_clear(&structure);
}

/* The server's limits are set so that the block stays whole: one INSERT, one part. */
static void append_insert(
    const struct sink_http *http, struct buffer *arguments, const struct sink_native *native)
{
    struct buffer sql = {0};
    buffer_format(&sql, "INSERT INTO %s %s", native->table, native->columns);
    append_source(&sql, native);
    buffer_text_append(arguments, "wait_end_of_query=1&query=");
    http_client_escape(arguments, buffer_text(&sql));
    buffer_clear(&sql);
    if (native->fence->kind == FENCE_FORM) {
        append_form(arguments, native);
    }
    buffer_format(arguments,
        "&max_insert_block_size=%u&min_insert_block_size_rows=%u&query_id=" QUERY_ID,
        (unsigned)native->rows, (unsigned)native->rows, http->query_prefix, http->query_count);
}

/* What stays the same whichever way the bytes go. */
struct insert {
    const char *arguments;
    const struct sink_native *native;
};

/* Whether the fence let the rows in, all of them. */
static enum sink_outcome fence_outcome(const struct sink_native *native, enum sink_outcome outcome,
    long written_rows, struct buffer *error)
{
    enum fence_kind kind = native->fence->kind;
    bool fails_when_late = kind == FENCE_BEGIN || kind == FENCE_FORM;
    if (fails_when_late && fence_has_refused(buffer_text(error))) {
        return SINK_LATE;
    }
    return outcome == SINK_DONE ? fence_count_outcome(native, written_rows, error) : outcome;
}

/*
 * Once the fence is over nothing comes late, so another server can have the block: it is not waited
 * for longer where there is another.
 */
static uint32_t insert_timeout_ms(const struct sink_http *http, const struct fence_end *fence)
{
    if (http->servers.count < 2 || fence->kind == FENCE_NONE) {
        return 0;
    }
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t left_ns = fence->monotonic_ns > now_ns ? fence->monotonic_ns - now_ns : 0;
    return (uint32_t)(left_ns / NS_PER_MS) + 1;
}

/* Sends the statement with these bytes as its body. */
static enum sink_outcome send_bytes(struct sink_http *http, const struct insert *insert,
    const struct buffer *bytes, const char *header, struct buffer *error)
{
    const struct sink_native *native = insert->native;
    struct buffer answer = {0};
    struct sink_request request = {.arguments = insert->arguments,
        .body = bytes->bytes,
        .body_size = bytes->size,
        .header = header,
        .answer = &answer,
        .use = SETTING_INSERT,
        .server = native->fence->kind == FENCE_NONE ? SINK_ANY_SERVER : native->fence->server,
        .is_alone = native->is_one_batch,
        .timeout_ms = insert_timeout_ms(http, native->fence)};
    enum sink_outcome outcome = sink_servers_post(&http->servers, http->inserter, &request, error);
    http->inserted_at = request.server;
    buffer_clear(&answer);
    return fence_outcome(native, outcome, request.written_rows, error);
}

static enum sink_outcome send_form(struct sink_http *http, const struct insert *insert,
    const struct buffer *bytes, struct buffer *error)
{
    if (sink_form_fill(&http->form, bytes) != ERR_OK) {
        buffer_text_append(error, "out of memory");
        return SINK_RETRY;
    }
    return send_bytes(http, insert, &http->form.body, http->form.header, error);
}

/* Compressed where that is wanted and the server can take it. */
static enum sink_outcome send_block(struct sink_http *http, const struct insert *insert,
    const struct buffer *bytes, struct buffer *error)
{
    if (!http->compresses || compress_block(http, bytes) != ERR_OK) {
        return send_bytes(http, insert, bytes, NULL, error);
    }
    enum sink_outcome outcome = send_bytes(http, insert, &http->compressed, LZ4, error);
    if (outcome == SINK_DONE || sink_error_code(buffer_text(error)) != UNKNOWN_COMPRESSION) {
        return outcome;
    }
    log_warning(COMPONENT, "the server takes no lz4: blocks go uncompressed", "");
    http->compresses = false;
    buffer_clear(error);
    return send_bytes(http, insert, bytes, NULL, error);
}

static enum sink_outcome http_insert(
    struct sink_backend *backend, const struct sink_native *native, struct buffer *error)
{
    struct sink_http *http = http_of(backend);
    struct buffer arguments = {0};
    http->query_count++;
    append_insert(http, &arguments, native);
    const struct insert insert = {.arguments = buffer_text(&arguments), .native = native};
    bool is_form = native->fence->kind == FENCE_FORM;
    enum sink_outcome outcome = is_form ? send_form(http, &insert, native->bytes, error)
                                        : send_block(http, &insert, native->bytes, error);
    if (outcome == SINK_UNKNOWN) {
        http->is_unsettled = true;
        http->unsettled_query = http->query_count;
        http->unsettled_at = http->inserted_at;
    }
    buffer_clear(&arguments);
    return outcome;
}

/*
 * Ends the last insert that has no answer (the table's other ones are waited for), and waits until
 * it has ended. A server that does not answer is left alone where there is another: the writer asks
 * when the fence is over, so nothing of that insert can begin later.
 */
static enum sink_outcome http_settle(struct sink_backend *backend, struct buffer *error)
{
    struct sink_http *http = http_of(backend);
    if (!http->is_unsettled) {
        return SINK_DONE;
    }
    struct buffer sql = {0};
    struct buffer result = {0};
    buffer_format(&sql, "KILL QUERY WHERE query_id = '" QUERY_ID "' SYNC", http->query_prefix,
        http->unsettled_query);
    const struct sink_question question = {
        .sql = buffer_text(&sql), .format = "TabSeparated", .server = http->unsettled_at};
    enum sink_outcome outcome = http_query_at(backend, &question, &result, error);
    buffer_clear(&result);
    buffer_clear(&sql);
    if (http->servers.count > 1 && sink_backend_is_away(outcome, error)) {
        buffer_clear(error);
        outcome = SINK_DONE;
    }
    if (outcome == SINK_DONE) {
        http->is_unsettled = false;
    }
    return outcome;
}

static void http_interrupt(struct sink_backend *backend)
{
    http_client_interrupt(http_of(backend)->inserter);
    http_client_interrupt(http_of(backend)->querier);
}

static void http_close_backend(struct sink_backend *backend)
{
    struct sink_http *http = http_of(backend);
    http_client_destroy(&http->inserter);
    http_client_destroy(&http->querier);
    sink_form_clear(&http->form);
    buffer_clear(&http->compressed);
    (void)pthread_mutex_destroy(&http->query_lock);
    sink_servers_clear(&http->servers);
    free(http);
}

static const struct sink_backend_class HTTP_CLASS = {.query = http_query,
    .insert = http_insert,
    .server_count = http_server_count,
    .current_server = http_current_server,
    .query_at = http_query_at,
    .forget = http_forget,
    .settle = http_settle,
    .interrupt = http_interrupt,
    .close = http_close_backend};

static enum err open_clients(struct sink_http *http, const struct http_client_options *options)
{
    enum err err = http_client_new(&http->inserter, options);
    if (err == ERR_OK) {
        err = http_client_new(&http->querier, options);
    }
    if (err != ERR_OK) {
        log_error(COMPONENT, "no HTTP client", "error=\"%s\"",
            err == ERR_INVALID ? "user or password has a line break" : err_text(err));
    }
    return err;
}

enum err sink_http_open(struct sink_backend **backend_p, const struct sink_options *options)
{
    *backend_p = NULL;
    struct sink_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        return ERR_MEMORY;
    }
    http->backend.class = &HTTP_CLASS;
    http->compresses = options->compress;
    sink_form_init(&http->form);
    ssize_t got = getrandom(&http->query_prefix, sizeof http->query_prefix, 0);
    (void)got; /* it does not fail for so few bytes */
    (void)pthread_mutex_init(&http->query_lock, NULL);
    struct http_client_options client = {.username = options->username,
        .password = options->password,
        .timeout_ms = options->timeout_ms};
    enum err err = sink_servers_init(&http->servers, &options->addresses, options->port);
    if (err == ERR_OK) {
        err = open_clients(http, &client);
    }
    if (err != ERR_OK) {
        http_close_backend(&http->backend);
        return err;
    }
    *backend_p = &http->backend;
    return ERR_OK;
}
