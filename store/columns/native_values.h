/*
 * native_values.h -- a column's values as the bytes of a ClickHouse type, all rows at once.
 *
 * Internal to store/columns.
 */
#pragma once

#include "common/buffer.h"
#include "common/flow.h"
#include "store/columns/native_type.h"

/* Values as struct columns holds them. Borrowed. */
struct native_source {
    const void *values;
    const uint64_t *nanoseconds; /* the exact time of each value, 0 where unknown; may be NULL */
    size_t count;
    enum flow_kind kind; /* of one value: FLOW_KIND_NUMBER or FLOW_KIND_ADDRESS */
    enum flow_unit unit;
    uint32_t size_bytes; /* of one value: 1, 2, 4, 8; 16 for addresses */
};

/* True when values of that kind and unit can be written as the type (its inner type, for arrays) */
bool native_can_write(enum flow_kind kind, enum flow_unit unit, const struct native_type *type);

/* Appends the values. A value above the type's highest becomes the highest. */
void native_write_values(
    const struct native_type *type, const struct native_source *source, struct buffer *out);

/* The source's integers as integers of `to_bytes` each, at most `max`; `to` has room for them. */
void native_convert(const struct native_source *source, uint64_t max, void *to, uint32_t to_bytes);
