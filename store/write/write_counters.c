/* SPDX-License-Identifier: BSD-3-Clause -- the writer's metrics. */
#include "store/write/write_counters.h"

static const struct metric_family ROWS_IN = {"goflow_write_rows_total", METRIC_COUNTER,
    "Rows taken for writing: in = stored + rejected + left out + dropped + waiting."};
static const struct metric_family ROWS_STORED = {
    "goflow_write_rows_stored_total", METRIC_COUNTER, "Rows that the database has committed."};
static const struct metric_family ROWS_REJECTED = {"goflow_write_rows_rejected_total",
    METRIC_COUNTER, "Rows that the database refused for good, in the dead-letter folder."};
static const struct metric_family ROWS_LEFT_OUT = {"goflow_write_rows_left_out_total",
    METRIC_COUNTER,
    "Rows of batches that were in the table already, or whose lease had ended: not inserted."};
static const struct metric_family ROWS_DROPPED = {"goflow_write_rows_dropped_total", METRIC_COUNTER,
    "Rows not yet written when the program had to stop; the ingest has them."};
static const struct metric_family ROWS_WAITING = {
    "goflow_write_rows_waiting", METRIC_GAUGE, "Rows taken and not yet committed."};
static const struct metric_family BLOCKS_WAITING = {
    "goflow_write_blocks_waiting", METRIC_GAUGE, "Blocks taken and not yet committed."};
static const struct metric_family BLOCKS_STORED = {
    "goflow_write_blocks_stored_total", METRIC_COUNTER, "Blocks that the database has committed."};
static const struct metric_family INSERTS = {"goflow_write_inserts_total", METRIC_COUNTER,
    "INSERT statements by outcome: done, retry (surely not committed), late (its lease was over: "
    "not committed), unknown (maybe), reject."};
static const struct metric_family PREPARES = {"goflow_write_prepares_total", METRIC_COUNTER,
    "Looks at the table (and its creation when missing) by outcome."};
static const struct metric_family IS_UP = {"goflow_write_database_up", METRIC_GAUGE,
    "1: the last statement was answered, 0: the database is away."};
static const struct metric_family INSERT_SECONDS = {
    "goflow_write_insert_seconds", METRIC_SUMMARY, "Seconds from INSERT to its commit."};

static const char *const OUTCOMES[SINK_OUTCOME_COUNT] = {
    [SINK_DONE] = "done",
    [SINK_RETRY] = "retry",
    [SINK_LATE] = "late",
    [SINK_UNKNOWN] = "unknown",
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
    metrics_page_add_counter(page, &ROWS_LEFT_OUT, &counters->rows_left_out);
    metrics_page_add_counter(page, &ROWS_DROPPED, &counters->rows_dropped);
    metrics_page_add_counter(page, &ROWS_WAITING, &counters->rows_waiting);
    metrics_page_add_counter(page, &BLOCKS_WAITING, &counters->blocks_waiting);
    metrics_page_add_counter(page, &BLOCKS_STORED, &counters->blocks_stored);
    metrics_page_add_counter(page, &IS_UP, &counters->is_up);
    add_outcomes(page, &INSERTS, counters->inserts);
    add_outcomes(page, &PREPARES, counters->prepares);
    struct quantiles_view view = {0};
    quantiles_read(&view, &counters->insert_ns);
    quantiles_page_add(page, &INSERT_SECONDS, &view, 1e-9, "");
}
