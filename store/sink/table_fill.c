/* SPDX-License-Identifier: BSD-3-Clause -- makes columns real that a block first has values for. */
#include "store/sink/table_fill.h"

#include "common/log.h"
#include "store/columns/native_cut.h"
#include "store/sink/sink_error.h"
#include "store/sink/table_state.h"

#include <string.h>

#define COMPONENT "table"

enum {
    ATTEMPTS = 3 /* another store may fill the same columns meanwhile */
};

typedef void append_change(struct buffer *out, enum flow_field field);

/* The fields that are wanted and whose columns are not real yet. */
static size_t find_missing(
    const struct table *table, const bool wanted[FLOW_FIELD_COUNT], bool missing[FLOW_FIELD_COUNT])
{
    size_t count = 0;
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        missing[field] = wanted[field] && table->is_unfilled[field];
        count += missing[field];
    }
    return count;
}

static void append_names(struct buffer *out, const bool fields[FLOW_FIELD_COUNT])
{
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        if (fields[field]) {
            buffer_format(out, "%s%s", out->size > 0 ? "," : "", FLOW_FIELDS[field].name);
        }
    }
}

/* ALTER TABLE with one change for each of the fields. */
static enum sink_outcome alter(struct table *table, struct sink_backend *backend,
    const bool fields[FLOW_FIELD_COUNT], append_change *append, struct buffer *error)
{
    struct buffer statement = {0};
    buffer_format(&statement, "ALTER TABLE %s ", table_name(table));
    bool is_first = true;
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        if (fields[field]) {
            buffer_text_append(&statement, is_first ? "" : ", ");
            append(&statement, (enum flow_field)field);
            is_first = false;
        }
    }
    enum sink_outcome outcome = sink_backend_execute(backend, buffer_text(&statement), error);
    buffer_clear(&statement);
    return outcome;
}

/* Without codecs the rows are there all the same, only larger. */
static void compress(
    struct table *table, struct sink_backend *backend, const bool fields[FLOW_FIELD_COUNT])
{
    struct buffer error = {0};
    if (alter(table, backend, fields, table_ddl_compress, &error) != SINK_DONE) {
        log_warning(COMPONENT, "new columns have no codec, so they take more space",
            "table=%s error=\"%s\"", table_name(table), buffer_text(&error));
    }
    buffer_clear(&error);
}

static enum sink_outcome look_again(
    struct table *table, struct sink_backend *backend, struct buffer *error)
{
    enum sink_outcome outcome = table_describe(table, backend, error);
    return outcome == SINK_DONE ? table_match(table, error) : outcome;
}

static void log_filled(const struct table *table, const bool fields[FLOW_FIELD_COUNT])
{
    struct buffer names = {0};
    append_names(&names, fields);
    log_info(COMPONENT, "columns have their first values", "table=%s columns=%s", table_name(table),
        buffer_text(&names));
    buffer_clear(&names);
}

static bool is_final(int code)
{
    enum {
        BAD_ARGUMENTS = 36,
        NOT_IMPLEMENTED = 48
    };
    return sink_error_is_forbidden(code) || code == BAD_ARGUMENTS || code == NOT_IMPLEMENTED;
}

/* SINK_REJECT: the database refuses, and will again; `missing` has the columns. */
static enum sink_outcome fill(struct table *table, struct sink_backend *backend,
    const bool wanted[FLOW_FIELD_COUNT], bool missing[FLOW_FIELD_COUNT], struct buffer *error)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (find_missing(table, wanted, missing) == 0) {
            buffer_clear(error);
            return SINK_DONE;
        }
        buffer_clear(error);
        if (alter(table, backend, missing, table_ddl_fill, error) == SINK_DONE) {
            compress(table, backend, missing);
            log_filled(table, missing);
            return look_again(table, backend, error);
        }
        struct buffer ignored = {0};
        enum sink_outcome outcome = look_again(table, backend, &ignored);
        buffer_clear(&ignored);
        if (outcome != SINK_DONE) {
            return SINK_RETRY;
        }
    }
    if (find_missing(table, wanted, missing) == 0) {
        buffer_clear(error);
        return SINK_DONE;
    }
    return is_final(sink_error_code(buffer_text(error))) ? SINK_REJECT : SINK_RETRY;
}

/* Flows must not wait for a right that nobody grants. */
static void warn_of_unfilled(
    struct table *table, const bool fields[FLOW_FIELD_COUNT], struct buffer *error)
{
    struct buffer names = {0};
    append_names(&names, fields);
    log_error(COMPONENT,
        "values are not stored, because the database refuses to alter the table: grant ALTER, or "
        "make the columns real yourself",
        "table=%s columns=%s error=\"%s\"", table_name(table), buffer_text(&names),
        buffer_text(error));
    buffer_clear(&names);
    buffer_clear(error);
    table->was_warned_of_unfilled = true;
}

enum sink_outcome table_fill_columns(struct table *table, struct sink_backend *backend,
    const struct columns *columns, struct buffer *error)
{
    if (!table->has_unfilled || table->was_warned_of_unfilled) {
        return SINK_DONE;
    }
    bool wanted[FLOW_FIELD_COUNT];
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        wanted[field] = table->is_unfilled[field] && columns_has(columns, (enum flow_field)field);
    }
    bool missing[FLOW_FIELD_COUNT];
    enum sink_outcome outcome = fill(table, backend, wanted, missing, error);
    if (outcome != SINK_REJECT) {
        return outcome;
    }
    warn_of_unfilled(table, missing, error);
    return SINK_DONE;
}

/* Names end in a zero each. */
static bool has_name(const struct buffer *names, const char *name)
{
    size_t size = strlen(name) + 1;
    for (size_t at = 0; at + size <= names->size;) {
        const char *found = (const char *)names->bytes + at;
        if (memcmp(found, name, size) == 0) {
            return true;
        }
        at += strlen(found) + 1;
    }
    return false;
}

enum sink_outcome table_fill_native(struct table *table, struct sink_backend *backend,
    const struct buffer *block, struct buffer *error)
{
    if (!table->has_unfilled) {
        return SINK_DONE;
    }
    bool wanted[FLOW_FIELD_COUNT];
    struct buffer names = {0};
    enum err err = native_cut_names(block, &names);
    for (size_t field = 0; err == ERR_OK && field < FLOW_FIELD_COUNT; field++) {
        wanted[field] = table->is_unfilled[field] && has_name(&names, FLOW_FIELDS[field].name);
    }
    buffer_clear(&names);
    if (err != ERR_OK) {
        buffer_text_append(error, err_text(err));
        return SINK_REJECT;
    }
    bool missing[FLOW_FIELD_COUNT];
    return fill(table, backend, wanted, missing, error);
}
