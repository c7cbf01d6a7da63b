/*
 * table_ddl.h -- the statements that make our table, from flow_fields.def.
 *
 * A table may begin with the columns that every flow fills. All others are then ALIAS columns,
 * which read as their default and cost nothing, until a block has values for them (table_fill.h).
 * Why types, codecs and order are as they are: docs/table.md.
 */
#pragma once

#include "common/buffer.h"
#include "common/flow.h"

#include <stdbool.h>
#include <stdint.h>

enum table_dialect {
    TABLE_GROWING, /* as TABLE_MODERN; columns that few exporters fill are ALIAS */
    TABLE_MODERN,  /* today's ClickHouse */
    TABLE_PLAIN    /* servers before codecs, TTL and DateTime64 (18.16) */
};

/* "`database`.`table`"; as statements name it. */
void table_ddl_name(struct buffer *out, const char *database, const char *table);

void table_ddl_create_database(struct buffer *out, const char *database);

/* `name` as table_ddl_name() wrote it; ttl_s 0: rows are kept for ever. */
void table_ddl_create(
    struct buffer *out, const char *name, enum table_dialect dialect, uint64_t ttl_s);

/*
 * True when CREATE TABLE (as the server prints it) names an engine that makes one row of several:
 * ReplacingMergeTree, SummingMergeTree and so on.
 */
bool table_ddl_merges_rows(const char *created);

/*
 * Appends " TTL ..." for rows that stay so long. Rows of a collector whose clock was not set,
 * before CLOCK_EARLIEST_S, stay for ever: their age is unknown.
 */
void table_ddl_ttl(struct buffer *out, uint64_t ttl_s);

/*
 * The reverse, of any table: how long rows stay, by the TTL in what SHOW CREATE TABLE prints;
 * months and years are the longest there are. 0: for ever, or by another rule than TimeReceived
 * alone.
 */
uint64_t table_ddl_lifetime_s(const char *created);

/* How many columns our table has, and the name of each; the identity columns are the last two. */
size_t table_ddl_columns(void);
const char *table_ddl_column_name(size_t index);

/* "`Bytes` UInt64 CODEC(T64, LZ4)". */
void table_ddl_column(struct buffer *out, size_t index, enum table_dialect dialect);

/* True when an ALIAS column with that expression is one of ours that no block has filled yet. */
bool table_ddl_is_unfilled(enum flow_field field, const char *expression);

/* Makes an unfilled column real, as one of the changes of an ALTER TABLE. */
void table_ddl_fill(struct buffer *out, enum flow_field field);

/* Gives it the codec that a new table would have, as one of the changes of a second ALTER TABLE. */
void table_ddl_compress(struct buffer *out, enum flow_field field);

/* Turns off what costs and what we do not use; servers that do not know it refuse. */
void table_ddl_tune(struct buffer *out, const char *name);
