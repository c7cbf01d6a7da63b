/*
 * table_state.h -- what table.c and table_schema.c share.
 */
#pragma once

#include "common/mapping.h"
#include "store/sink/distributed.h"
#include "store/sink/table.h"
#include "store/sink/table_ddl.h"
#include "store/sink/table_description.h"

struct table {
    enum record_kind kind;
    const char *database;          /* borrowed from the sink's options */
    struct buffer name;            /* "`database`.`table`" */
    struct buffer title;           /* "table" */
    uint64_t ttl_s;                /* wanted; 0: rows are kept for ever */
    const struct mapping *mapping; /* columns for elements; borrowed, or NULL */
    struct table_description description;
    struct native_plan *plan;           /* of flows */
    enum table_dialect dialect;         /* of a table that the server lets us make so */
    bool is_unfilled[FLOW_FIELD_COUNT]; /* ALIAS columns of ours: table_fill.h */
    bool has_unfilled;                  /* any of them */
    bool was_warned_of_unfilled;        /* said in the log */
    uint64_t lifetime_s;                /* of rows, as the table has it; 0: for ever, or unknown */
    struct distributed distributed;
    bool merges_rows; /* its engine makes one row of several */
    bool is_ready;
    bool was_warned_of_identity; /* said in the log */
    bool was_warned_of_age;
};

bool table_has_column(const struct table *table, const char *name);

/* Reads the columns of the table as it is now. */
enum sink_outcome table_describe(
    struct table *table, struct sink_backend *backend, struct buffer *error);

/* Matches our fields to the columns of the description. */
enum sink_outcome table_match(struct table *table, struct buffer *error);

/* Creates the database and the table, and describes it. */
enum sink_outcome table_create(
    struct table *table, struct sink_backend *backend, struct buffer *error);

/*
 * Adds the columns that a table of ours lacks, and the values that its enumerations lack, and
 * describes it again. Where the database refuses to, the table stays as it is: SINK_DONE.
 */
enum sink_outcome table_complete(
    struct table *table, struct sink_backend *backend, struct buffer *error);
