/* SPDX-License-Identifier: BSD-3-Clause -- creates, completes and describes the table. */
#include "store/sink/table.h"

#include "common/log.h"
#include "store/sink/record_ddl.h"
#include "store/sink/sink_error.h"
#include "store/sink/table_ddl.h"

#include <stdlib.h>
#include <string.h>

#define COMPONENT "table"

/* A row of DESCRIBE TABLE; texts point into the description. */
struct described {
    struct table_column column;
    const char *default_kind; /* "", "DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL" */
};

struct table {
    enum record_kind kind;
    struct buffer name;
    struct buffer description; /* TabSeparated, cut up in place */
    struct described *columns;
    size_t column_count;
    struct native_plan *plan; /* of flows */
    bool is_ready;
    const char *database;
    uint64_t ttl_s;
    bool was_warned;
};

static void format_name(struct table *table, const struct sink_options *options)
{
    struct buffer name = {0};
    buffer_text_append(&name, options->table);
    if (table->kind != RECORD_FLOWS) {
        buffer_format(&name, "_%s", RECORD_SCHEMAS[table->kind].name);
    }
    table_ddl_name(&table->name, options->database, buffer_text(&name));
    (void)buffer_text(&table->name);
    table->name.failed |= name.failed;
    buffer_clear(&name);
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
    free(table->columns);
    buffer_clear(&table->description);
    buffer_clear(&table->name);
    free(table);
    *table_p = NULL;
}

const char *table_name(const struct table *table)
{
    return table->name.bytes;
}

const struct native_plan *table_plan(const struct table *table)
{
    return table->plan;
}

bool table_is_ready(const struct table *table)
{
    return table->is_ready;
}

/* Undoes TabSeparated's escapes up to the end of the value; returns what follows it. */
static char *unescape(char *value, char *end_p)
{
    char *out = value;
    char *in = value;
    while (*in != '\t' && *in != '\n' && *in != '\0') {
        if (*in == '\\' && in[1] != '\0') {
            in++;
        }
        *out++ = *in++;
    }
    *end_p = *in;
    char *next = *in == '\0' ? in : in + 1;
    *out = '\0';
    return next;
}

/* Cuts one row of the description; returns the next one. Columns after the third are left. */
static char *parse_row(char *row, struct described *described)
{
    char *fields[3] = {row, NULL, NULL};
    char end = '\t';
    char *rest = row;
    for (size_t i = 0; i < 3 && end == '\t'; i++) {
        fields[i] = rest;
        rest = unescape(rest, &end);
    }
    while (end == '\t') {
        rest = unescape(rest, &end);
    }
    described->column.name = fields[0];
    described->column.type = fields[1] != NULL ? fields[1] : (char *)"";
    described->default_kind = fields[2] != NULL ? fields[2] : "";
    return rest;
}

static enum err parse_description(struct table *table)
{
    char *text = (char *)buffer_text(&table->description);
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    free(table->columns);
    table->column_count = 0;
    table->columns = calloc(lines + 1, sizeof *table->columns);
    if (table->columns == NULL) {
        return ERR_MEMORY;
    }
    for (char *row = text; *row != '\0' && table->column_count <= lines;) {
        row = parse_row(row, &table->columns[table->column_count++]);
    }
    return ERR_OK;
}

static enum sink_outcome out_of_memory(struct buffer *error)
{
    buffer_text_append(error, "out of memory");
    return SINK_RETRY;
}

/* Runs a statement that has no result. */
static enum sink_outcome execute(
    struct sink_backend *backend, struct buffer *statement, struct buffer *error)
{
    struct buffer result = {0};
    enum sink_outcome outcome =
        backend->class->query(backend, buffer_text(statement), "TabSeparated", &result, error);
    buffer_clear(&result);
    buffer_clear(statement);
    return outcome;
}

static enum sink_outcome describe(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    buffer_format(&statement, "DESCRIBE TABLE %s", table_name(table));
    table->description.size = 0;
    enum sink_outcome outcome = backend->class->query(
        backend, buffer_text(&statement), "TabSeparated", &table->description, error);
    buffer_clear(&statement);
    if (outcome == SINK_DONE && parse_description(table) != ERR_OK) {
        return out_of_memory(error);
    }
    return outcome;
}

static const struct described *find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].column.name, name) == 0) {
            return &table->columns[i];
        }
    }
    return NULL;
}

bool table_has_identity(const struct table *table)
{
    return find_column(table, TABLE_INGEST_ID) != NULL &&
           find_column(table, TABLE_SEQUENCE) != NULL;
}

uint64_t table_record_columns(const struct table *table)
{
    uint64_t columns = 0;
    for (size_t i = 0; i < record_native_columns(table->kind); i++) {
        bool is_there = find_column(table, record_native_name(table->kind, i)) != NULL;
        columns |= (uint64_t)is_there << i;
    }
    return columns;
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

/* Today's schema where the server takes it, else one that an old server takes. */
static enum sink_outcome create_table(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    append_create(&statement, table, TABLE_MODERN);
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
        log_info(COMPONENT, "created", "table=%s", table_name(table));
    }
    return outcome;
}

