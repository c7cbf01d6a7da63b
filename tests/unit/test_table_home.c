/* SPDX-License-Identifier: BSD-3-Clause -- which of several servers has the table. */
#include "store/sink/table_home.h"

#include <criterion/criterion.h>

enum {
    SERVERS = 3
};

enum state {
    HAS,
    LACKS,
    LACKS_DATABASE,
    AWAY,
    FORBIDS
};

static struct {
    struct sink_backend backend;
    enum state states[SERVERS];
    size_t count;
    size_t current;
    bool has_keeper;
} servers;

static enum sink_outcome query_at(struct sink_backend *backend,
    const struct sink_question *question, struct buffer *result, struct buffer *error)
{
    (void)backend;
    enum state state = servers.states[question->server];
    if (strstr(question->sql, "zookeeper") != NULL) {
        buffer_text_append(result, servers.has_keeper ? "1" : "0");
        return SINK_DONE;
    }
    switch (state) {
    case AWAY:
        buffer_text_append(error, "connection refused");
        return SINK_RETRY;
    case LACKS_DATABASE:
        buffer_text_append(error, "Code: 81. DB::Exception: no such database");
        return SINK_REJECT;
    case FORBIDS:
        buffer_text_append(error, "Code: 497. DB::Exception: not enough privileges");
        return SINK_RETRY;
    default:
        buffer_text_append(result, state == HAS ? "1" : "0");
        servers.current = question->server;
        return SINK_DONE;
    }
}

static size_t server_count(const struct sink_backend *backend)
{
    (void)backend;
    return servers.count;
}

static size_t current_server(const struct sink_backend *backend)
{
    (void)backend;
    return servers.current;
}

static const struct sink_backend_class CLASS = {
    .query_at = query_at, .server_count = server_count, .current_server = current_server};

static struct buffer error;

static void stop(void)
{
    buffer_clear(&error);
}

TestSuite(table_home, .fini = stop);

/* The server, where it is found; else -100 and the outcome below it. */
static long find(enum state first, enum state second, enum state third)
{
    servers.backend.class = &CLASS;
    servers.count = SERVERS;
    servers.states[0] = first;
    servers.states[1] = second;
    servers.states[2] = third;
    size_t server;
    buffer_clear(&error);
    enum sink_outcome outcome = table_home_find(&servers.backend, "`d`.`t`", &server, &error);
    return outcome == SINK_DONE ? (long)server : -100 - (long)outcome;
}

Test(table_home, asks_nobody_where_there_is_one_server)
{
    servers.backend.class = &CLASS;
    servers.count = 1;
    servers.states[0] = AWAY;
    size_t server;
    cr_assert_eq(table_home_find(&servers.backend, "`d`.`t`", &server, &error), SINK_DONE);
    cr_assert_eq(server, SINK_ANY_SERVER);
}

Test(table_home, is_the_server_that_answered_last_where_it_has_the_table)
{
    servers.current = 1;
    cr_assert_eq(find(HAS, HAS, HAS), 1);
}

Test(table_home, is_another_server_where_the_current_one_has_lost_the_table)
{
    cr_assert_eq(find(LACKS, AWAY, HAS), 2);
    servers.current = 0;
    cr_assert_eq(find(LACKS_DATABASE, HAS, AWAY), 1);
}

Test(table_home, is_the_first_where_no_server_has_the_table)
{
    servers.has_keeper = true;
    cr_assert_eq(find(LACKS, LACKS, LACKS), 0);
}

Test(table_home, is_not_known_while_a_replica_is_away_and_the_others_lack_the_table)
{
    servers.has_keeper = true;
    cr_assert_eq(find(LACKS, AWAY, LACKS), -100 - (long)SINK_RETRY);
    cr_assert_not_null(strstr(buffer_text(&error), "does not answer"));
}

Test(table_home, is_a_server_without_replicas_although_another_one_is_away)
{
    servers.has_keeper = false;
    servers.current = 0;
    cr_assert_eq(find(AWAY, LACKS, LACKS), 1);
}

Test(table_home, is_where_the_question_is_forbidden)
{
    cr_assert_eq(find(FORBIDS, LACKS, LACKS), 0);
}

Test(table_home, is_open_while_nobody_answers)
{
    servers.has_keeper = true;
    cr_assert_eq(find(AWAY, AWAY, AWAY), (long)SINK_ANY_SERVER);
}
