/*
 * record_native.h -- records in ClickHouse's Native format (native.h), for tables made for them.
 *
 * A kind has a column for each of its fields and the two identity columns behind them. Their types
 * are plain ones that every server has; another type in the table is the server's to convert.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/record_rows.h"

/* Fields and the identity columns. */
size_t record_native_columns(enum record_kind kind);
const char *record_native_name(enum record_kind kind, size_t column);
/* "UInt64", "Nullable(UInt64)", "String", "DateTime('UTC')". */
const char *record_native_type(enum record_kind kind, size_t column);

/* Which columns are sent: bit n for column n. */
#define RECORD_NATIVE_ALL UINT64_MAX

/* "(`A`, `B`)". */
void record_native_list(enum record_kind kind, uint64_t sent, struct buffer *out);

/* "`A` UInt64, `B` String": the same columns with their types. */
void record_native_structure(enum record_kind kind, uint64_t sent, struct buffer *out);

/* Appends the rows. ERR_MEMORY. */
MUST_CHECK enum err record_native_write(
    const struct record_rows *rows, uint64_t sent, struct buffer *out);
