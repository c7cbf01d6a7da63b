/* SPDX-License-Identifier: BSD-3-Clause -- creates the table, or what it lacks. */
#include "common/log.h"
#include "store/sink/record_ddl.h"
#include "store/sink/sink_error.h"
#include "store/sink/sql_text.h"
#include "store/sink/table_state.h"

#include <string.h>

#define COMPONENT "table"

/* Runs the statement, and empties it. */
static enum sink_outcome execute(
    struct sink_backend *backend, struct buffer *statement, struct buffer *error)
{
    enum sink_outcome outcome = sink_backend_execute(backend, buffer_text(statement), error);
    buffer_clear(statement);
    return outcome;
}

/* The columns that ours has. */
static size_t own_columns(const struct table *table)
{
    return table->kind == RECORD_FLOWS ? table_ddl_columns() : record_native_columns(table->kind);
}

static const char *own_column_name(const struct table *table, size_t column)
{
    return table->kind == RECORD_FLOWS ? table_ddl_column_name(column)
                                       : record_native_name(table->kind, column);
}

static void append_column(
    struct buffer *out, const struct table *table, size_t column, enum table_dialect dialect)
{
    if (table->kind == RECORD_FLOWS) {
        table_ddl_column(out, column, dialect);
    } else {
        record_ddl_column(out, table->kind, column, dialect);
    }
}

static void append_create(struct buffer *out, const struct table *table, enum table_dialect dialect)
{
    if (table->kind == RECORD_FLOWS) {
        table_ddl_create(out, table_name(table), dialect, table->ttl_s);
    } else {
        record_ddl_create(out, table_name(table), table->kind, dialect, table->ttl_s);
    }
}

/* A user who may create the table and not alter it could never fill its columns later. */
static bool may_alter(const struct table *table, struct sink_backend *backend)
{
    struct buffer sql = {0};
    struct buffer answer = {0};
    struct buffer ignored = {0};
    buffer_format(&sql, "CHECK GRANT ALTER MODIFY COLUMN ON %s", table_name(table));
    (void)backend->class->query(backend, buffer_text(&sql), "TabSeparated", &answer, &ignored);
    bool is_forbidden = strncmp(buffer_text(&answer), "0", 1) == 0; /* others do not know CHECK */
    buffer_clear(&ignored);
    buffer_clear(&answer);
    buffer_clear(&sql);
    return !is_forbidden;
}

/* Only what a newer server knows; what others answer does not matter. */
static void tune(struct table *table, struct sink_backend *backend)
{
    struct buffer statement = {0};
    struct buffer ignored = {0};
    table_ddl_tune(&statement, table_name(table));
    (void)execute(backend, &statement, &ignored);
    buffer_clear(&ignored);
    buffer_clear(&statement);
}

/* Today's schema where the server takes it, else one that an old server takes. */
static enum sink_outcome create_table(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    if (table->dialect == TABLE_GROWING && !may_alter(table, backend)) {
        log_notice(COMPONENT, "the user may not alter tables, so all columns are made at once",
            "table=%s", table_name(table));
        table->dialect = TABLE_MODERN;
    }
    append_create(&statement, table, table->dialect);
    enum sink_outcome outcome = execute(backend, &statement, error);
    if (outcome != SINK_DONE && sink_error_is_too_new(sink_error_code(buffer_text(error)))) {
        buffer_clear(error);
        append_create(&statement, table, TABLE_PLAIN);
        outcome = execute(backend, &statement, error);
        if (outcome == SINK_DONE) {
            log_warning(COMPONENT, "old server: created with plain types, without codecs and TTL",
                "table=%s", table_name(table));
        }
        return outcome;
    }
    if (outcome == SINK_DONE) {
        tune(table, backend);
        log_info(COMPONENT, "created", "table=%s", table_name(table));
    }
    return outcome;
}

enum sink_outcome table_create(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    table_ddl_create_database(&statement, table->database);
    /* May be forbidden although the database is there; then the table's creation tells. */
    enum sink_outcome outcome = execute(backend, &statement, error);
    if (outcome != SINK_DONE && sink_error_code(buffer_text(error)) == SINK_ERROR_NONE) {
        return outcome;
    }
    buffer_clear(error);
    outcome = create_table(table, backend, error);
    return outcome == SINK_DONE ? table_describe(table, backend, error) : outcome;
}

