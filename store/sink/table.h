/*
 * table.h -- the table as it is: created when missing, completed when ours, described.
 *
 * A table is ours when it has the identity columns; any other belongs to the user and is never
 * altered. The writer's thread owns it.
 */
#pragma once

#include "store/columns/native.h"
#include "store/sink/sink_backend.h"

struct table;

MUST_CHECK enum err table_new(struct table **table_p, const struct sink_options *options);
void table_destroy(struct table **table_p);

/* "`database`.`table`". */
const char *table_name(const struct table *table);

/*
 * The plan for the table's columns; NULL unless the last table_prepare() was SINK_DONE.
 * Lent until the next one.
 */
const struct native_plan *table_plan(const struct table *table);

/* See sink_prepare(). */
enum sink_outcome table_prepare(
    struct table *table, struct sink_backend *backend, struct buffer *error);
