/* SPDX-License-Identifier: BSD-3-Clause -- the embedded engine: folder, sessions, queries. */
#include "store/sink/engine.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/file.h"
#include "common/log.h"
#include "common/refusal.h"
#include "store/sink/engine_config.h"
#include "store/sink/engine_functions.h"
#include "store/sink/engine_library.h"
#include "store/sink/engine_parts.h"
#include "store/sink/engine_writes.h"
#include "store/sink/sink_error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    FOLDER_WAIT_MS = 5000,
    FOLDER_LOOK_MS = 50
};

enum {
    FOLDER_MODE = 0750
};

struct engine {
    struct engine_library library;
    char path_flag[PATH_MAX + 16];
    struct engine_session *keeper; /* the engine lives while it has a session */
    struct engine_config config;
    int folder; /* for engine_sync() */
    uint64_t broken_parts;
};

struct engine_session {
    struct engine *engine;
    chdb_connection *connection;
};

static struct refusal refusal_of(const char *path, int cause)
{
    return (struct refusal){
        .component = "engine", .flag = "-ch.path", .key = "folder", .value = path, .cause = cause};
}

static enum err refuse_path(const char *path, int cause)
{
    const struct refusal refusal = refusal_of(path, cause);
    return refuse_folder(&refusal);
}

/* Makes the folder and those above it. */
static enum err make_folder(const char *path)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part || path[0] == '\0') {
        return refuse_path(path, path[0] == '\0' ? ENOENT : ENAMETOOLONG);
    }
    for (char *p = part + 1;; p++) {
        if (*p != '/' && *p != '\0') {
            continue;
        }
        char end = *p;
        *p = '\0';
        if (file_make_folder(part, FOLDER_MODE) != ERR_OK) {
            return refuse_path(part, errno);
        }
        *p = end;
        if (end == '\0') {
            return ERR_OK;
        }
    }
}

