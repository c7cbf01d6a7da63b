/*
 * native_map.h -- a flow's map of texts as bytes of a ClickHouse column, all rows at once.
 *
 * Internal to store/columns.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/columns.h"
#include "store/columns/native_type.h"

/* Keys that have columns of their own. */
struct native_keys {
    const char **names;
    size_t count;
};

/* Appends Extra without those keys: as a map, or, as text, as a JSON object a row. */
void native_write_map(const struct native_type *type, const struct columns *columns,
    const struct native_keys *keys, struct buffer *out);
