/*
 * native_map.h -- a flow's map of texts as bytes of a ClickHouse column, all rows at once.
 *
 * Internal to store/columns.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/columns.h"
#include "store/columns/native_type.h"

/* Appends the field as a map, or, as text, as a JSON object a row. */
void native_write_map(const struct native_type *type, const struct columns *columns,
    enum flow_field field, struct buffer *out);
