/* SPDX-License-Identifier: BSD-3-Clause -- CREATE TABLE from the record's field table. */
#include "store/sink/table_ddl.h"

#include "common/clock.h"
#include "store/columns/columns.h"
#include "store/sink/sql_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A column that is not a field of its own. */
struct extra_column {
    const char *name;
    const char *modern;
    const char *plain;
};

/* Computed at query time; the names that FlowMessage and the original's table have. */
static const struct extra_column ALIASES[] = {
    {"FlowType", "UInt8 ALIAS toUInt8(Type)", "UInt8 ALIAS toUInt8(Type)"},
    {"TimeFlowStartNs", "UInt64 ALIAS toUnixTimestamp64Nano(TimeFlowStart)",
        "UInt64 ALIAS toUInt64(TimeFlowStart) * 1000000000"},
    {"TimeFlowEndNs", "UInt64 ALIAS toUnixTimestamp64Nano(TimeFlowEnd)",
        "UInt64 ALIAS toUInt64(TimeFlowEnd) * 1000000000"},
};

static const struct extra_column IDENTITY[] = {
    {ROW_INGEST_ID, "UInt64 CODEC(T64, LZ4)", "UInt64"},
    {ROW_SEQUENCE, "UInt64 CODEC(T64, LZ4)", "UInt64"},
};

/* What nearly every exporter sends, so that a new table is not altered at once. */
static const enum flow_field FILLED_AT_ONCE[] = {FLOW_TYPE, FLOW_TIME_RECEIVED, FLOW_SEQUENCE_NUM,
    FLOW_SAMPLING_RATE, FLOW_SAMPLER_ADDRESS, FLOW_TIME_FLOW_START, FLOW_TIME_FLOW_END, FLOW_BYTES,
    FLOW_PACKETS, FLOW_SRC_ADDR, FLOW_DST_ADDR, FLOW_ETYPE, FLOW_PROTO, FLOW_SRC_PORT,
    FLOW_DST_PORT, FLOW_IN_IF, FLOW_OUT_IF};

enum {
    ALIAS_COUNT = sizeof ALIASES / sizeof ALIASES[0],
    IDENTITY_COUNT = sizeof IDENTITY / sizeof IDENTITY[0]
};

/* What goes with a type: the first row whose start matches. */
struct column_rule {
    const char *type_start;
    const char *plain_type; /* NULL: the same type */
    const char *modern_end;
    const char *plain_end;
};

static const struct column_rule RULES[] = {
    {"LowCardinality(String)", "String", "", ""},
    /* An address that is absent reads ::, which every address function takes; '' would throw. */
    {"String", NULL, " DEFAULT '::'", " DEFAULT '::'"},
    /* Nanoseconds that are whole milliseconds cost what milliseconds cost. */
    {"DateTime64", "DateTime('UTC')", " CODEC(GCD, T64, LZ4)", ""},
    {"UInt", NULL, " CODEC(T64, LZ4)", ""},
    {"Bool", "UInt8", "", ""},
    {"Map", "String", "", ""}, /* JSON */
    {"", NULL, "", ""},
};

/*
 * Whole days expire, nothing is rewritten. An insert makes one file for all columns instead of two
 * for each, since making files took half of its time; merges make the large parts that stay. Large
 * granules cost a merge a quarter less.
 */
static const char MODERN_SETTINGS[] =
    " SETTINGS ttl_only_drop_parts = 1, min_bytes_for_wide_part = 536870912,"
    " index_granularity = 65536, index_granularity_bytes = 104857600";

/* The marker of a column that no block has filled yet; a user's own expression is another one. */
#define UNFILLED "defaultValueOfTypeName("

void table_ddl_name(struct buffer *out, const char *database, const char *table)
{
    sql_append_identifier(out, database);
    buffer_text_append(out, ".");
    sql_append_identifier(out, table);
}

