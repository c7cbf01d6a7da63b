/*
 * write_counters.h -- what the writer's thread counts, and how it is shown.
 *
 * In rows: in = stored + rejected + left out + dropped + waiting.
 */
#pragma once

#include "common/quantiles.h"
#include "store/sink/sink.h"

enum {
    SINK_OUTCOME_COUNT = SINK_REJECT + 1
};

struct write_counters {
    struct counter rows_in;
    struct counter rows_stored;
    struct counter rows_rejected;
    struct counter rows_given_up; /* of these: dropped, as there is no folder */
    struct counter rows_left_out;
    struct counter rows_dropped;
    struct counter rows_waiting;   /* gauge */
    struct counter blocks_waiting; /* gauge */
    struct counter blocks_stored;
    struct counter inserts[SINK_OUTCOME_COUNT];
    struct counter prepares[SINK_OUTCOME_COUNT];
    struct counter insert_rows_max; /* gauge; 0: no limit */
    struct counter is_up;           /* gauge: the last attempt reached the database */
    struct quantiles insert_ns;     /* of inserts that were done */
};

void write_report(const struct write_counters *counters, struct metrics_page *page);
