/* SPDX-License-Identifier: BSD-3-Clause -- the common kinds of statements, for any backend. */
#include "store/sink/sink_backend.h"

#include "store/sink/sink_error.h"

#include <stdlib.h>

enum {
    SHORT_QUESTION_MS = 5000 /* then a server seems to hang */
};

size_t sink_backend_servers(const struct sink_backend *backend)
{
    return backend->class->server_count != NULL ? backend->class->server_count(backend) : 1;
}

size_t sink_backend_current(const struct sink_backend *backend)
{
    return backend->class->current_server != NULL ? backend->class->current_server(backend) : 0;
}

static enum sink_outcome view_query(struct sink_backend *backend, const char *sql,
    const char *format, struct buffer *result, struct buffer *error)
{
    const struct sink_view *view = (const struct sink_view *)backend;
    const struct sink_backend_class *class = view->whole->class;
    const struct sink_question question = {
        .sql = sql, .format = format, .server = view->server, .timeout_ms = view->timeout_ms};
    return class->query_at != NULL ? class->query_at(view->whole, &question, result, error)
                                   : class->query(view->whole, sql, format, result, error);
}

static const struct sink_backend_class VIEW_CLASS = {.query = view_query};

void sink_view_init(struct sink_view *view, struct sink_backend *backend, size_t server)
{
    *view = (struct sink_view){.backend = {.class = &VIEW_CLASS},
        .whole = backend,
        .server = server,
        .timeout_ms = SHORT_QUESTION_MS};
}

bool sink_backend_is_away(enum sink_outcome outcome, struct buffer *error)
{
    bool has_failed = outcome == SINK_RETRY || outcome == SINK_UNKNOWN;
    return has_failed && sink_error_code(buffer_text(error)) == SINK_ERROR_NONE;
}

enum sink_outcome sink_backend_execute(
    struct sink_backend *backend, const char *sql, struct buffer *error)
{
    struct buffer nothing = {0};
    enum sink_outcome outcome =
        backend->class->query(backend, sql, "TabSeparated", &nothing, error);
    buffer_clear(&nothing);
    return outcome;
}

enum sink_outcome sink_backend_number(
    struct sink_backend *backend, const char *sql, uint64_t *number_p, struct buffer *error)
{
    struct buffer answer = {0};
    enum sink_outcome outcome = backend->class->query(backend, sql, "TabSeparated", &answer, error);
    *number_p = strtoull(buffer_text(&answer), NULL, 10);
    buffer_clear(&answer);
    return outcome;
}