void table_ddl_create_database(struct buffer *out, const char *database)
{
    buffer_text_append(out, "CREATE DATABASE IF NOT EXISTS ");
    sql_append_identifier(out, database);
}

/* The index-th field that has a column; FLOW_FIELD_COUNT after the last. */
static size_t field_of_column(size_t index)
{
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        if (FLOW_FIELDS[field].column[0] != '\0' && index-- == 0) {
            return field;
        }
    }
    return FLOW_FIELD_COUNT;
}

static size_t field_columns(void)
{
    size_t count = 0;
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        count += FLOW_FIELDS[field].column[0] != '\0';
    }
    return count;
}

/* The column behind the fields', NULL for a field's. */
static const struct extra_column *extra_of_column(size_t index)
{
    size_t fields = field_columns();
    if (index < fields) {
        return NULL;
    }
    index -= fields;
    return index < ALIAS_COUNT ? &ALIASES[index] : &IDENTITY[index - ALIAS_COUNT];
}

size_t table_ddl_columns(void)
{
    return field_columns() + ALIAS_COUNT + IDENTITY_COUNT;
}

const char *table_ddl_column_name(size_t index)
{
    const struct extra_column *extra = extra_of_column(index);
    return extra != NULL ? extra->name : FLOW_FIELDS[field_of_column(index)].name;
}

/* An absent text is '', an absent address is '::'. */
static bool is_address_text(const struct flow_field_info *field)
{
    return field->kind != FLOW_KIND_TEXT && strcmp(field->column, "String") == 0;
}

static bool is_filled_at_once(enum flow_field field)
{
    for (size_t i = 0; i < sizeof FILLED_AT_ONCE / sizeof FILLED_AT_ONCE[0]; i++) {
        if (FILLED_AT_ONCE[i] == field) {
            return true;
        }
    }
    return false;
}

static void append_unfilled(struct buffer *out, const struct flow_field_info *field)
{
    buffer_format(out, "%s ALIAS ", field->column);
    if (is_address_text(field)) {
        buffer_text_append(out, "'::'");
        return;
    }
    buffer_text_append(out, UNFILLED);
    sql_append_literal(out, field->column);
    buffer_text_append(out, ")");
}

static void append_field(
    struct buffer *out, const struct flow_field_info *field, enum table_dialect dialect)
{
    const char *type = field->column;
    if (dialect == TABLE_GROWING && !is_filled_at_once((enum flow_field)(field - FLOW_FIELDS))) {
        append_unfilled(out, field);
        return;
    }
    if (field->kind == FLOW_KIND_TEXT && strcmp(type, "String") == 0) {
        buffer_text_append(out, type);
        return;
    }
    const struct column_rule *rule = RULES;
    while (strncmp(type, rule->type_start, strlen(rule->type_start)) != 0) {
        rule++;
    }
    bool is_plain = dialect == TABLE_PLAIN;
    buffer_text_append(out, is_plain && rule->plain_type != NULL ? rule->plain_type : type);
    buffer_text_append(out, is_plain ? rule->plain_end : rule->modern_end);
}

void table_ddl_column(struct buffer *out, size_t index, enum table_dialect dialect)
{
    sql_append_identifier(out, table_ddl_column_name(index));
    buffer_text_append(out, " ");
    const struct extra_column *extra = extra_of_column(index);
    if (extra != NULL) {
        buffer_text_append(out, dialect == TABLE_PLAIN ? extra->plain : extra->modern);
        return;
    }
    append_field(out, &FLOW_FIELDS[field_of_column(index)], dialect);
}

bool table_ddl_is_unfilled(enum flow_field field, const char *expression)
{
    return is_address_text(&FLOW_FIELDS[field])
               ? strcmp(expression, "'::'") == 0
               : strncmp(expression, UNFILLED, strlen(UNFILLED)) == 0;
}