static enum sink_outcome create(
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
    return outcome == SINK_DONE ? describe(table, backend, error) : outcome;
}

static bool is_plain(const struct table *table)
{
    const struct described *start = find_column(table, FLOW_FIELDS[FLOW_TIME_FLOW_START].name);
    return start != NULL && strncmp(start->column.type, "DateTime64", 10) != 0;
}

/* ALTER TABLE with the columns that a newer goflow has and the table does not; returns how many. */
static size_t add_columns(const struct table *table, enum table_dialect dialect, struct buffer *out)
{
    size_t missing = 0;
    for (size_t i = 0; i < own_columns(table); i++) {
        if (find_column(table, own_column_name(table, i)) != NULL) {
            continue;
        }
        if (missing++ == 0) {
            buffer_format(out, "ALTER TABLE %s ADD COLUMN ", table_name(table));
        } else {
            buffer_text_append(out, ", ADD COLUMN ");
        }
        append_column(out, table, i, dialect);
    }
    return missing;
}

/* Completes a table of ours; a user's on an old server shows its age only by refusing types. */
static enum sink_outcome complete(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    struct buffer statement = {0};
    enum table_dialect dialect = is_plain(table) ? TABLE_PLAIN : TABLE_MODERN;
    size_t missing = add_columns(table, dialect, &statement);
    if (missing == 0) {
        return SINK_DONE;
    }
    enum sink_outcome outcome = execute(backend, &statement, error);
    if (outcome != SINK_DONE && dialect == TABLE_MODERN &&
        sink_error_is_too_new(sink_error_code(buffer_text(error)))) {
        buffer_clear(error);
        (void)add_columns(table, TABLE_PLAIN, &statement);
        outcome = execute(backend, &statement, error);
    }
    if (outcome != SINK_DONE && sink_error_code(buffer_text(error)) != SINK_ERROR_NONE) {
        log_warning(COMPONENT, "new columns are left out: the database refuses to add them",
            "table=%s error=\"%s\"", table_name(table), buffer_text(error));
        buffer_clear(error);
        return SINK_DONE;
    }
    if (outcome != SINK_DONE) {
        return outcome;
    }
    log_info(COMPONENT, "columns added", "table=%s count=%zu", table_name(table), missing);
    return describe(table, backend, error);
}

/* Matches the columns of flows that can be written; computed ones fill themselves. */
static enum sink_outcome match_flows(struct table *table, struct buffer *error)
{
    struct table_column *columns = calloc(table->column_count + 1, sizeof *columns);
    if (columns == NULL) {
        return out_of_memory(error);
    }
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *kind = table->columns[i].default_kind;
        if (kind[0] == '\0' || strcmp(kind, "DEFAULT") == 0) {
            columns[count++] = table->columns[i].column;
        }
    }
    enum err err = native_plan_new(&table->plan, columns, count, error);
    free(columns);
    if (err != ERR_OK) {
        return err == ERR_MEMORY ? out_of_memory(error) : SINK_REJECT;
    }
    if (error->size > 0) {
        log_warning(COMPONENT, "columns of types that nothing can be written to are left out",
            "table=%s columns=\"%s\"", table_name(table), buffer_text(error));
        buffer_clear(error);
    }
    return SINK_DONE;
}

static enum sink_outcome match(struct table *table, struct buffer *error)
{
    if (table->kind == RECORD_FLOWS) {
        return match_flows(table, error);
    }
    if (table_record_columns(table) == 0) {
        buffer_format(error, "%s has none of our columns", table_name(table));
        return SINK_REJECT;
    }
    return SINK_DONE;
}

static void warn_without_identity(struct table *table)
{
    if (table_has_identity(table) || table->was_warned) {
        return;
    }
    table->was_warned = true;
    log_warning(COMPONENT, "delivery is at least once: the table is not ours",
        "table=%s missing=" TABLE_INGEST_ID "," TABLE_SEQUENCE, table_name(table));
}

enum sink_outcome table_prepare(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    native_plan_destroy(&table->plan);
    table->is_ready = false;
    enum sink_outcome outcome = describe(table, backend, error);
    int code = outcome == SINK_DONE ? SINK_ERROR_NONE : sink_error_code(buffer_text(error));
    if (code == SINK_ERROR_UNKNOWN_TABLE || code == SINK_ERROR_UNKNOWN_DATABASE) {
        buffer_clear(error);
        outcome = create(table, backend, error);
    }
    if (outcome == SINK_DONE && find_column(table, TABLE_INGEST_ID) != NULL) {
        outcome = complete(table, backend, error);
    }
    if (outcome == SINK_DONE) {
        outcome = match(table, error);
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
