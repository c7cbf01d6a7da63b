/*
 * underway.h -- waits until every INSERT that the database had begun is over.
 *
 * A statement that passed its fence (fence.h) may take as long as it likes to commit: it may be
 * large, or the database may stand still. Whoever asks the table for a batch that another store had
 * first waits for the statements under way; those that begin later find their fence closed. The
 * writer's thread.
 */
#pragma once

#include "store/sink/sink_backend.h"

/* INSERTs into `table` ("`d`.`t`"). SINK_RETRY: some still run after `timeout_ms`. */
enum sink_outcome underway_wait(
    struct sink_backend *backend, const char *table, uint32_t timeout_ms, struct buffer *error);
