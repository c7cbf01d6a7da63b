/*
 * engine_parts.h -- parts of tables that the engine found broken, for example after a power
 * failure.
 *
 * Private to store/sink/engine*.c. The engine sets such a part aside, in the folder `detached` of
 * its table, and goes on without it.
 */
#pragma once

#include "common/metrics.h"
#include "store/sink/engine.h"

/* Logs a line for each table that has broken parts, and returns how many there are in all. */
uint64_t engine_parts_report(struct engine_session *session);

void engine_parts_collect(struct metrics_page *page, uint64_t count);
