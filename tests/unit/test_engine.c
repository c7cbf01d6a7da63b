/* SPDX-License-Identifier: BSD-3-Clause -- the embedded engine, loaded for real. */
/*
 * Not under sanitizers: the engine brings an allocator of its own, and its static constructors
 * crash beside theirs. test_engine_library.c runs everywhere.
 */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include "store/sink/engine.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/goflow_engine_XXXXXX";
static struct engine *engine;

static void open_engine(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(engine_open(&engine, folder, NULL), ERR_OK,
        "the engine must be installed: deploy/fetch-engine");
}

static void remove_folder(void)
{
    engine_close(&engine);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert(system(command) == 0);
}

static struct engine_result query(struct engine_session *session, const char *sql)
{
    const struct engine_query asked = {
        .sql = sql, .sql_size = strlen(sql), .format = "TabSeparated"};
    struct engine_result result;
    engine_query(session, &asked, &result);
    return result;
}

static void check_result(struct engine_session *session, const char *sql, const char *expected)
{
    struct engine_result result = query(session, sql);
    cr_assert_null(result.error, "%s", result.error);
    cr_assert_eq(result.size, strlen(expected));
    cr_assert_eq(strncmp(result.bytes != NULL ? result.bytes : "", expected, result.size), 0);
    engine_result_clear(&result);
}

TestSuite(engine, .timeout = 60);

Test(engine, refuses_a_folder_that_cannot_be_made, .fini = remove_folder)
{
    cr_assert_eq(engine_open(&engine, "/dev/null/x", NULL), ERR_IO);
    cr_assert_null(engine);
}

/* libchdb would take it, and end at the first character. */
Test(engine, ignores_a_configuration_in_the_working_folder, .fini = remove_folder)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    FILE *file = fopen("config.xml", "w");
    cr_assert_not_null(file);
    (void)fputs("no XML", file);
    (void)fclose(file);
    cr_assert_eq(engine_open(&engine, "data", NULL), ERR_OK);
}

Test(engine, inserts_into_a_folder_with_a_relative_name, .fini = remove_folder)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(engine_open(&engine, "data", NULL), ERR_OK);
    struct engine_session *session;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    check_result(session, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", "");
    check_result(session, "INSERT INTO t SELECT 1", "");
    check_result(session, "SELECT a FROM t", "1\n");
    engine_session_close(&session);
}