bool engine_folder_is_open(const char *path)
{
    char status[PATH_MAX + 8];
    (void)snprintf(status, sizeof status, "%s/status", path);
    int fd = open(status, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool is_locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return is_locked;
}

/*
 * The engine would refuse as well; asking first gives a line that people read. A question that is
 * being answered, or a store that is stopping, has the folder for a moment only.
 */
static enum err wait_until_unlocked(const char *path)
{
    uint64_t deadline_ns = clock_monotonic_ns() + FOLDER_WAIT_MS * NS_PER_MS;
    while (engine_folder_is_open(path)) {
        if (daemon_is_stopping() || clock_monotonic_ns() >= deadline_ns) {
            const struct refusal refusal = refusal_of(path, EWOULDBLOCK);
            refuse(&refusal, "cannot use the folder", "another process has it open",
                "stop that process, use its -ch.serve, or give another -ch.path");
            return ERR_IN_USE;
        }
        (void)poll(NULL, 0, FOLDER_LOOK_MS);
    }
    return ERR_OK;
}

static enum err open_folder(struct engine *engine, const char *path)
{
    engine->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (engine->folder < 0) {
        return refuse_path(path, errno);
    }
    return ERR_OK;
}

/* Absolute: where the engine syncs a part's folder, it puts a relative path before itself. */
static enum err name_folder(struct engine *engine, const char *path)
{
    char absolute[PATH_MAX];
    if (realpath(path, absolute) == NULL) {
        return refuse_path(path, errno);
    }
    (void)snprintf(engine->path_flag, sizeof engine->path_flag, "--path=%s", absolute);
    return ERR_OK;
}

static enum err check_folder(const char *path)
{
    enum err err = file_check_folder(path, FILE_FOLDER_PARENTS_MADE);
    return err == ERR_OK ? ERR_OK : refuse_path(path, errno);
}

enum err engine_make_folder(const char *path)
{
    enum err err = check_folder(path);
    return err == ERR_OK ? make_folder(path) : err;
}

/* Before the library is loaded: what a folder lacks is known without it. */
static enum err take_folder(struct engine *engine, const char *path)
{
    enum err err = engine_make_folder(path);
    if (err == ERR_OK) {
        err = open_folder(engine, path);
    }
    if (err == ERR_OK) {
        err = name_folder(engine, path);
    }
    if (err == ERR_OK) {
        err = wait_until_unlocked(path);
    }
    return err == ERR_OK ? engine_functions_cover(path) : err;
}

static enum err open_keeper(struct engine *engine, const char *path)
{
    enum err err = engine_session_open(&engine->keeper, engine);
    if (err != ERR_OK) {
        const struct refusal refusal = refusal_of(path, 0);
        refuse(&refusal, "the engine cannot open its folder", "the engine gives no reason",
            "the folder may be of another version or damaged: give another -ch.path");
    }
    return err;
}

/*
 * The first statement that fails makes the engine index the symbols of all libraries. It does so
 * under a lock of the dynamic loader and calls dlsym(), which waits for a thread in dlopen(), while
 * that thread waits for the lock: glibc loads a library when it looks up a user or a host. So the
 * engine must do it before other threads use it.
 */
static void index_symbols(struct engine *engine)
{
    static const struct engine_query FAILING = {
        .sql = "SELECT throwIf(1)", .sql_size = sizeof "SELECT throwIf(1)" - 1, .format = "Null"};
    struct engine_result result;
    engine_query(engine->keeper, &FAILING, &result);
    engine_result_clear(&result);
}

enum err engine_open(struct engine **engine_p, const char *path, const char *library)
{
    struct engine *engine = calloc(1, sizeof *engine);
    *engine_p = engine;
    if (engine == NULL) {
        return ERR_MEMORY;
    }
    engine->folder = -1;
    enum err err = take_folder(engine, path);
    if (err == ERR_OK) {
        err = engine_library_load(&engine->library, library);
    }
    if (err == ERR_OK) {
        void *function = NULL;
        memcpy(&function, &engine->library.chdb_connect, sizeof function);
        engine_writes_guard(function);
        engine->library.chdb_set_signal_handlers_enabled(0);
        err = engine_config_open(&engine->config);
    }
    if (err == ERR_OK) {
        err = open_keeper(engine, path);
    }
    if (err == ERR_OK) {
        index_symbols(engine);
        err = engine_sync(engine); /* what a killed process wrote is found, and acknowledged */
    }
    if (err == ERR_OK) {
        engine->broken_parts = engine_parts_report(engine->keeper);
    }
    if (err != ERR_OK) {
        engine_close(engine_p);
    }
    return err;
}

enum err engine_check(const char *path, const char *library)
{
    struct engine_library loaded;
    enum err err = check_folder(path);
    if (err == ERR_OK) {
        err = wait_until_unlocked(path);
    }
    return err == ERR_OK ? engine_library_load(&loaded, library) : err;
}

enum err engine_find(const char *library, char path[PATH_MAX])
{
    return engine_library_find(library, path);
}

void engine_collect(void *context, struct metrics_page *page)
{
    const struct engine *engine = context;
    engine_parts_collect(page, engine->broken_parts);
}

void engine_close(struct engine **engine_p)
{
    struct engine *engine = *engine_p;
    if (engine != NULL) {
        engine_session_close(&engine->keeper);
        engine_config_close(&engine->config);
        if (engine->folder >= 0) {
            (void)close(engine->folder);
        }
        free(engine);
    }
    *engine_p = NULL;
}

enum err engine_sync(struct engine *engine)
{
    if (syncfs(engine->folder) == 0) {
        return ERR_OK;
    }
    log_error(
        "engine", "the disk did not confirm that all is written", "error=\"%s\"", strerror(errno));
    return ERR_IO;
}

enum err engine_session_open(struct engine_session **session_p, struct engine *engine)
{
    static char program[] = "goflow-store";
    struct engine_session *session = calloc(1, sizeof *session);
    *session_p = session;
    if (session == NULL) {
        return ERR_MEMORY;
    }
    char *arguments[] = {program, engine->path_flag, engine->config.flag, NULL};
    session->engine = engine;
    session->connection = engine->library.chdb_connect(3, arguments);
    if (session->connection == NULL) {
        engine_session_close(session_p);
        return ERR_IO;
    }
    return ERR_OK;
}

void engine_session_close(struct engine_session **session_p)
{
    struct engine_session *session = *session_p;
    if (session != NULL) {
        if (session->connection != NULL) {
            session->engine->library.chdb_close_conn(session->connection);
        }
        free(session);
    }
    *session_p = NULL;
}

static struct chdb_result *run(struct engine_session *session, const struct engine_query *query)
{
    const struct engine_library *library = &session->engine->library;
    chdb_connection connection = *session->connection;
    size_t format_size = strlen(query->format);
    if (query->parameter_count == 0) {
        return library->chdb_query_n(
            connection, query->sql, query->sql_size, query->format, format_size);
    }
    const char *names[ENGINE_PARAMETERS_MAX];
    const char *values[ENGINE_PARAMETERS_MAX];
    size_t name_sizes[ENGINE_PARAMETERS_MAX];
    size_t value_sizes[ENGINE_PARAMETERS_MAX];
    for (size_t i = 0; i < query->parameter_count; i++) {
        names[i] = query->parameters[i].name;
        values[i] = query->parameters[i].value;
        name_sizes[i] = strlen(names[i]);
        value_sizes[i] = strlen(values[i]);
    }
    return library->chdb_query_with_params_n(connection, query->sql, query->sql_size, query->format,
        format_size, names, name_sizes, values, value_sizes, query->parameter_count);
}

/* The engine keeps a statement that failed among its processes until the session's next one. */
static void end_failed_statement(struct engine_session *session)
{
    static const struct engine_query NOTHING = {
        .sql = "SELECT 1", .sql_size = sizeof "SELECT 1" - 1, .format = "Null"};
    struct chdb_result *result = run(session, &NOTHING);
    if (result != NULL) {
        session->engine->library.chdb_destroy_query_result(result);
    }
}

void engine_query(struct engine_session *session, const struct engine_query *query,
    struct engine_result *result_p)
{
    struct engine *engine = session->engine;
    const struct engine_library *library = &engine->library;
    *result_p = (struct engine_result){.engine = engine};
    if (query->parameter_count > ENGINE_PARAMETERS_MAX) {
        result_p->error = "Code: 36. DB::Exception: Too many query parameters. (BAD_ARGUMENTS)";
        result_p->error_code = sink_error_code(result_p->error);
        return;
    }
    struct chdb_result *result = run(session, query);
    result_p->handle = result;
    result_p->error = result != NULL ? library->chdb_result_error(result)
                                     : "Code: 173. DB::Exception: No memory for the result.";
    if (result_p->error != NULL) {
        result_p->error_code = sink_error_code(result_p->error); /* the counts mean nothing then */
        end_failed_statement(session);
        return;
    }
    result_p->bytes = library->chdb_result_buffer(result);
    result_p->size = result_p->bytes != NULL ? library->chdb_result_length(result) : 0;
    result_p->rows_read = library->chdb_result_storage_rows_read(result);
    result_p->bytes_read = library->chdb_result_storage_bytes_read(result);
    result_p->rows_written = library->chdb_result_rows_written(result);
    result_p->bytes_written = library->chdb_result_bytes_written(result);
    result_p->elapsed_ns = (uint64_t)(library->chdb_result_elapsed(result) * 1e9);
}

void engine_result_clear(struct engine_result *result)
{
    if (result->handle != NULL) {
        result->engine->library.chdb_destroy_query_result(result->handle);
    }
    *result = (struct engine_result){0};
}
