/*
 * native_plan.h -- inside struct native_plan: which of a flow's values goes to which column.
 *
 * Internal to store/columns: native_plan.c matches fields to the table's columns, native.c writes
 * them.
 */
#pragma once

#include "store/columns/native.h"
#include "store/columns/native_map.h"
#include "store/columns/native_type.h"

enum plan_source {
    SOURCE_FIELD,
    SOURCE_ENTRY, /* of the map Extra, by the column's name */
    SOURCE_INGEST_ID,
    SOURCE_SEQUENCE
};

/* One of the table's columns that flows have something for. */
struct plan_column {
    char *name;
    enum plan_source source;
    enum flow_field field; /* SOURCE_FIELD, SOURCE_ENTRY: where the values are */
    struct native_type type;
};

struct native_plan {
    struct plan_column *columns;
    size_t column_count;
    struct native_keys keys; /* of SOURCE_ENTRY: names lent by the columns */
};
