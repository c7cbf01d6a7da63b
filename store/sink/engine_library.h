/*
 * engine_library.h -- libchdb's functions, found with dlopen.
 *
 * Private to store/sink/engine*.c. The library is not linked: a store that writes to a server runs
 * without its 550 MB.
 */
#pragma once

#include "common/err.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct chdb_result;
struct chdb_connection_;
typedef struct chdb_connection_ *chdb_connection;

/* X(name, result type, arguments) for each function that is used. */
#define ENGINE_FUNCTIONS(X)                                                                        \
    X(chdb_set_signal_handlers_enabled, void, (int enabled))                                       \
    X(chdb_connect, chdb_connection *, (int argc, char **argv))                                    \
    X(chdb_close_conn, void, (chdb_connection * connection))                                       \
    X(chdb_query_n, struct chdb_result *,                                                          \
        (chdb_connection connection, const char *sql, size_t sql_size, const char *format,         \
            size_t format_size))                                                                   \
    X(chdb_query_with_params_n, struct chdb_result *,                                              \
        (chdb_connection connection, const char *sql, size_t sql_size, const char *format,         \
            size_t format_size, const char *const *names, const size_t *name_sizes,                \
            const char *const *values, const size_t *value_sizes, size_t count))                   \
    X(chdb_destroy_query_result, void, (struct chdb_result * result))                              \
    X(chdb_result_buffer, char *, (struct chdb_result * result))                                   \
    X(chdb_result_length, size_t, (struct chdb_result * result))                                   \
    X(chdb_result_elapsed, double, (struct chdb_result * result))                                  \
    X(chdb_result_error, const char *, (struct chdb_result * result))                              \
    X(chdb_result_storage_rows_read, uint64_t, (struct chdb_result * result))                      \
    X(chdb_result_storage_bytes_read, uint64_t, (struct chdb_result * result))                     \
    X(chdb_result_rows_written, uint64_t, (struct chdb_result * result))                           \
    X(chdb_result_bytes_written, uint64_t, (struct chdb_result * result))

struct engine_library {
    void *handle; /* of dlopen; never closed */
#define ENGINE_MEMBER(name, type, arguments) type(*name) arguments;
    ENGINE_FUNCTIONS(ENGINE_MEMBER)
#undef ENGINE_MEMBER
};

/* See engine_open() for `path` and errors. */
MUST_CHECK enum err engine_library_load(struct engine_library *library_p, const char *path);

/* The file that it will load; nothing is logged. ERR_NOT_FOUND. */
MUST_CHECK enum err engine_library_find(const char *path, char found[PATH_MAX]);
