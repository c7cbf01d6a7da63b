/* SPDX-License-Identifier: BSD-3-Clause -- the writer's metrics. */
#include "store/write/write_counters.h"

METRIC_FAMILY(ROWS_IN, COUNTER, "goflow_write_rows_total",
    "Rows taken for writing: in = stored + rejected + left out + dropped + waiting.");
METRIC_FAMILY(ROWS_STORED, COUNTER, "goflow_write_rows_stored_total",
    "Rows that the database has committed.");
METRIC_FAMILY(ROWS_REJECTED, COUNTER, "goflow_write_rows_rejected_total",
    "Rows that the database refused for good: in the dead-letter folder, but for those given up.");
METRIC_FAMILY(ROWS_GIVEN_UP, COUNTER, "goflow_write_rows_given_up_total",
    "Rows that the database refused for good, and that were dropped without -deadletter.dir.");
METRIC_FAMILY(ROWS_LEFT_OUT, COUNTER, "goflow_write_rows_left_out_total",
    "Rows of batches that were in the table already, or whose lease had ended: not inserted.");
METRIC_FAMILY(ROWS_DROPPED, COUNTER, "goflow_write_rows_dropped_total",
    "Rows not yet written when the program had to stop; the ingest has them.");
METRIC_FAMILY(
    ROWS_WAITING, GAUGE, "goflow_write_rows_waiting", "Rows taken and not yet committed.");
METRIC_FAMILY(
    BLOCKS_WAITING, GAUGE, "goflow_write_blocks_waiting", "Blocks taken and not yet committed.");
METRIC_FAMILY(BLOCKS_STORED, COUNTER, "goflow_write_blocks_stored_total",
    "Blocks that the database has committed.");
METRIC_FAMILY(INSERTS, COUNTER, "goflow_write_inserts_total",
    "INSERT statements by outcome: done, retry (surely not committed), late (its lease was over: "
    "not committed), too_large, unknown (maybe committed), suspect (maybe, and it may never pass), "
    "behind, reject.");
METRIC_FAMILY(INSERT_ROWS_MAX, GAUGE, "goflow_write_insert_rows_max",
    "Rows that an INSERT may have since a larger one was too large; 0: no limit.");
METRIC_FAMILY(PREPARES, COUNTER, "goflow_write_prepares_total",
    "Looks at the table (and its creation when missing) by outcome.");
METRIC_FAMILY(IS_UP, GAUGE, "goflow_write_database_up",
    "1: the last statement was answered, 0: the database is away.");
METRIC_FAMILY(
    INSERT_SECONDS, SUMMARY, "goflow_write_insert_seconds", "Seconds from INSERT to its commit.");

static const char *const OUTCOMES[SINK_OUTCOME_COUNT] = {
    [SINK_DONE] = "done",
    [SINK_RETRY] = "retry",
    [SINK_LATE] = "late",
    [SINK_TOO_LARGE] = "too_large",
    [SINK_UNKNOWN] = "unknown",
    [SINK_SUSPECT] = "suspect",
    [SINK_BEHIND] = "behind",
    [SINK_REJECT] = "reject",
};

static void add_outcomes(struct metrics_page *page, const struct metric_family *family,
    const struct counter counters[SINK_OUTCOME_COUNT])
{
    for (size_t i = 0; i < SINK_OUTCOME_COUNT; i++) {
        metrics_page_add(
            page, family, (double)counter_get(&counters[i]), "outcome=\"%s\"", OUTCOMES[i]);
    }
}

void write_report(const struct write_counters *counters, struct metrics_page *page)
{
    metrics_page_add_counter(page, &ROWS_IN, &counters->rows_in);
    metrics_page_add_counter(page, &ROWS_STORED, &counters->rows_stored);
    metrics_page_add_counter(page, &ROWS_REJECTED, &counters->rows_rejected);
    metrics_page_add_counter(page, &ROWS_GIVEN_UP, &counters->rows_given_up);
    metrics_page_add_counter(page, &ROWS_LEFT_OUT, &counters->rows_left_out);
    metrics_page_add_counter(page, &ROWS_DROPPED, &counters->rows_dropped);
    metrics_page_add_counter(page, &ROWS_WAITING, &counters->rows_waiting);
    metrics_page_add_counter(page, &BLOCKS_WAITING, &counters->blocks_waiting);
    metrics_page_add_counter(page, &BLOCKS_STORED, &counters->blocks_stored);
    metrics_page_add_counter(page, &INSERT_ROWS_MAX, &counters->insert_rows_max);
    metrics_page_add_counter(page, &IS_UP, &counters->is_up);
    add_outcomes(page, &INSERTS, counters->inserts);
    add_outcomes(page, &PREPARES, counters->prepares);
    struct quantiles_view view = {0};
    quantiles_read(&view, &counters->insert_ns);
    quantiles_page_add(page, &INSERT_SECONDS, &view, 1e-9, "");
}
