/* SPDX-License-Identifier: BSD-3-Clause -- blocks to whichever database there is. */
#include "store/sink/sink.h"

#include "common/log.h"
#include "store/columns/record_native.h"
#include "store/sink/distributed.h"
#include "store/sink/fence.h"
#include "store/sink/replicas.h"
#include "store/sink/sink_address.h"
#include "store/sink/sink_backend.h"
#include "store/sink/sink_repeats.h"
#include "store/sink/sql_text.h"
#include "store/sink/table.h"
#include "store/sink/table_fill.h"
#include "store/sink/table_home.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COMPONENT "sink"

struct sink {
    struct sink_backend *backend;
    struct table *tables[RECORD_KIND_COUNT];
    uint32_t timeout_ms;
    struct buffer bytes;   /* of the block under way; room kept between blocks */
    struct buffer columns; /* its column list */
    struct buffer structure;
    struct fence fence;
    struct fence_end fence_end; /* of the last insert */
};

static enum err open_backend(struct sink_backend **backend_p, const struct sink_options *options)
{
    if (options->addresses.count == 0) {
        log_error(COMPONENT, "no database", "ch.addr is empty");
        return ERR_INVALID;
    }
    if (options->addresses.count == 1 && sink_address_is_embedded(options->addresses.values[0])) {
        return sink_embedded_open(backend_p, options);
    }
    return sink_http_open(backend_p, options);
}

enum err sink_open(struct sink **sink_p, const struct sink_options *options)
{
    struct sink *sink = calloc(1, sizeof *sink);
    *sink_p = sink;
    if (sink == NULL) {
        return ERR_MEMORY;
    }
    sink->timeout_ms = options->timeout_ms;
    enum err err = ERR_OK;
    for (int kind = 0; kind < RECORD_KIND_COUNT && err == ERR_OK; kind++) {
        err = table_new(&sink->tables[kind], (enum record_kind)kind, options);
    }
    if (err == ERR_OK) {
        err = open_backend(&sink->backend, options);
    }
    if (err != ERR_OK) {
        sink_close(sink_p);
    }
    return err;
}

void sink_close(struct sink **sink_p)
{
    struct sink *sink = *sink_p;
    if (sink == NULL) {
        return;
    }
    if (sink->backend != NULL) {
        sink->backend->class->close(sink->backend);
    }
    buffer_clear(&sink->structure);
    for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        table_destroy(&sink->tables[kind]);
    }
    buffer_clear(&sink->columns);
    buffer_clear(&sink->bytes);
    free(sink);
    *sink_p = NULL;
}

/* Without a server of each shard, a batch that may be stored could never be looked for. */
static enum sink_outcome check_addresses(
    const struct sink *sink, enum record_kind kind, struct buffer *error)
{
    const struct table *table = sink->tables[kind];
    uint32_t shards = table_distributed(table)->shards;
    size_t servers = sink_backend_servers(sink->backend);
    if (!table_has_identity(table) || servers >= shards) {
        return SINK_DONE;
    }
    buffer_format(error,
        "%s is Distributed over %u shards of several replicas: -ch.addr must name a replica of "
        "each shard, and names %zu servers",
        table_name(table), (unsigned)shards, servers);
    return SINK_REJECT;
}

enum sink_outcome sink_prepare(struct sink *sink, enum record_kind kind, struct buffer *error)
{
    sink->fence = (struct fence){0}; /* it may be another server now */
    if (sink->backend->class->forget != NULL) {
        sink->backend->class->forget(sink->backend);
    }
    size_t server;
    enum sink_outcome outcome =
        table_home_find(sink->backend, table_name(sink->tables[kind]), &server, error);
    if (outcome != SINK_DONE) {
        return outcome;
    }
    struct sink_view home;
    sink_view_init(&home, sink->backend, server);
    outcome = table_prepare(sink->tables[kind], &home.backend, error);
    return outcome == SINK_DONE ? check_addresses(sink, kind, error) : outcome;
}

void sink_use_mapping(struct sink *sink, const struct mapping *mapping)
{
    table_use_mapping(sink->tables[RECORD_FLOWS], mapping);
}

/* Asks, once nothing can come late any more: neither of ours nor of another store's. */
enum sink_outcome sink_ask(struct sink *sink, enum record_kind kind, const char *sql,
    struct buffer *answer, struct buffer *error)
{
    const struct table *table = sink->tables[kind];
    const struct sink_backend_class *class = sink->backend->class;
    if (class->settle != NULL) {
        enum sink_outcome outcome = class->settle(sink->backend, error);
        if (outcome != SINK_DONE) {
            return outcome;
        }
    }
    struct replica_question question = {.database = table_database(table),
        .name = table_title(table),
        .table = table_name(table),
        .sql = sql,
        .timeout_ms = sink->timeout_ms};
    const struct distributed *behind = table_distributed(table);
    if (behind->shards > 0) {
        question.database = behind->database.bytes;
        question.name = behind->title.bytes;
        question.table = behind->name.bytes;
        question.distributed = table_name(table);
        question.shards = behind->shards;
    }
    return replicas_ask(sink->backend, &question, answer, error);
}

