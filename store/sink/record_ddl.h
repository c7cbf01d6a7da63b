/*
 * record_ddl.h -- the statements that make the tables beside the flow table: docs/table.md.
 *
 * As table_ddl.h, for a kind of record; the identity columns are the last two.
 */
#pragma once

#include "store/columns/record_native.h"
#include "store/sink/table_ddl.h"

/* `name` as table_ddl_name() wrote it; ttl_s 0: rows are kept for ever. */
void record_ddl_create(struct buffer *out, const char *name, enum record_kind kind,
    enum table_dialect dialect, uint64_t ttl_s);

/* "`IfIndex` Nullable(UInt64)". */
void record_ddl_column(
    struct buffer *out, enum record_kind kind, size_t column, enum table_dialect dialect);
