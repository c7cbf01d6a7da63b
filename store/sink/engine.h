/*
 * engine.h -- the embedded ClickHouse engine (libchdb), loaded with dlopen.
 *
 * A process opens one engine on one folder, and no other process may have the folder open. Queries
 * run in sessions: what SET and USE do stays in the session. A session runs one query at a time and
 * belongs to one thread at a time; sessions run side by side and cost next to nothing to open.
 * The engine's signal handlers stay off; deadly signals are set back to their default action by it,
 * so that a crash ends the process at once and leaves its core.
 */
#pragma once

#include "common/err.h"
#include "common/metrics.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_session;

/*
 * Loads the library and opens the folder, which is made when missing. `library` NULL or "": looked
 * for beside the program (../lib), in $XDG_CACHE_HOME or ~/.cache (goflow), in /usr/local/lib and
 * /usr/lib. On failure one line is logged: ERR_NOT_FOUND (no library, and where it was looked for),
 * ERR_UNSUPPORTED (not a library we know), ERR_IN_USE (another process has the folder, and
 * had it for five seconds), ERR_IO.
 */
MUST_CHECK enum err engine_open(struct engine **engine_p, const char *path, const char *library);

/* What engine_open() would refuse, in the same words, up to the engine's own opening. */
MUST_CHECK enum err engine_check(const char *path, const char *library);

/* Makes the folder and those above it. On failure one line is logged. */
MUST_CHECK enum err engine_make_folder(const char *path);

/* Where engine_open() will find the library. ERR_NOT_FOUND. */
MUST_CHECK enum err engine_find(const char *library, char path[PATH_MAX]);

/* True while a process has the folder open: the engine locks the file `status` in it. */
bool engine_folder_is_open(const char *path);

/* A collector: what is wrong with the tables. */
void engine_collect(void *engine, struct metrics_page *page);

/* Closes the folder; all sessions must be closed. The library stays loaded: it cannot go. */
void engine_close(struct engine **engine_p);

/*
 * Returns when what the engine has written survives a power failure. The engine syncs each part of
 * its tables, but not the folder that has the part's name, so the whole file system is synced.
 * ERR_IO, with a line in the log: the disk refused. Any thread.
 */
MUST_CHECK enum err engine_sync(struct engine *engine);

MUST_CHECK enum err engine_session_open(struct engine_session **session_p, struct engine *engine);
void engine_session_close(struct engine_session **session_p);

/* A value for {name:Type} in the statement; text in TabSeparated escapes. */
struct engine_parameter {
    const char *name;
    const char *value;
};

struct engine_query {
    const char *sql;
    size_t sql_size;
    const char *format; /* of the output, unless the statement has a FORMAT of its own */
    const struct engine_parameter *parameters;
    size_t parameter_count;
};

enum {
    ENGINE_PARAMETERS_MAX = 64
};

/* Texts are lent until engine_result_clear(). */
struct engine_result {
    const char *bytes;
    size_t size;
    const char *error; /* NULL: done; else "Code: N. DB::Exception: ...", and no bytes */
    int error_code;    /* N of it; 0 when there is none */
    uint64_t rows_read;
    uint64_t bytes_read;
    uint64_t rows_written;
    uint64_t bytes_written;
    uint64_t elapsed_ns;
    struct engine *engine;
    void *handle;
};

/* Runs the statement and waits for all of its output. */
void engine_query(struct engine_session *session, const struct engine_query *query,
    struct engine_result *result_p);
void engine_result_clear(struct engine_result *result);