static bool is_plain(const struct table *table)
{
    const struct described_column *start =
        table_description_find(&table->description, FLOW_FIELDS[FLOW_TIME_FLOW_START].name);
    return start != NULL && strncmp(start->column.type, "DateTime64", 10) != 0;
}

static void begin_change(struct buffer *out, const struct table *table, size_t *changes)
{
    if ((*changes)++ == 0) {
        buffer_format(out, "ALTER TABLE %s", table_name(table));
    } else {
        buffer_text_append(out, ",");
    }
}

/* Another store may be at the same; an old server knows no better than to refuse it then. */
static void begin_column(
    struct buffer *out, const struct table *table, enum table_dialect dialect, size_t *changes)
{
    begin_change(out, table, changes);
    buffer_text_append(out, dialect == TABLE_PLAIN ? " ADD COLUMN " : " ADD COLUMN IF NOT EXISTS ");
}

/* Those that the operator's mapping names; several elements may share one. */
static void add_mapped_columns(
    const struct table *table, enum table_dialect dialect, struct buffer *out, size_t *changes)
{
    size_t count = table->mapping != NULL ? table->mapping->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct mapping_column *column = &table->mapping->columns[i];
        if (table_has_column(table, column->name) ||
            mapping_find_column(table->mapping, column->name) != column) {
            continue;
        }
        begin_column(out, table, dialect, changes);
        sql_append_identifier(out, column->name);
        buffer_format(out, " %s", column->type_name);
    }
}

static void add_own_columns(
    const struct table *table, enum table_dialect dialect, struct buffer *out, size_t *changes)
{
    for (size_t i = 0; i < own_columns(table); i++) {
        if (!table_has_column(table, own_column_name(table, i))) {
            begin_column(out, table, dialect, changes);
            append_column(out, table, i, dialect);
        }
    }
}

/* True where ours is an Enum8 that begins as theirs, which the server prints with spaces. */
static bool is_outgrown(const char *theirs, const char *ours)
{
    if (strncmp(ours, "Enum8(", strlen("Enum8(")) != 0) {
        return false;
    }
    for (; *theirs != '\0' && *theirs != ')'; theirs++) {
        if (*theirs != ' ' && *theirs != *ours++) {
            return false;
        }
    }
    return *ours == ',';
}

/* Enumerations that have got more values; until then those are sent as the table's first. */
static void widen_enumerations(const struct table *table, struct buffer *out, size_t *changes)
{
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        const struct flow_field_info *field = &FLOW_FIELDS[i];
        const struct described_column *found =
            table_description_find(&table->description, field->name);
        if (found != NULL && is_outgrown(found->column.type, field->column)) {
            begin_change(out, table, changes);
            buffer_text_append(out, " MODIFY COLUMN ");
            sql_append_identifier(out, field->name);
            buffer_format(out, " %s", field->column);
        }
    }
}

/* ALTER TABLE with what a newer goflow has and the table does not; returns how many changes. */
static size_t append_changes(
    const struct table *table, enum table_dialect dialect, struct buffer *out)
{
    size_t changes = 0;
    add_own_columns(table, dialect, out, &changes);
    add_mapped_columns(table, dialect, out, &changes);
    if (table->kind == RECORD_FLOWS) {
        widen_enumerations(table, out, &changes);
    }
    return changes;
}

/* A user's table on an old server shows the server's age only by refusing types. */
enum sink_outcome table_complete(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    enum table_dialect dialect = is_plain(table) ? TABLE_PLAIN : table->dialect;
    size_t changes = append_changes(table, dialect, &statement);
    if (changes == 0) {
        return SINK_DONE;
    }
    enum sink_outcome outcome = execute(backend, &statement, error);
    if (outcome != SINK_DONE && dialect != TABLE_PLAIN &&
        sink_error_is_too_new(sink_error_code(buffer_text(error)))) {
        buffer_clear(error);
        (void)append_changes(table, TABLE_PLAIN, &statement);
        outcome = execute(backend, &statement, error);
    }
    if (outcome != SINK_DONE && sink_error_code(buffer_text(error)) != SINK_ERROR_NONE) {
        log_warning(COMPONENT,
            "the table stays as it is: the database refuses to add columns or values",
            "table=%s error=\"%s\"", table_name(table), buffer_text(error));
        buffer_clear(error);
        return SINK_DONE;
    }
    if (outcome != SINK_DONE) {
        return outcome;
    }
    log_info(
        COMPONENT, "columns added or widened", "table=%s count=%zu", table_name(table), changes);
    return table_describe(table, backend, error);
}
