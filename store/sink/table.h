/*
 * table.h -- one table as it is: created when missing, completed when ours, described.
 *
 * A sink has one for flows, and one for each kind of record, whose name ends in that kind's:
 * netflow, netflow_counters.
 *
 * A table is ours when it has the identity columns; any other belongs to the user and is never
 * altered. The writer's thread owns it.
 */
#pragma once

#include "store/columns/native.h"
#include "store/sink/sink_backend.h"

struct distributed;
struct mapping;
struct table;

MUST_CHECK enum err table_new(
    struct table **table_p, enum record_kind kind, const struct sink_options *options);
void table_destroy(struct table **table_p);

/* From the next preparation on; borrowed, or NULL. Of a table of flows. */
void table_use_mapping(struct table *table, const struct mapping *mapping);

/* "`database`.`table`". */
const char *table_name(const struct table *table);
/* The same without quotes, one by one. */
const char *table_database(const struct table *table);
const char *table_title(const struct table *table);

/* True after a table_prepare() that was SINK_DONE. */
bool table_is_ready(const struct table *table);

/* True when rows can be told apart by their batch. */
bool table_has_identity(const struct table *table);

/* The tables to ask for rows: behind a Distributed table those of its shards. Lent. */
const struct distributed *table_distributed(const struct table *table);

/* True when the table's engine makes one row of several, so that rows cannot be counted. */
bool table_merges_rows(const struct table *table);

/* The plan for the columns of a table of flows that is ready. Lent until the next preparation. */
const struct native_plan *table_plan(const struct table *table);

/* Which of the columns of record_native.h a table of records that is ready has. */
uint64_t table_record_columns(const struct table *table);

/* Warns, once, when rows of that day (UTC, since 1970) are older than the table keeps rows. */
void table_warn_of_age(struct table *table, uint32_t day);

/* See sink_prepare(). */
enum sink_outcome table_prepare(
    struct table *table, struct sink_backend *backend, struct buffer *error);
