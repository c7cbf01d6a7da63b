/*
 * native_entry.h -- one key of the flow's map as a column of its own, all rows at once.
 *
 * For columns that the operator's mapping names (docs/mapping.md): the value is text, and becomes
 * what the column holds. Internal to store/columns.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/columns.h"
#include "store/columns/native_type.h"

/* True when texts can be written as the type. */
bool native_can_write_entry(const struct native_type *type);

/*
 * Appends the values of that key in Extra; what is missing, or no such value, is the type's
 * default. A number beyond the type's range becomes the nearest in it.
 */
void native_write_entry(const struct native_type *type, const struct columns *columns,
    const char *key, struct buffer *out);
