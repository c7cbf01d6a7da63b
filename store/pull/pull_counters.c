/* SPDX-License-Identifier: BSD-3-Clause -- the link's metrics on the store side. */
#include "store/pull/pull_counters.h"

static const struct metric_family BATCHES_IN = {
    "goflow_pull_batches_total", METRIC_COUNTER, "Batches received, duplicates included."};
static const struct metric_family BYTES_IN = {
    "goflow_pull_received_bytes_total", METRIC_COUNTER, "Payload received, as it was sent."};
static const struct metric_family FLOWS_IN = {"goflow_pull_flows_total", METRIC_COUNTER,
    "Flows received: in = stored + shelved + dropped + waiting."};
static const struct metric_family FLOWS_STORED = {"goflow_pull_flows_stored_total", METRIC_COUNTER,
    "Flows in the database, acknowledged as stored."};
static const struct metric_family FLOWS_SHELVED = {"goflow_pull_flows_shelved_total",
    METRIC_COUNTER, "Flows that the database refused, kept in the dead-letter folder."};
static const struct metric_family FLOWS_DROPPED = {"goflow_pull_flows_dropped_total",
    METRIC_COUNTER,
    "Flows received and not inserted by this store, by reason; the ingest still has them, has "
    "given them to another store, or counts them too."};
static const struct metric_family FLOWS_WAITING = {
    "goflow_pull_flows_waiting", METRIC_GAUGE, "Flows received and not yet in the database."};
static const struct metric_family RECORDS_IN = {"goflow_pull_records_total", METRIC_COUNTER,
    "Rows beside flows received: in = stored + shelved + dropped + waiting."};
static const struct metric_family RECORDS_STORED = {"goflow_pull_records_stored_total",
    METRIC_COUNTER, "Such rows in the database, acknowledged as stored."};
static const struct metric_family RECORDS_SHELVED = {
    "goflow_pull_records_shelved_total", METRIC_COUNTER, "Such rows that the database refused."};
static const struct metric_family RECORDS_DROPPED = {"goflow_pull_records_dropped_total",
    METRIC_COUNTER, "Such rows received and not inserted by this store, by reason."};
static const struct metric_family RECORDS_WAITING = {
    "goflow_pull_records_waiting", METRIC_GAUGE, "Such rows received and not yet in the database."};
static const struct metric_family BATCHES_WAITING = {
    "goflow_pull_batches_waiting", METRIC_GAUGE, "Batches received and not yet in the database."};
static const struct metric_family UNREAD_BYTES = {"goflow_pull_unread_bytes", METRIC_GAUGE,
    "Payload that waits for a lease or for room in a block."};
static const struct metric_family INFLIGHT = {
    "goflow_pull_blocks_inflight", METRIC_GAUGE, "Blocks with the writer."};
static const struct metric_family BLOCK_ROWS = {"goflow_pull_block_rows", METRIC_GAUGE,
    "Rows at which a block is sealed: fewer than -block.rows after INSERTs that came too late."};
static const struct metric_family FRAMES_BAD = {"goflow_pull_frames_bad_total", METRIC_COUNTER,
    "Messages that could not be read, on either channel."};
static const struct metric_family UNSUPPORTED = {"goflow_pull_batches_unsupported_total",
    METRIC_COUNTER, "Batches refused because of their protocol version."};
static const struct metric_family STALE_EPOCHS = {"goflow_pull_epoch_conflicts_total",
    METRIC_COUNTER, "Batches of an older process than one already seen under the same ingest id."};
static const struct metric_family ACKS = {
    "goflow_pull_acks_total", METRIC_COUNTER, "Acknowledgements sent, by kind."};

static const char *const DROP_NAMES[PULL_DROP_COUNT] = {
    [PULL_DROP_DUPLICATE] = "duplicate",
    [PULL_DROP_UNLEASED] = "unleased",
    [PULL_DROP_LAPSED] = "lapsed",
    [PULL_DROP_CORRUPT] = "corrupt",
    [PULL_DROP_MEMORY] = "memory",
};

struct row_families {
    const struct metric_family *in;
    const struct metric_family *stored;
    const struct metric_family *shelved;
    const struct metric_family *waiting;
    const struct metric_family *dropped;
};

static const struct row_families FLOW_FAMILIES = {
    &FLOWS_IN, &FLOWS_STORED, &FLOWS_SHELVED, &FLOWS_WAITING, &FLOWS_DROPPED};
static const struct row_families RECORD_FAMILIES = {
    &RECORDS_IN, &RECORDS_STORED, &RECORDS_SHELVED, &RECORDS_WAITING, &RECORDS_DROPPED};

static void report_rows(
    const struct row_families *families, const struct pull_rows *rows, struct metrics_page *page)
{
    metrics_page_add_counter(page, families->in, &rows->in);
    metrics_page_add_counter(page, families->stored, &rows->stored);
    metrics_page_add_counter(page, families->shelved, &rows->shelved);
    metrics_page_add_counter(page, families->waiting, &rows->waiting);
    for (size_t i = 0; i < PULL_DROP_COUNT; i++) {
        metrics_page_add(page, families->dropped, (double)counter_get(&rows->dropped[i]),
            "reason=\"%s\"", DROP_NAMES[i]);
    }
}

void pull_report(const struct pull_counters *counters, struct metrics_page *page)
{
    metrics_page_add_counter(page, &BATCHES_IN, &counters->batches_in);
    metrics_page_add_counter(page, &BYTES_IN, &counters->bytes_in);
    report_rows(&FLOW_FAMILIES, &counters->flows, page);
    report_rows(&RECORD_FAMILIES, &counters->records, page);
    metrics_page_add_counter(page, &BATCHES_WAITING, &counters->batches_waiting);
    metrics_page_add_counter(page, &UNREAD_BYTES, &counters->unread_bytes);
    metrics_page_add_counter(page, &INFLIGHT, &counters->inflight);
    metrics_page_add_counter(page, &BLOCK_ROWS, &counters->block_rows);
    metrics_page_add_counter(page, &FRAMES_BAD, &counters->frames_bad);
    metrics_page_add_counter(page, &UNSUPPORTED, &counters->unsupported);
    metrics_page_add_counter(page, &STALE_EPOCHS, &counters->stale_epochs);
    for (size_t i = 0; i < LINK_ACK_KIND_COUNT; i++) {
        metrics_page_add(page, &ACKS, (double)counter_get(&counters->acks[i]), "kind=\"%s\"",
            link_ack_name((enum link_ack_kind)i));
    }
}
