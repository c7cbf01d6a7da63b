/* SPDX-License-Identifier: BSD-3-Clause -- CREATE TABLE for rows beside flows. */
#include "store/sink/record_ddl.h"

#include "store/sink/sql_text.h"
#include "store/sink/table_ddl.h"

#include <string.h>

/*
 * Options tell how things are: the last value of a key is what counts, so rows of one key become
 * one, and none grows too old. The other tables are series in time.
 */
static const struct record_table {
    const char *engine;
    bool expires;
} TABLES[RECORD_KIND_COUNT] = {
    [RECORD_COUNTERS] = {"MergeTree PARTITION BY toYYYYMMDD(TimeReceived)"
                         " ORDER BY (SamplerAddress, SourceClass, SourceIndex, TimeReceived)",
        true},
    [RECORD_OPTIONS] = {"ReplacingMergeTree(TimeReceived)"
                        " ORDER BY (SamplerAddress, ObservationDomainID, Scope, ScopeID, Name)",
        false},
    [RECORD_LOSSES] = {"MergeTree PARTITION BY toYYYYMMDD(TimeReceived)"
                       " ORDER BY (TimeReceived, SamplerAddress)",
        true},
};

void record_ddl_column(
    struct buffer *out, enum record_kind kind, size_t column, enum table_dialect dialect)
{
    const char *type = record_native_type(kind, column);
    sql_append_identifier(out, record_native_name(kind, column));
    buffer_format(out, " %s", type);
    const struct record_schema *schema = &RECORD_SCHEMAS[kind];
    if (column < schema->field_count && schema->fields[column].type == RECORD_ADDRESS) {
        buffer_text_append(out, " DEFAULT '::'");
    }
    if (dialect != TABLE_PLAIN && strcmp(type, "UInt64") == 0) {
        buffer_text_append(out, " CODEC(T64, LZ4)");
    }
}

void record_ddl_create(struct buffer *out, const char *name, enum record_kind kind,
    enum table_dialect dialect, uint64_t ttl_s)
{
    buffer_format(out, "CREATE TABLE IF NOT EXISTS %s (", name);
    for (size_t i = 0; i < record_native_columns(kind); i++) {
        buffer_text_append(out, i == 0 ? "" : ", ");
        record_ddl_column(out, kind, i, dialect);
    }
    buffer_format(out, ") ENGINE = %s", TABLES[kind].engine);
    if (dialect != TABLE_PLAIN && TABLES[kind].expires && ttl_s > 0) {
        table_ddl_ttl(out, ttl_s);
        buffer_text_append(out, " SETTINGS ttl_only_drop_parts = 1");
    }
}
