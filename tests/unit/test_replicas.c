/* SPDX-License-Identifier: BSD-3-Clause -- questions to servers of which some are behind or away.
 */
#include "store/sink/replicas.h"

#include <criterion/criterion.h>
#include <string.h>

enum {
    SERVERS_MAX = 3
};

/* A server that answers as the test says. */
struct fake_server {
    bool is_away;
    bool is_replicated;
    unsigned looks_until_current; /* so often its queue has entries */
    bool has_no_keeper;
    bool lacks_log;
    const char *path;      /* of its table in the keeper; NULL: it does not say */
    const char *exception; /* of the question */
    const char *rows;
    unsigned questions;
};

static struct {
    struct sink_backend backend;
    struct fake_server servers[SERVERS_MAX];
    size_t count;
} fake;

static struct buffer answer;
static struct buffer error;

static enum sink_outcome say(struct buffer *result, const char *text)
{
    buffer_text_append(result, text);
    return SINK_DONE;
}

static enum sink_outcome answer_state(
    struct fake_server *server, const char *sql, struct buffer *result)
{
    if (!server->is_replicated) {
        return say(result, strstr(sql, "count()") != NULL ? "0\n" : "");
    }
    if (strstr(sql, "log_max_index") != NULL) {
        buffer_format(result, "%s\t%s\n", server->has_no_keeper ? "1\t0" : "0\t41",
            server->path != NULL ? server->path : "/tables/it");
        return SINK_DONE;
    }
    if (strstr(sql, "log_pointer") != NULL) {
        return say(result, server->lacks_log ? "41\n" : "42\n");
    }
    if (strstr(sql, "max(node_name)") != NULL) {
        return say(result, "queue-0000000007\n");
    }
    cr_assert_not_null(strstr(sql, "node_name <= 'queue-0000000007'"));
    bool is_current = server->looks_until_current == 0;
    server->looks_until_current -= !is_current;
    return say(result, is_current ? "0\n" : "1\n");
}

static enum sink_outcome query_at(struct sink_backend *backend,
    const struct sink_question *question, struct buffer *result, struct buffer *why)
{
    (void)backend;
    const char *sql = question->sql;
    struct fake_server *server = &fake.servers[question->server];
    if (server->is_away) {
        buffer_text_append(why, "no answer");
        return SINK_UNKNOWN;
    }
    if (strstr(sql, "system.repl") != NULL) {
        cr_assert_not_null(strstr(sql, "database = 'd' AND table = 'it\\'s'"), "%s", sql);
        return answer_state(server, sql, result);
    }
    if (strstr(sql, "system.processes") != NULL) {
        return say(result, "\n");
    }
    server->questions++;
    if (server->exception != NULL) {
        buffer_text_append(why, server->exception);
        return SINK_REJECT;
    }
    return say(result, server->rows != NULL ? server->rows : "");
}

static enum sink_outcome query(struct sink_backend *backend, const char *sql, const char *format,
    struct buffer *result, struct buffer *why)
{
    const struct sink_question question = {.sql = sql, .format = format};
    return query_at(backend, &question, result, why);
}

static size_t server_count(const struct sink_backend *backend)
{
    (void)backend;
    return fake.count;
}

static size_t current_server(const struct sink_backend *backend)
{
    (void)backend;
    return 0;
}

static void set_up(void)
{
    static const struct sink_backend_class CLASS = {.query = query,
        .query_at = query_at,
        .server_count = server_count,
        .current_server = current_server};
    fake.backend.class = &CLASS;
    fake.count = 2;
}

static void tear_down(void)
{
    buffer_clear(&answer);
    buffer_clear(&error);
}

TestSuite(replicas, .init = set_up, .fini = tear_down);

static enum sink_outcome ask(void)
{
    const struct replica_question question = {.database = "d",
        .name = "it's",
        .table = "`d`.`it's`",
        .sql = "the question",
        .timeout_ms = 100};
    return replicas_ask(&fake.backend, &question, &answer, &error);
}

Test(replicas, nobody_answers)
{
    fake.servers[0].is_away = fake.servers[1].is_away = true;
    cr_assert_eq(ask(), SINK_RETRY);
    cr_assert_not_null(strstr(buffer_text(&error), "no answer; no answer"));
}

