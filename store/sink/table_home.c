/* SPDX-License-Identifier: BSD-3-Clause -- which of several servers has the table. */
#include "store/sink/table_home.h"

#include "store/sink/sink_error.h"

enum answer {
    ANSWER_HERE,
    ANSWER_MISSING,
    ANSWER_AWAY
};

/* A server that forbids the question decides by itself what else it forbids. */
static enum answer ask(struct sink_backend *backend, const char *table, size_t server)
{
    struct buffer sql = {0};
    struct buffer error = {0};
    uint64_t is_there = 0;
    struct sink_view view;
    sink_view_init(&view, backend, server);
    buffer_format(&sql, "EXISTS TABLE %s", table);
    enum sink_outcome outcome =
        sink_backend_number(&view.backend, buffer_text(&sql), &is_there, &error);
    int code = outcome == SINK_DONE ? SINK_ERROR_NONE : sink_error_code(buffer_text(&error));
    bool is_away = sink_backend_is_away(outcome, &error);
    buffer_clear(&error);
    buffer_clear(&sql);
    if (is_away) {
        return ANSWER_AWAY;
    }
    bool is_missing = outcome == SINK_DONE ? is_there == 0 : code == SINK_ERROR_UNKNOWN_DATABASE;
    return is_missing ? ANSWER_MISSING : ANSWER_HERE;
}

/* Only a server that knows a keeper has this table, whether the keeper answers or not. */
static bool has_keeper(struct sink_backend *backend, size_t server)
{
    struct buffer error = {0};
    uint64_t is_there = 0;
    struct sink_view view;
    sink_view_init(&view, backend, server);
    enum sink_outcome outcome =
        sink_backend_number(&view.backend, "EXISTS TABLE `system`.`zookeeper`", &is_there, &error);
    buffer_clear(&error);
    return outcome != SINK_DONE || is_there != 0;
}

enum sink_outcome table_home_find(
    struct sink_backend *backend, const char *table, size_t *server_p, struct buffer *error)
{
    size_t count = sink_backend_servers(backend);
    *server_p = SINK_ANY_SERVER;
    if (count == 1) {
        return SINK_DONE;
    }
    size_t first = sink_backend_current(backend);
    size_t missing = SINK_ANY_SERVER; /* the first that lacks the table */
    bool is_any_away = false;
    for (size_t i = 0; i < count; i++) {
        size_t server = (first + i) % count;
        enum answer answer = ask(backend, table, server);
        if (answer == ANSWER_HERE) {
            *server_p = server;
            return SINK_DONE;
        }
        is_any_away |= answer == ANSWER_AWAY;
        missing = answer == ANSWER_MISSING && missing == SINK_ANY_SERVER ? server : missing;
    }
    if (is_any_away && missing != SINK_ANY_SERVER && has_keeper(backend, missing)) {
        buffer_format(error,
            "%s is missing on every server that answers, and one of -ch.addr does not answer: "
            "start "
            "it, or create the table as a replica (SHOW CREATE TABLE there)",
            table);
        return SINK_RETRY;
    }
    *server_p = missing;
    return SINK_DONE;
}
