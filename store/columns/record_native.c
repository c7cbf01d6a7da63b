/* SPDX-License-Identifier: BSD-3-Clause -- records in Native format, column by column. */
#include "store/columns/record_native.h"

#include "common/flow_wire.h"

static const char *const IDENTITY[] = {ROW_INGEST_ID, ROW_SEQUENCE};

enum {
    IDENTITY_COUNT = sizeof IDENTITY / sizeof IDENTITY[0]
};

static const char *const TYPES[] = {
    [RECORD_TIME] = "DateTime('UTC')",
    [RECORD_NUMBER] = "UInt64",
    [RECORD_COUNTER] = "Nullable(UInt64)",
    [RECORD_TEXT] = "String",
    [RECORD_ADDRESS] = "String",
};

/* One column while it is written; each row adds its value, or whether it is NULL. */
struct column_writer {
    struct buffer *out;
    size_t field;
    enum record_type type;
    bool writes_nulls;
};

size_t record_native_columns(enum record_kind kind)
{
    return RECORD_SCHEMAS[kind].field_count + IDENTITY_COUNT;
}

static bool is_field(enum record_kind kind, size_t column)
{
    return column < RECORD_SCHEMAS[kind].field_count;
}

const char *record_native_name(enum record_kind kind, size_t column)
{
    const struct record_schema *schema = &RECORD_SCHEMAS[kind];
    return is_field(kind, column) ? schema->fields[column].name
                                  : IDENTITY[column - schema->field_count];
}

const char *record_native_type(enum record_kind kind, size_t column)
{
    return TYPES[is_field(kind, column) ? RECORD_SCHEMAS[kind].fields[column].type : RECORD_NUMBER];
}

static bool is_sent(uint64_t sent, size_t column)
{
    return (sent >> column & 1) != 0;
}

void record_native_list(enum record_kind kind, uint64_t sent, struct buffer *out)
{
    const char *separator = "(";
    for (size_t i = 0; i < record_native_columns(kind); i++) {
        if (is_sent(sent, i)) {
            buffer_format(out, "%s`%s`", separator, record_native_name(kind, i));
            separator = ", ";
        }
    }
    buffer_text_append(out, ")");
}

void record_native_structure(enum record_kind kind, uint64_t sent, struct buffer *out)
{
    const char *separator = "";
    for (size_t i = 0; i < record_native_columns(kind); i++) {
        if (is_sent(sent, i)) {
            buffer_format(out, "%s`%s` %s", separator, record_native_name(kind, i),
                record_native_type(kind, i));
            separator = ", ";
        }
    }
}

static void write_varint(uint64_t value, struct buffer *out)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    buffer_append(out, bytes, (size_t)(wire_put_varint(bytes, value, false) - bytes));
}

static void write_text(const char *text, size_t size, struct buffer *out)
{
    write_varint(size, out);
    buffer_append(out, text, size);
}

static void write_address(const struct record *record, size_t field, struct buffer *out)
{
    struct address address = record_address(record, (unsigned)field);
    char text[ADDRESS_TEXT_SIZE];
    size_t size = address_format(&address, text);
    write_text(text, size, out);
}

static void write_value(
    void *context, const struct record *record, const struct row_identity *identity)
{
    (void)identity;
    const struct column_writer *writer = context;
    bool is_there = record_has(record, (unsigned)writer->field);
    const struct record_value *value = &record->values[writer->field];
    uint64_t number = is_there ? value->number : 0;
    uint32_t seconds = (uint32_t)number;
    uint8_t is_null = !is_there;
    if (writer->writes_nulls) {
        buffer_append(writer->out, &is_null, sizeof is_null);
        return;
    }
    switch (writer->type) {
    case RECORD_TIME:
        buffer_append(writer->out, &seconds, sizeof seconds);
        break;
    case RECORD_NUMBER:
    case RECORD_COUNTER:
        buffer_append(writer->out, &number, sizeof number);
        break;
    case RECORD_TEXT:
        write_text(value->text, is_there ? value->size : 0, writer->out);
        break;
    case RECORD_ADDRESS:
        write_address(record, writer->field, writer->out);
        break;
    }
}

static void write_ingest_id(
    void *context, const struct record *record, const struct row_identity *identity)
{
    (void)record;
    const struct column_writer *writer = context;
    buffer_append(writer->out, &identity->ingest_id, sizeof identity->ingest_id);
}

static void write_sequence(
    void *context, const struct record *record, const struct row_identity *identity)
{
    (void)record;
    const struct column_writer *writer = context;
    buffer_append(writer->out, &identity->sequence, sizeof identity->sequence);
}

static void write_column(const struct record_rows *rows, size_t column, struct buffer *out)
{
    const struct record_schema *schema = &RECORD_SCHEMAS[record_rows_kind(rows)];
    struct column_writer writer = {.out = out, .field = column};
    if (column >= schema->field_count) {
        bool is_first = column == schema->field_count;
        record_rows_walk(rows, is_first ? write_ingest_id : write_sequence, &writer);
        return;
    }
    writer.type = schema->fields[column].type;
    if (writer.type == RECORD_COUNTER) {
        writer.writes_nulls = true;
        record_rows_walk(rows, write_value, &writer);
        writer.writes_nulls = false;
    }
    record_rows_walk(rows, write_value, &writer);
}

enum err record_native_write(const struct record_rows *rows, uint64_t sent, struct buffer *out)
{
    enum record_kind kind = record_rows_kind(rows);
    size_t count = 0;
    for (size_t i = 0; i < record_native_columns(kind); i++) {
        count += is_sent(sent, i);
    }
    write_varint(count, out);
    write_varint(record_rows_count(rows), out);
    for (size_t i = 0; i < record_native_columns(kind); i++) {
        if (is_sent(sent, i)) {
            write_text(record_native_name(kind, i), strlen(record_native_name(kind, i)), out);
            write_text(record_native_type(kind, i), strlen(record_native_type(kind, i)), out);
            write_column(rows, i, out);
        }
    }
    return buffer_check(out);
}