Test(replicas, every_server_that_answers_is_asked)
{
    fake.servers[0].rows = "1\t1\t5\n";
    fake.servers[1].rows = "1\t2\t5\n";
    cr_assert_eq(ask(), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\t1\t5\n1\t2\t5\n");
    fake.servers[0].is_away = true;
    buffer_clear(&answer);
    cr_assert_eq(ask(), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\t2\t5\n");
    cr_assert_eq(error.size, 0);
}

Test(replicas, a_replica_that_is_behind_is_not_believed)
{
    fake.servers[0].is_away = true;
    fake.servers[1] = (struct fake_server){.is_replicated = true, .looks_until_current = 100000};
    cr_assert_eq(ask(), SINK_BEHIND);
    cr_assert_not_null(strstr(buffer_text(&error), "lacks parts"));
}

Test(replicas, a_replica_without_its_keeper_or_with_an_old_log_is_not_believed)
{
    fake.count = 1;
    fake.servers[0] = (struct fake_server){.is_replicated = true, .has_no_keeper = true};
    cr_assert_eq(ask(), SINK_BEHIND);
    fake.servers[0] = (struct fake_server){.is_replicated = true, .lacks_log = true};
    cr_assert_eq(ask(), SINK_BEHIND);
    fake.servers[0] = (struct fake_server){.is_replicated = true};
    cr_assert_eq(ask(), SINK_DONE);
}

Test(replicas, a_replica_that_catches_up_is_waited_for)
{
    fake.servers[0].is_away = true;
    fake.servers[1] =
        (struct fake_server){.is_replicated = true, .looks_until_current = 2, .rows = "1\t2\t5\n"};
    cr_assert_eq(ask(), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\t2\t5\n");
}

Test(replicas, one_current_replica_is_enough)
{
    fake.servers[0] = (struct fake_server){.is_replicated = true, .has_no_keeper = true};
    fake.servers[1] = (struct fake_server){.is_replicated = true};
    cr_assert_eq(ask(), SINK_DONE);
}

Test(replicas, a_server_that_refuses_the_question_is_not_passed_over)
{
    fake.servers[1].exception = "Code: 47. DB::Exception: no such column";
    cr_assert_eq(ask(), SINK_REJECT);
    fake.servers[1].exception = "Code: 60. DB::Exception: no such table";
    cr_assert_eq(ask(), SINK_DONE, "so nothing is there");
}

static enum sink_outcome ask_shards(uint32_t shards)
{
    const struct replica_question question = {.database = "d",
        .name = "it's",
        .table = "`d`.`it's`",
        .sql = "the question",
        .timeout_ms = 1000,
        .shards = shards,
        .distributed = "`d`.`all`"};
    buffer_clear(&answer);
    buffer_clear(&error);
    return replicas_ask(&fake.backend, &question, &answer, &error);
}

Test(replicas, of_each_shard_the_rows_of_one_replica_that_has_all_are_the_answer)
{
    fake.count = 3;
    fake.servers[0] = (struct fake_server){
        .is_replicated = true, .path = "/1", .rows = "behind\n", .has_no_keeper = true};
    fake.servers[1] = (struct fake_server){.is_replicated = true, .path = "/1", .rows = "1\n"};
    fake.servers[2] = (struct fake_server){.is_replicated = true, .path = "/2", .rows = "2\n"};
    cr_assert_eq(ask_shards(2), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\n2\n");
    fake.servers[2].path = "/1";
    cr_assert_eq(ask_shards(1), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\n");
}

Test(replicas, a_shard_of_which_no_replica_can_tell_is_waited_for)
{
    fake.servers[0] = (struct fake_server){.is_replicated = true, .path = "/1", .rows = "1\n"};
    fake.servers[1] = (struct fake_server){.is_away = true};
    cr_assert_eq(ask_shards(2), SINK_BEHIND);
    cr_assert_not_null(strstr(buffer_text(&error), "for 1 of 2 shards"));
    fake.servers[1] =
        (struct fake_server){.is_replicated = true, .path = "/2", .has_no_keeper = true};
    cr_assert_eq(ask_shards(2), SINK_BEHIND);
    fake.servers[1].has_no_keeper = false;
    fake.servers[1].exception = "Code: 60. DB::Exception: no such table";
    cr_assert_eq(ask_shards(2), SINK_BEHIND, "a server of the cluster that has no shard");
    fake.count = 1;
    cr_assert_eq(ask_shards(2), SINK_BEHIND);
    cr_assert_eq(ask_shards(1), SINK_DONE);
}

Test(replicas, tables_that_are_not_replicated_are_shards_of_their_own)
{
    fake.servers[0] = (struct fake_server){.rows = "1\n"};
    fake.servers[1] = (struct fake_server){.rows = "2\n"};
    cr_assert_eq(ask_shards(2), SINK_DONE);
    cr_assert_str_eq(buffer_text(&answer), "1\n2\n");
}