/* A batch of which a part is there can be neither left out nor sent: SINK_REJECT. */
static enum sink_outcome compare_counts(const struct table *table, const struct block *block,
    const uint64_t *rows, bool *is_found, struct buffer *error)
{
    enum sink_outcome outcome = SINK_DONE;
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct block_batch *batch = &block->batches[i];
        bool is_whole = rows[i] >= batch->row_count || table_merges_rows(table);
        is_found[i] = rows[i] > 0 && is_whole;
        if (rows[i] == 0 || is_whole) {
            continue;
        }
        buffer_format(error,
            "%s has %" PRIu64 " of %" PRIu32 " rows of the batch " ROW_INGEST_ID " = %" PRIu64
            " AND " ROW_SEQUENCE " = %" PRIu64 ": delete them, then replay the dead letters; ",
            table_name(table), rows[i], batch->row_count, batch->identity.ingest_id,
            batch->identity.sequence);
        outcome = SINK_REJECT;
    }
    return outcome;
}

static enum sink_outcome find_by_count(struct sink *sink, const struct block *block,
    const char *question, bool *is_found, struct buffer *error)
{
    const struct table *table = sink->tables[block->kind];
    uint64_t *rows = calloc(block->batch_count + 1, sizeof *rows);
    if (rows == NULL) {
        buffer_text_append(error, "out of memory");
        return SINK_RETRY;
    }
    struct buffer answer = {0};
    enum sink_outcome outcome = sink_ask(sink, block->kind, question, &answer, error);
    if (outcome == SINK_DONE) {
        sink_repeats_answer(buffer_text(&answer), sink_asks_shards(sink, block->kind), block, rows);
        outcome = compare_counts(table, block, rows, is_found, error);
    }
    buffer_clear(&answer);
    free(rows);
    return outcome;
}

enum sink_outcome sink_find(
    struct sink *sink, const struct block *block, bool *is_found, struct buffer *error)
{
    const struct table *table = sink->tables[block->kind];
    if (!table_is_ready(table) || !table_has_identity(table)) {
        return SINK_DONE;
    }
    struct buffer question = {0};
    enum sink_outcome outcome = SINK_DONE;
    if (sink_repeats_question(&question, sink_asked_table(sink, block->kind), block)) {
        outcome = find_by_count(sink, block, buffer_text(&question), is_found, error);
    }
    buffer_clear(&question);
    return outcome;
}

const char *sink_asked_table(const struct sink *sink, enum record_kind kind)
{
    const struct table *table = sink->tables[kind];
    return sink_asks_shards(sink, kind) ? table_distributed(table)->name.bytes : table_name(table);
}

bool sink_asks_shards(const struct sink *sink, enum record_kind kind)
{
    return table_distributed(sink->tables[kind])->shards > 0;
}

bool sink_has_identity(const struct sink *sink, enum record_kind kind)
{
    return table_is_ready(sink->tables[kind]) && table_has_identity(sink->tables[kind]);
}

/* The block in the form that the table takes. */
static enum err pack(struct sink *sink, const struct block *block)
{
    const struct table *table = sink->tables[block->kind];
    sink->bytes.size = 0;
    sink->columns.size = 0;
    sink->structure.size = 0;
    enum err err;
    if (block->kind == RECORD_FLOWS) {
        native_column_list(table_plan(table), block->columns, &sink->columns);
        native_structure(table_plan(table), block->columns, &sink->structure);
        err = native_write(table_plan(table), block->columns, &sink->bytes);
    } else {
        uint64_t sent = table_record_columns(table);
        record_native_list(block->kind, sent, &sink->columns);
        record_native_structure(block->kind, sent, &sink->structure);
        err = record_native_write(block->records, sent, &sink->bytes);
    }
    (void)buffer_text(&sink->columns);
    (void)buffer_text(&sink->structure);
    if (err == ERR_OK) {
        err = buffer_check(&sink->columns);
    }
    if (err == ERR_OK) {
        err = buffer_check(&sink->structure);
    }
    if (err != ERR_OK) { /* a failed buffer stays failed until it is cleared */
        buffer_clear(&sink->bytes);
        buffer_clear(&sink->columns);
        buffer_clear(&sink->structure);
    }
    return err;
}

