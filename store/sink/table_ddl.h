/*
 * table_ddl.h -- the statements that make our table, from flow_fields.def.
 *
 * Two dialects: today's ClickHouse, and servers before codecs, TTL and DateTime64 (18.16).
 * Why types, codecs and order are as they are: docs/table.md.
 */
#pragma once

#include "common/buffer.h"
#include "common/flow.h"

#include <stdbool.h>
#include <stdint.h>

enum table_dialect {
    TABLE_MODERN,
    TABLE_PLAIN
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
