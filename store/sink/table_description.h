/*
 * table_description.h -- the columns that a table has, as the database describes them.
 *
 * A value of one table; its texts live until the next reading.
 */
#pragma once

#include "store/columns/native.h"
#include "store/sink/sink_backend.h"

struct described_column {
    struct table_column column;
    const char *default_kind; /* "", "DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL" */
    const char *expression;   /* of the default, as the server prints it */
};

/* Set to zero before the first use. */
struct table_description {
    struct buffer text; /* TabSeparated, cut up in place */
    struct described_column *columns;
    size_t column_count;
};

/* Asks for the table ("`d`.`t`") as it is now. */
enum sink_outcome table_description_read(struct table_description *description,
    struct sink_backend *backend, const char *table, struct buffer *error);
void table_description_clear(struct table_description *description);

/* The column of that name; NULL: there is none. */
const struct described_column *table_description_find(
    const struct table_description *description, const char *name);