bool sink_counts_rows(const struct sink *sink, enum record_kind kind)
{
    return !table_merges_rows(sink->tables[kind]);
}

/* Of those whose rows are sent. */
static bool is_one_batch(const struct block *block)
{
    size_t sent = 0;
    uint32_t rows = 0;
    for (size_t i = 0; i < block->batch_count && rows < block_rows(block); i++) {
        bool is_sent = !block->batches[i].is_removed && block->batches[i].row_count > 0;
        sent += is_sent;
        rows += is_sent ? block->batches[i].row_count : 0;
    }
    return sent < 2;
}

/* The table gets a column for each field that the block has values for. */
static enum sink_outcome fill(struct sink *sink, const struct block *block, struct buffer *error)
{
    if (block->kind != RECORD_FLOWS) {
        return SINK_DONE;
    }
    struct sink_view any;
    sink_view_init(&any, sink->backend, SINK_ANY_SERVER);
    return table_fill_columns(sink->tables[block->kind], &any.backend, block->columns, error);
}

enum sink_outcome sink_insert(struct sink *sink, const struct block *block, struct buffer *error)
{
    struct table *table = sink->tables[block->kind];
    if (!table_is_ready(table)) {
        buffer_text_append(error, "the table is not known yet");
        return SINK_RETRY;
    }
    enum sink_outcome outcome = fill(sink, block, error);
    if (outcome != SINK_DONE) {
        return SINK_RETRY; /* nothing was sent */
    }
    enum err err = pack(sink, block);
    if (err != ERR_OK) {
        buffer_text_append(error, err_text(err));
        return SINK_RETRY;
    }
    outcome = fence_of(&sink->fence, sink->backend, block, &sink->fence_end, error);
    if (outcome != SINK_DONE) {
        return SINK_RETRY;
    }
    struct sink_native native = {.table = table_name(table),
        .columns = buffer_text(&sink->columns),
        .structure = buffer_text(&sink->structure),
        .bytes = &sink->bytes,
        .rows = block_rows(block),
        .is_one_batch = is_one_batch(block),
        .fence = &sink->fence_end};
    table_warn_of_age(table, block->day);
    return sink->backend->class->insert(sink->backend, &native, error);
}

/* The engine reads the file itself. */
static enum sink_outcome insert_local_file(
    struct sink *sink, const struct sink_file *file, struct buffer *error)
{
    struct buffer sql = {0};
    struct buffer result = {0};
    buffer_format(&sql, "INSERT INTO %s FROM INFILE ", file->table);
    sql_append_literal(&sql, file->path);
    buffer_format(&sql,
        " COMPRESSION 'none' SETTINGS input_format_skip_unknown_fields = 1, "
        "max_insert_block_size = %u, min_insert_block_size_rows = %u, "
        "min_insert_block_size_bytes = 0, max_insert_threads = 1 FORMAT Native",
        (unsigned)file->rows, (unsigned)file->rows);
    enum sink_outcome outcome = sink_query(sink, buffer_text(&sql), "TabSeparated", &result, error);
    buffer_clear(&result);
    buffer_clear(&sql);
    return outcome;
}

enum sink_outcome sink_insert_file(
    struct sink *sink, const struct sink_file *file, struct buffer *error)
{
    struct sink_view any;
    sink_view_init(&any, sink->backend, SINK_ANY_SERVER);
    enum sink_outcome outcome =
        table_fill_native(sink->tables[file->kind], &any.backend, file->bytes, error);
    if (outcome != SINK_DONE) {
        return outcome;
    }
    if (sink_engine(sink) != NULL) {
        return insert_local_file(sink, file, error);
    }
    const struct fence_end no_fence = {0};
    struct sink_native native = {.table = file->table,
        .columns = "",
        .structure = "",
        .bytes = file->bytes,
        .rows = file->rows,
        .is_one_batch = file->is_one_batch,
        .fence = &no_fence};
    return sink->backend->class->insert(sink->backend, &native, error);
}

uint64_t sink_settled_ns(const struct sink *sink)
{
    bool ends_with_answer = sink->backend->class->settle == NULL;
    return ends_with_answer ? 0 : sink->fence_end.monotonic_ns;
}

enum sink_outcome sink_query(struct sink *sink, const char *sql, const char *format,
    struct buffer *result, struct buffer *error)
{
    return sink->backend->class->query(sink->backend, sql, format, result, error);
}

void sink_interrupt(struct sink *sink)
{
    if (sink->backend->class->interrupt != NULL) {
        sink->backend->class->interrupt(sink->backend);
    }
}

struct engine *sink_engine(struct sink *sink)
{
    const struct sink_backend_class *class = sink->backend->class;
    return class->engine != NULL ? class->engine(sink->backend) : NULL;
}