Test(engine, refuses_a_folder_open_in_another_process, .init = open_engine, .fini = remove_folder)
{
    pid_t child = fork();
    if (child == 0) {
        struct engine *second = NULL;
        _exit(engine_open(&second, folder, NULL) == ERR_IN_USE ? 0 : 1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

enum {
    QUESTION_MS = 300
};

/* The lock that a question to the folder has while it is answered. */
static void lock_for_a_moment(int ready)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/status", folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    bool is_locked = fd >= 0 && flock(fd, LOCK_EX) == 0 && write(ready, "x", 1) == 1;
    (void)poll(NULL, 0, QUESTION_MS);
    _exit(is_locked ? 0 : 1);
}

Test(engine, waits_for_a_folder_that_is_open_for_a_moment, .fini = remove_folder)
{
    cr_assert_not_null(mkdtemp(folder));
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    if (fork() == 0) {
        lock_for_a_moment(ready[1]);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert(engine_folder_is_open(folder));
    cr_assert_eq(engine_open(&engine, folder, NULL), ERR_OK);
}

static void on_signal(int number)
{
    (void)number;
}

static void check_signal(int number, void (*allowed)(int))
{
    struct sigaction action;
    cr_assert_eq(sigaction(number, NULL, &action), 0);
    cr_assert_eq(action.sa_handler, allowed, "signal %d", number);
}

Test(engine, leaves_signals_to_the_program, .fini = remove_folder)
{
    cr_assert_neq(signal(SIGINT, on_signal), SIG_ERR);
    cr_assert_neq(signal(SIGTERM, on_signal), SIG_ERR);
    cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    cr_assert_neq(signal(SIGHUP, SIG_DFL), SIG_ERR); /* nohup would have it ignored */
    open_engine();
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    check_result(session, "SELECT 1", "1\n");
    engine_session_close(&session);
    check_signal(SIGINT, on_signal);
    check_signal(SIGTERM, on_signal);
    check_signal(SIGPIPE, SIG_IGN);
    check_signal(SIGHUP, SIG_DFL);
    check_signal(SIGSEGV, SIG_DFL);
    check_signal(SIGABRT, SIG_DFL);
    check_signal(SIGBUS, SIG_DFL);
}

Test(engine, tells_the_code_of_an_error, .init = open_engine, .fini = remove_folder)
{
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    struct engine_result result = query(session, "SELECT * FROM nothing");
    cr_assert_eq(result.error_code, 60);
    cr_assert_eq(result.size, 0);
    engine_result_clear(&result);
    engine_session_close(&session);
}

/* Whoever waits for statements under way would wait for ever. */
Test(engine, a_statement_that_failed_is_no_process_any_more, .init = open_engine,
    .fini = remove_folder)
{
    struct engine_session *failing;
    struct engine_session *asking;
    cr_assert_eq(engine_session_open(&failing, engine), ERR_OK);
    cr_assert_eq(engine_session_open(&asking, engine), ERR_OK);
    struct engine_result result = query(failing, "CREATE TABLE default.f (A UInt8, CONSTRAINT c "
                                                 "CHECK A > 1) ENGINE = MergeTree ORDER BY A");
    engine_result_clear(&result);
    result = query(failing, "INSERT INTO default.f SELECT 1");
    cr_assert_not_null(result.error);
    check_result(asking, "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'", "0\n");
    engine_result_clear(&result);
    engine_session_close(&asking);
    engine_session_close(&failing);
}

Test(engine, keeps_rows_and_tells_their_number, .init = open_engine, .fini = remove_folder)
{
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    check_result(session, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a", "");
    struct engine_result result = query(session, "INSERT INTO t SELECT number FROM numbers(7)");
    cr_assert_eq(result.rows_written, 7);
    engine_result_clear(&result);
    engine_session_close(&session);
    engine_close(&engine);
    cr_assert_eq(engine_open(&engine, folder, NULL), ERR_OK);
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    check_result(session, "SELECT sum(a) FROM t", "21\n");
    engine_session_close(&session);
}

Test(engine, keeps_sessions_apart, .init = open_engine, .fini = remove_folder)
{
    struct engine_session *first = NULL;
    struct engine_session *second = NULL;
    cr_assert_eq(engine_session_open(&first, engine), ERR_OK);
    cr_assert_eq(engine_session_open(&second, engine), ERR_OK);
    check_result(first, "SET max_threads = 3", "");
    check_result(second, "SET max_threads = 1", "");
    check_result(first, "SELECT getSetting('max_threads')", "3\n");
    engine_session_close(&first);
    engine_session_close(&second);
}

Test(engine, binds_parameters, .init = open_engine, .fini = remove_folder)
{
    static const char SQL[] = "SELECT {n:UInt8} + 1, {s:String}";
    static const struct engine_parameter PARAMETERS[] = {{"n", "4"}, {"s", "it's"}};
    const struct engine_query asked = {.sql = SQL,
        .sql_size = strlen(SQL),
        .format = "TabSeparatedRaw",
        .parameters = PARAMETERS,
        .parameter_count = 2};
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    struct engine_result result;
    engine_query(session, &asked, &result);
    cr_assert_null(result.error);
    cr_assert_eq(strncmp(result.bytes, "5\tit's\n", result.size), 0);
    engine_result_clear(&result);
    engine_session_close(&session);
}

static void *insert_rows(void *context)
{
    (void)context;
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    for (int i = 0; i < 20; i++) {
        struct engine_result result = query(session, "INSERT INTO t SELECT 1");
        cr_assert_null(result.error, "%s", result.error);
        engine_result_clear(&result);
    }
    engine_session_close(&session);
    return NULL;
}

Test(engine, runs_sessions_side_by_side, .init = open_engine, .fini = remove_folder)
{
    struct engine_session *session = NULL;
    cr_assert_eq(engine_session_open(&session, engine), ERR_OK);
    check_result(session, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", "");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, insert_rows, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    check_result(session, "SELECT count() FROM t", "80\n");
    engine_session_close(&session);
}

#endif
