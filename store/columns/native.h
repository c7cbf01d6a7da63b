/*
 * native.h -- a block in ClickHouse's Native format, matched to the columns a table has.
 *
 * Format: block = column count, row count (both varint), then for each column its name, its type
 * (both varint length + bytes) and its values. Numbers are little-endian; String is varint length +
 * bytes; Array is cumulative UInt64 ends, then the values. No block header is sent over HTTP.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/columns.h"

/* A column of the table as the database describes it (DESCRIBE TABLE). */
struct table_column {
    char *name;
    char *type;
    bool is_mapped; /* takes what Extra has under this name (docs/mapping.md) */
};

struct native_plan; /* which of our fields goes to which of the table's columns, and how */

/*
 * Matches the record to the table: by name (and the original's names: FlowType), converting to the
 * types that are there: any integer width, Bool, Enum8/16, String, IPv4, IPv6, FixedString(16),
 * DateTime, DateTime64(p), Date, Date32, Array of these, LowCardinality and Nullable of these; an
 * address also to UInt32 (0 unless IPv4). Columns that are not ours are left to their defaults, and
 * so are ours of any other type, which `why` then names. ERR_UNSUPPORTED: nothing matches. Columns
 * that take no values (MATERIALIZED, ALIAS) must not be given.
 */
MUST_CHECK enum err native_plan_new(struct native_plan **plan_p, const struct table_column *columns,
    size_t column_count, struct buffer *why);
void native_plan_destroy(struct native_plan **plan_p);

/* "(`A`, `B`)": the columns that native_write() sends of this block. */
void native_column_list(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out);

/* "`A` UInt8, `B` String": the same columns with the types in which they are sent. */
void native_structure(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out);

/* Appends the block's bytes to `out`, whose room is kept between blocks. */
MUST_CHECK enum err native_write(
    const struct native_plan *plan, const struct columns *columns, struct buffer *out);
