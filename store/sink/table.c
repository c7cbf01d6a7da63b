/* SPDX-License-Identifier: BSD-3-Clause -- the table as it is, and what fits into it. */
#include "store/sink/table.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/columns/record_native.h"
#include "store/sink/sink_error.h"
#include "store/sink/table_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COMPONENT "table"

static void format_name(struct table *table, const struct sink_options *options)
{
    buffer_text_append(&table->title, options->table);
    if (table->kind != RECORD_FLOWS) {
        buffer_format(&table->title, "_%s", RECORD_SCHEMAS[table->kind].name);
    }
    table_ddl_name(&table->name, options->database, buffer_text(&table->title));
    (void)buffer_text(&table->name);
    table->name.failed |= table->title.failed;
}

enum err table_new(
    struct table **table_p, enum record_kind kind, const struct sink_options *options)
{
    *table_p = calloc(1, sizeof **table_p);
    if (*table_p == NULL) {
        return ERR_MEMORY;
    }
    struct table *table = *table_p;
    table->database = options->database;
    table->ttl_s = options->ttl_s;
    table->kind = kind;
    table->dialect =
        options->has_all_columns || kind != RECORD_FLOWS ? TABLE_MODERN : TABLE_GROWING;
    format_name(table, options);
    if (table->name.failed) {
        table_destroy(table_p);
        return ERR_MEMORY;
    }
    return ERR_OK;
}

void table_destroy(struct table **table_p)
{
    struct table *table = *table_p;
    if (table == NULL) {
        return;
    }
    native_plan_destroy(&table->plan);
    table_description_clear(&table->description);
    distributed_clear(&table->distributed);
    buffer_clear(&table->title);
    buffer_clear(&table->name);
    free(table);
    *table_p = NULL;
}

void table_use_mapping(struct table *table, const struct mapping *mapping)
{
    table->mapping = mapping;
    table->is_ready = false;
}

const char *table_name(const struct table *table)
{
    return table->name.bytes;
}

const char *table_database(const struct table *table)
{
    return table->database;
}

const char *table_title(const struct table *table)
{
    return table->title.bytes;
}

const struct distributed *table_distributed(const struct table *table)
{
    return &table->distributed;
}

bool table_merges_rows(const struct table *table)
{
    return table->merges_rows;
}

const struct native_plan *table_plan(const struct table *table)
{
    return table->plan;
}

bool table_is_ready(const struct table *table)
{
    return table->is_ready;
}

bool table_has_column(const struct table *table, const char *name)
{
    return table_description_find(&table->description, name) != NULL;
}

enum sink_outcome table_describe(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    return table_description_read(&table->description, backend, table_name(table), error);
}

bool table_has_identity(const struct table *table)
{
    return table_has_column(table, ROW_INGEST_ID) && table_has_column(table, ROW_SEQUENCE);
}

uint64_t table_record_columns(const struct table *table)
{
    uint64_t columns = 0;
    for (size_t i = 0; i < record_native_columns(table->kind); i++) {
        bool is_there = table_has_column(table, record_native_name(table->kind, i));
        columns |= (uint64_t)is_there << i;
    }
    return columns;
}

static enum sink_outcome out_of_memory(struct buffer *error)
{
    buffer_text_append(error, "out of memory");
    return SINK_RETRY;
}

static void find_unfilled(struct table *table)
{
    table->has_unfilled = false;
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        const struct described_column *found =
            table_description_find(&table->description, FLOW_FIELDS[field].name);
        table->is_unfilled[field] =
            found != NULL && !table->distributed.is_on &&
            strcmp(found->default_kind, "ALIAS") == 0 &&
            table_ddl_is_unfilled((enum flow_field)field, found->expression);
        table->has_unfilled |= table->is_unfilled[field];
    }
}