/* A new default takes the place of ALIAS; without one only REMOVE ALIAS does. */
void table_ddl_fill(struct buffer *out, enum flow_field field)
{
    const struct flow_field_info *info = &FLOW_FIELDS[field];
    buffer_text_append(out, "MODIFY COLUMN ");
    sql_append_identifier(out, info->name);
    buffer_text_append(out, is_address_text(info) ? " String DEFAULT '::'" : " REMOVE ALIAS");
}

void table_ddl_compress(struct buffer *out, enum flow_field field)
{
    buffer_text_append(out, "MODIFY COLUMN ");
    sql_append_identifier(out, FLOW_FIELDS[field].name);
    buffer_text_append(out, " ");
    append_field(out, &FLOW_FIELDS[field], TABLE_MODERN);
}

void table_ddl_tune(struct buffer *out, const char *name)
{
    /* 26.5 and later compute statistics of every column at every merge. */
    buffer_format(out, "ALTER TABLE %s MODIFY SETTING auto_statistics_types = ''", name);
}

void table_ddl_create(
    struct buffer *out, const char *name, enum table_dialect dialect, uint64_t ttl_s)
{
    buffer_format(out, "CREATE TABLE IF NOT EXISTS %s (", name);
    for (size_t i = 0; i < table_ddl_columns(); i++) {
        buffer_text_append(out, i == 0 ? "" : ", ");
        table_ddl_column(out, i, dialect);
    }
    /* TimeReceived carries its zone, so a partition is a day of UTC on any server. */
    buffer_text_append(out, ") ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived)"
                            " ORDER BY TimeReceived");
    if (dialect == TABLE_PLAIN) {
        return;
    }
    if (ttl_s > 0) {
        table_ddl_ttl(out, ttl_s);
    }
    buffer_text_append(out, MODERN_SETTINGS);
}

void table_ddl_ttl(struct buffer *out, uint64_t ttl_s)
{
    buffer_format(out,
        " TTL if(toUnixTimestamp(TimeReceived) < %" PRIu64 ", toDateTime(4294967295, 'UTC'),"
        " TimeReceived + INTERVAL %" PRIu64 " SECOND)",
        CLOCK_EARLIEST_S, ttl_s);
}

/* The server writes INTERVAL 18 WEEK as toIntervalWeek(18). */
uint64_t table_ddl_lifetime_s(const char *created)
{
    static const char INTERVAL[] = "TimeReceived + toInterval";
    static const struct {
        const char *name;
        uint64_t seconds;
    } UNITS[] = {
        {"Second(", 1},
        {"Minute(", 60},
        {"Hour(", 3600},
        {"Day(", S_PER_DAY},
        {"Week(", 7 * S_PER_DAY},
        {"Month(", 31 * S_PER_DAY},
        {"Quarter(", 92 * S_PER_DAY},
        {"Year(", 366 * S_PER_DAY},
    };
    const char *found = strstr(created, "TTL ");
    found = found != NULL ? strstr(found, INTERVAL) : NULL;
    for (size_t i = 0; found != NULL && i < sizeof UNITS / sizeof UNITS[0]; i++) {
        const char *name = found + strlen(INTERVAL);
        size_t length = strlen(UNITS[i].name);
        if (strncmp(name, UNITS[i].name, length) == 0) {
            return strtoull(name + length, NULL, 10) * UNITS[i].seconds;
        }
    }
    return 0;
}

bool table_ddl_merges_rows(const char *created)
{
    static const char *const KINDS[] = {
        "Replacing", "Summing", "Aggregating", "Collapsing", "Coalescing", "Graphite"};
    const char *engine = strstr(created, "ENGINE = ");
    if (engine == NULL) {
        return false;
    }
    engine += strlen("ENGINE = ");
    size_t length = strcspn(engine, "( \n");
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        const char *found = strstr(engine, KINDS[i]);
        if (found != NULL && found < engine + length) {
            return true;
        }
    }
    return false;
}
