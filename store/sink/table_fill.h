/*
 * table_fill.h -- columns become real when a block first has values for them.
 *
 * A column that nobody fills costs an insert and every merge as much as one that is full of zeros.
 * Therefore most columns of a new table are ALIAS columns, which read as their default. Before a
 * block is sent, the columns that it has values for are made real with ALTER TABLE, which changes
 * no part: rows that are there already read the default. It never goes the other way. Several
 * stores may do it at once: each looks again when the database refuses.
 *
 * The writer's thread.
 */
#pragma once

#include "store/sink/table.h"

/*
 * Makes the columns real that these flows have values for. SINK_DONE also when the database refuses
 * to alter the table: then one log line names the columns, and their values are not stored.
 * SINK_RETRY: the database is away or busy.
 */
enum sink_outcome table_fill_columns(struct table *table, struct sink_backend *backend,
    const struct columns *columns, struct buffer *error);

/*
 * The same of the columns of a Native block, which is a dead letter. SINK_REJECT: it is damaged, or
 * the database refuses to alter the table.
 */
enum sink_outcome table_fill_native(struct table *table, struct sink_backend *backend,
    const struct buffer *block, struct buffer *error);