/* Matches the columns of flows that can be written; computed ones fill themselves. */
static enum sink_outcome match_flows(struct table *table, struct buffer *error)
{
    struct table_column *columns = calloc(table->description.column_count + 1, sizeof *columns);
    if (columns == NULL) {
        return out_of_memory(error);
    }
    size_t count = 0;
    for (size_t i = 0; i < table->description.column_count; i++) {
        const char *kind = table->description.columns[i].default_kind;
        if (kind[0] == '\0' || strcmp(kind, "DEFAULT") == 0) {
            columns[count] = table->description.columns[i].column;
            columns[count].is_mapped =
                mapping_find_column(table->mapping, columns[count].name) != NULL;
            count++;
        }
    }
    enum err err = native_plan_new(&table->plan, columns, count, error);
    free(columns);
    if (err == ERR_MEMORY) {
        return out_of_memory(error);
    }
    if (err != ERR_OK) {
        buffer_format(error, " (%s)", table_name(table));
        return SINK_REJECT;
    }
    if (error->size > 0) {
        log_warning(COMPONENT, "columns of types that nothing can be written to are left out",
            "table=%s columns=\"%s\"", table_name(table), buffer_text(error));
        buffer_clear(error);
    }
    return SINK_DONE;
}

enum sink_outcome table_match(struct table *table, struct buffer *error)
{
    native_plan_destroy(&table->plan);
    if (table->kind == RECORD_FLOWS) {
        find_unfilled(table);
        return match_flows(table, error);
    }
    if (table_record_columns(table) == 0) {
        buffer_format(error, "%s has none of our columns", table_name(table));
        return SINK_REJECT;
    }
    return SINK_DONE;
}

/* Lifetime and engine. A table that does not show them counts as one that keeps its rows. */
static enum sink_outcome read_engine(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer sql = {0};
    struct buffer created = {0};
    struct buffer hidden = {0};
    buffer_format(&sql, "SHOW CREATE TABLE %s", table_name(table));
    (void)backend->class->query(backend, buffer_text(&sql), "TabSeparatedRaw", &created, &hidden);
    table->lifetime_s = table_ddl_lifetime_s(buffer_text(&created));
    table->merges_rows = table_ddl_merges_rows(buffer_text(&created));
    enum sink_outcome outcome =
        distributed_read(&table->distributed, buffer_text(&created), backend, error);
    buffer_clear(&hidden);
    buffer_clear(&created);
    buffer_clear(&sql);
    return outcome;
}

/* The tables behind a Distributed one are on other servers, and so are not ours to alter. */
static bool is_ours(const struct table *table)
{
    return table_has_column(table, ROW_INGEST_ID) && !table->distributed.is_on;
}

void table_warn_of_age(struct table *table, uint32_t day)
{
    uint64_t now_s = clock_wall_ns() / NS_PER_S;
    bool is_expired = table->lifetime_s != 0 && day * S_PER_DAY >= CLOCK_EARLIEST_S &&
                      (day + 1) * S_PER_DAY + table->lifetime_s < now_s;
    if (!is_expired || table->was_warned_of_age) {
        return;
    }
    table->was_warned_of_age = true;
    log_warning(COMPONENT,
        "rows older than the table's TTL come in, and the database will drop them: keep them in a "
        "table made with -ch.ttl=0",
        "table=%s age_days=%" PRIu64 " ttl_days=%" PRIu64, table_name(table),
        now_s / S_PER_DAY - day, table->lifetime_s / S_PER_DAY);
}

static void warn_without_identity(struct table *table)
{
    if (table_has_identity(table) || table->was_warned_of_identity) {
        return;
    }
    table->was_warned_of_identity = true;
    log_warning(COMPONENT, "delivery is at least once: the table is not ours",
        "table=%s missing=" ROW_INGEST_ID "," ROW_SEQUENCE, table_name(table));
}

enum sink_outcome table_prepare(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    native_plan_destroy(&table->plan);
    table->is_ready = false;
    enum sink_outcome outcome = table_describe(table, backend, error);
    int code = outcome == SINK_DONE ? SINK_ERROR_NONE : sink_error_code(buffer_text(error));
    if (code == SINK_ERROR_UNKNOWN_TABLE || code == SINK_ERROR_UNKNOWN_DATABASE) {
        buffer_clear(error);
        outcome = table_create(table, backend, error);
    }
    if (outcome == SINK_DONE) {
        outcome = read_engine(table, backend, error);
    }
    if (outcome == SINK_DONE && is_ours(table)) {
        outcome = table_complete(table, backend, error);
    }
    if (outcome == SINK_DONE) {
        outcome = table_match(table, error);
    }
    if (outcome == SINK_DONE) {
        warn_without_identity(table);
        table->is_ready = true;
    }
    /* Flows wait until it is allowed; other rows must not hold them up. */
    if (table->kind != RECORD_FLOWS &&
        sink_error_is_forbidden(sink_error_code(buffer_text(error)))) {
        return SINK_REJECT;
    }
    return outcome;
}
