/* SPDX-License-Identifier: BSD-3-Clause -- the ClickHouse engine inside this process. */
#include "common/log.h"
#include "store/sink/engine.h"
#include "store/sink/fence.h"
#include "store/sink/sink_backend.h"
#include "store/sink/sink_error.h"
#include "store/sink/sql_text.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COMPONENT "sink"

/* Inserts and queries have a session each: a query must not wait behind an insert. */
struct sink_embedded {
    struct sink_backend backend;
    struct engine *engine;
    struct engine_session *inserter;
    struct engine_session *querier;
    pthread_mutex_t query_lock;
    /*
     * The engine takes binary data only from a file, so the block's bytes pass through memory that
     * has a descriptor. Its pages stay, so that a block costs one copy and no page faults.
     */
    int memory_fd;
    atomic_bool is_unsynced; /* the disk did not confirm the last insert */
};

static struct sink_embedded *embedded_of(struct sink_backend *backend)
{
    return (struct sink_embedded *)backend;
}

/* Takes the result. */
static enum sink_outcome finish(
    struct engine_result *result, bool is_alone, struct buffer *output, struct buffer *error)
{
    enum sink_outcome outcome = SINK_DONE;
    if (result->error != NULL) {
        buffer_text_append(error, result->error);
        outcome = sink_error_outcome(500, result->error_code, result->error, is_alone);
    } else if (output != NULL) {
        buffer_append(output, result->bytes, result->size);
    }
    engine_result_clear(result);
    return outcome;
}

/*
 * An acknowledged batch leaves the ingest's spool, so it must survive a power failure by then.
 * Where the disk refuses, the batch is looked for again, and no question is answered before a sync
 * works.
 */
static enum sink_outcome make_durable(struct sink_embedded *embedded, struct buffer *error)
{
    if (engine_sync(embedded->engine) == ERR_OK) {
        atomic_store(&embedded->is_unsynced, false);
        return SINK_DONE;
    }
    atomic_store(&embedded->is_unsynced, true);
    buffer_text_append(error, "the rows are in the table, but the disk did not confirm them");
    return SINK_UNKNOWN;
}

static enum sink_outcome embedded_query(struct sink_backend *backend, const char *sql,
    const char *format, struct buffer *output, struct buffer *error)
{
    struct sink_embedded *embedded = embedded_of(backend);
    if (atomic_load(&embedded->is_unsynced) && make_durable(embedded, error) != SINK_DONE) {
        return SINK_RETRY;
    }
    struct engine_query query = {.sql = sql, .sql_size = strlen(sql), .format = format};
    struct engine_result result;
    (void)pthread_mutex_lock(&embedded->query_lock);
    engine_query(embedded->querier, &query, &result);
    enum sink_outcome outcome = finish(&result, true, output, error);
    (void)pthread_mutex_unlock(&embedded->query_lock);
    return outcome;
}

/* Makes the bytes the whole content of the memory file. */
static enum err fill_memory(int fd, const struct buffer *bytes)
{
    size_t done = 0;
    while (done < bytes->size) {
        ssize_t written = pwrite(fd, bytes->bytes + done, bytes->size - done, (off_t)done);
        if (written < 0) {
            return ERR_IO;
        }
        done += (size_t)written;
    }
    return ftruncate(fd, (off_t)bytes->size) == 0 ? ERR_OK : ERR_IO;
}

/* The limits are set so that the block stays whole: one INSERT, one part. */
static void format_insert(struct buffer *sql, const struct sink_native *native, int memory_fd)
{
    unsigned rows = (unsigned)native->rows;
    buffer_format(sql, "INSERT INTO %s %s SELECT * FROM file('/proc/self/fd/%d', 'Native', ",
        native->table, native->columns, memory_fd);
    sql_append_literal(sql, native->structure);
    buffer_text_append(sql, ")");
    fence_append(sql, native->fence);
    buffer_format(sql,
        " SETTINGS max_block_size = %u, max_insert_block_size = %u, "
        "min_insert_block_size_rows = %u, min_insert_block_size_bytes = 0, "
        "max_insert_threads = 1, max_threads = 1",
        rows, rows, rows);
}

static enum sink_outcome embedded_insert(
    struct sink_backend *backend, const struct sink_native *native, struct buffer *error)
{
    struct sink_embedded *embedded = embedded_of(backend);
    if (fill_memory(embedded->memory_fd, native->bytes) != ERR_OK) {
        buffer_format(error, "no memory for the block: %s", strerror(errno));
        return SINK_RETRY;
    }
    struct buffer sql = {0};
    format_insert(&sql, native, embedded->memory_fd);
    struct engine_query query = {
        .sql = buffer_text(&sql), .sql_size = sql.size, .format = "TabSeparated"};
    struct engine_result result;
    engine_query(embedded->inserter, &query, &result);
    uint64_t written = result.rows_written;
    enum sink_outcome outcome = finish(&result, native->is_one_batch, NULL, error);
    buffer_clear(&sql);
    if (outcome == SINK_DONE) {
        outcome = fence_count_outcome(native, (long)written, error);
    }
    return outcome == SINK_DONE ? make_durable(embedded, error) : outcome;
}

static void embedded_close(struct sink_backend *backend)
{
    struct sink_embedded *embedded = embedded_of(backend);
    engine_session_close(&embedded->querier);
    engine_session_close(&embedded->inserter);
    engine_close(&embedded->engine);
    if (embedded->memory_fd >= 0) {
        (void)close(embedded->memory_fd);
    }
    (void)pthread_mutex_destroy(&embedded->query_lock);
    free(embedded);
}

static struct engine *embedded_engine(struct sink_backend *backend)
{
    return embedded_of(backend)->engine;
}

static const struct sink_backend_class EMBEDDED_CLASS = {.query = embedded_query,
    .insert = embedded_insert,
    .engine = embedded_engine,
    .close = embedded_close};

static enum err open_sessions(struct sink_embedded *embedded)
{
    enum err err = engine_session_open(&embedded->inserter, embedded->engine);
    if (err == ERR_OK) {
        err = engine_session_open(&embedded->querier, embedded->engine);
    }
    if (err != ERR_OK) {
        log_error(COMPONENT, "the engine opens no session", "");
        return err;
    }
    embedded->memory_fd = memfd_create("block", MFD_CLOEXEC);
    if (embedded->memory_fd < 0) {
        log_error(COMPONENT, "no memory file", "error=\"%s\"", strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

enum err sink_embedded_open(struct sink_backend **backend_p, const struct sink_options *options)
{
    *backend_p = NULL;
    struct sink_embedded *embedded = calloc(1, sizeof *embedded);
    if (embedded == NULL) {
        return ERR_MEMORY;
    }
    embedded->backend.class = &EMBEDDED_CLASS;
    embedded->memory_fd = -1;
    (void)pthread_mutex_init(&embedded->query_lock, NULL);
    enum err err = engine_open(&embedded->engine, options->path, options->library);
    if (err == ERR_OK) {
        err = open_sessions(embedded);
    }
    if (err != ERR_OK) {
        embedded_close(&embedded->backend);
        return err;
    }
    *backend_p = &embedded->backend;
    return ERR_OK;
}
