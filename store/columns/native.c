/* SPDX-License-Identifier: BSD-3-Clause -- columns as a Native block that fits the table. */
#include "common/flow_wire.h"
#include "store/columns/native_entry.h"
#include "store/columns/native_plan.h"
#include "store/columns/native_text.h"
#include "store/columns/native_values.h"

#include <string.h>

static bool has_values(const struct plan_column *column, const struct columns *columns)
{
    bool is_field = column->source == SOURCE_FIELD || column->source == SOURCE_ENTRY;
    return !is_field || columns_has(columns, column->field);
}

/* The first column stands in when no other has values: an INSERT needs one. */
static bool is_sent(const struct native_plan *plan, size_t index, const struct columns *columns)
{
    if (index > 0 || has_values(&plan->columns[index], columns)) {
        return has_values(&plan->columns[index], columns);
    }
    for (size_t i = 1; i < plan->column_count; i++) {
        if (has_values(&plan->columns[i], columns)) {
            return false;
        }
    }
    return true;
}

static void append_name(const struct plan_column *column, struct buffer *out)
{
    buffer_text_append(out, "`");
    for (const char *p = column->name; *p != '\0'; p++) {
        buffer_format(out, *p == '`' || *p == '\\' ? "\\%c" : "%c", *p);
    }
    buffer_text_append(out, "`");
}

void native_column_list(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out)
{
    const char *separator = "(";
    for (size_t i = 0; i < plan->column_count; i++) {
        if (is_sent(plan, i, columns)) {
            buffer_text_append(out, separator);
            append_name(&plan->columns[i], out);
            separator = ", ";
        }
    }
    buffer_text_append(out, ")");
}

void native_structure(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out)
{
    const char *separator = "";
    for (size_t i = 0; i < plan->column_count; i++) {
        if (is_sent(plan, i, columns)) {
            buffer_text_append(out, separator);
            append_name(&plan->columns[i], out);
            buffer_format(out, " %s", plan->columns[i].type.sent_name);
            separator = ", ";
        }
    }
}

static void write_varint(uint64_t value, struct buffer *out)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    buffer_append(out, bytes, (size_t)(wire_put_varint(bytes, value, false) - bytes));
}

static void write_string(const char *text, struct buffer *out)
{
    size_t length = strlen(text);
    write_varint(length, out);
    buffer_append(out, text, length);
}

static void write_identity(
    const struct plan_column *column, const struct columns *columns, struct buffer *out)
{
    size_t run_count;
    const struct identity_run *runs = columns_identities(columns, &run_count);
    size_t size = columns_rows(columns) * sizeof(uint64_t);
    uint8_t *room = buffer_reserve(out, size);
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < run_count; i++) {
        bool is_ingest = column->source == SOURCE_INGEST_ID;
        uint64_t value = is_ingest ? runs[i].identity.ingest_id : runs[i].identity.sequence;
        for (uint32_t row = 0; row < runs[i].row_count; row++) {
            memcpy(room, &value, sizeof value);
            room += sizeof value;
        }
    }
    out->size += size;
}

static void write_zeroes(size_t count, struct buffer *out)
{
    void *room = buffer_reserve(out, count);
    if (room != NULL) {
        memset(room, 0, count);
        out->size += count;
    }
}

/* Rows of a field without values: numbers 0, texts and arrays of length 0. */
static void write_defaults(const struct native_type *type, uint32_t rows, struct buffer *out)
{
    size_t size_bytes = type->kind == NATIVE_STRING ? 1 : type->size_bytes;
    if (type->is_array) {
        size_bytes = sizeof(uint64_t);
    } else if (type->is_nullable) {
        size_bytes++;
    }
    write_zeroes(rows * size_bytes, out);
}

static const uint64_t *exact_times(const struct columns *columns, enum flow_field field)
{
    enum flow_field exact =
        field == FLOW_TIME_FLOW_START ? FLOW_TIME_FLOW_START_NS : FLOW_TIME_FLOW_END_NS;
    bool has_exact = field == FLOW_TIME_FLOW_START || field == FLOW_TIME_FLOW_END;
    return has_exact && columns_has(columns, exact) ? columns_values(columns, exact) : NULL;
}

static void write_field(
    const struct plan_column *column, const struct columns *columns, struct buffer *out)
{
    const struct flow_field_info *info = &FLOW_FIELDS[column->field];
    uint32_t rows = columns_rows(columns);
    struct native_source source = {.values = columns_values(columns, column->field),
        .nanoseconds = exact_times(columns, column->field),
        .count = rows,
        .kind = info->size_bytes == 16 ? FLOW_KIND_ADDRESS : FLOW_KIND_NUMBER,
        .unit = info->unit,
        .size_bytes = info->size_bytes};
    const uint64_t *ends = columns_list_ends(columns, column->field);
    if (ends != NULL) {
        source.count = rows > 0 ? ends[rows - 1] : 0;
        buffer_append(out, ends, rows * sizeof *ends);
    }
    if (column->type.is_nullable) {
        write_zeroes(source.count, out); /* no value is NULL: what a flow lacks is its default */
    }
    native_write_values(&column->type, &source, out);
}

static void write_texts(
    const struct plan_column *column, const struct columns *columns, struct buffer *out)
{
    uint32_t rows = columns_rows(columns);
    if (column->type.is_nullable) {
        write_zeroes(rows, out);
    }
    native_write_texts(columns_values(columns, column->field),
        columns_list_ends(columns, column->field), rows, out);
}

static void write_column(const struct native_plan *plan, const struct plan_column *column,
    const struct columns *columns, struct buffer *out)
{
    if (!has_values(column, columns)) {
        write_defaults(&column->type, columns_rows(columns), out);
    } else if (column->source == SOURCE_ENTRY) {
        native_write_entry(&column->type, columns, column->name, out);
    } else if (column->source != SOURCE_FIELD) {
        write_identity(column, columns, out);
    } else if (column->field == FLOW_EXTRA) {
        native_write_map(&column->type, columns, &plan->keys, out);
    } else if (FLOW_FIELDS[column->field].kind == FLOW_KIND_TEXT) {
        write_texts(column, columns, out);
    } else {
        write_field(column, columns, out);
    }
}

enum err native_write(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out)
{
    size_t sent = 0;
    for (size_t i = 0; i < plan->column_count; i++) {
        sent += is_sent(plan, i, columns) ? 1 : 0;
    }
    write_varint(sent, out);
    write_varint(columns_rows(columns), out);
    for (size_t i = 0; i < plan->column_count; i++) {
        const struct plan_column *column = &plan->columns[i];
        if (!is_sent(plan, i, columns)) {
            continue;
        }
        write_string(column->name, out);
        write_string(column->type.sent_name, out);
        write_column(plan, column, columns, out);
    }
    return buffer_check(out);
}
