/* SPDX-License-Identifier: BSD-3-Clause -- the link's metrics on the store side. */
#include "store/pull/pull_counters.h"

METRIC_FAMILY(
    BATCHES_IN, COUNTER, "goflow_pull_batches_total", "Batches received, duplicates included.");
METRIC_FAMILY(
    BYTES_IN, COUNTER, "goflow_pull_received_bytes_total", "Payload received, as it was sent.");
METRIC_FAMILY(FLOWS_IN, COUNTER, "goflow_pull_flows_total",
    "Flows received: in = stored + shelved + dropped + waiting.");
METRIC_FAMILY(FLOWS_STORED, COUNTER, "goflow_pull_flows_stored_total",
    "Flows in the database, acknowledged as stored.");
METRIC_FAMILY(FLOWS_SHELVED, COUNTER, "goflow_pull_flows_shelved_total",
    "Flows that the database refused, kept in the dead-letter folder.");
METRIC_FAMILY(FLOWS_DROPPED, COUNTER, "goflow_pull_flows_dropped_total",
    "Flows received and not inserted by this store, by reason; the ingest still has them, has "
    "given them to another store, or counts them too.");
METRIC_FAMILY(FLOWS_WAITING, GAUGE, "goflow_pull_flows_waiting",
    "Flows received and not yet in the database.");
METRIC_FAMILY(RECORDS_IN, COUNTER, "goflow_pull_records_total",
    "Rows beside flows received: in = stored + shelved + dropped + waiting.");
METRIC_FAMILY(RECORDS_STORED, COUNTER, "goflow_pull_records_stored_total",
    "Such rows in the database, acknowledged as stored.");
METRIC_FAMILY(RECORDS_SHELVED, COUNTER, "goflow_pull_records_shelved_total",
    "Such rows that the database refused.");
METRIC_FAMILY(RECORDS_DROPPED, COUNTER, "goflow_pull_records_dropped_total",
    "Such rows received and not inserted by this store, by reason.");
METRIC_FAMILY(RECORDS_WAITING, GAUGE, "goflow_pull_records_waiting",
    "Such rows received and not yet in the database.");
METRIC_FAMILY(BATCHES_WAITING, GAUGE, "goflow_pull_batches_waiting",
    "Batches received and not yet in the database.");
METRIC_FAMILY(UNREAD_BYTES, GAUGE, "goflow_pull_unread_bytes",
    "Payload that waits for a lease or for room in a block.");
METRIC_FAMILY(INFLIGHT, GAUGE, "goflow_pull_blocks_inflight", "Blocks with the writer.");
METRIC_FAMILY(BLOCK_ROWS, GAUGE, "goflow_pull_block_rows",
    "Rows at which a block is sealed: fewer than -block.rows after INSERTs that came too late.");
METRIC_FAMILY(FRAMES_BAD, COUNTER, "goflow_pull_frames_bad_total",
    "Messages that could not be read, on either channel.");
METRIC_FAMILY(UNSUPPORTED, COUNTER, "goflow_pull_batches_unsupported_total",
    "Batches refused because of their protocol version.");
METRIC_FAMILY(STALE_EPOCHS, COUNTER, "goflow_pull_epoch_conflicts_total",
    "Batches of an older process than one already seen under the same ingest id.");
METRIC_FAMILY(
    PEERS, GAUGE, "goflow_pull_peers", "Ingests that are connected and said who they are.");
METRIC_FAMILY(IDS_REFUSED, COUNTER, "goflow_pull_ids_refused_total",
    "Messages ignored because their ingest id belongs to another key.");
METRIC_FAMILY(FRESH, COUNTER, "goflow_pull_fresh_connections_total",
    "Connections to ingests that were made anew, by reason.");
METRIC_FAMILY(CROWDED_OUT, COUNTER, "goflow_pull_connections_crowded_out_total",
    "Connections ended to keep descriptors for disk, HTTP and database, by channel.");
METRIC_FAMILY(UNANSWERED, COUNTER, "goflow_pull_lease_requests_unanswered_total",
    "Times that an ingest did not answer a lease request within a lease.");
METRIC_FAMILY(ACKS, COUNTER, "goflow_pull_acks_total", "Acknowledgements sent, by kind.");

static const char *const DROP_NAMES[PULL_DROP_COUNT] = {
    [PULL_DROP_DUPLICATE] = "duplicate",
    [PULL_DROP_UNLEASED] = "unleased",
    [PULL_DROP_LAPSED] = "lapsed",
    [PULL_DROP_CORRUPT] = "corrupt",
    [PULL_DROP_MEMORY] = "memory",
    [PULL_DROP_NAME] = "name",
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
    metrics_page_add_counter(page, &UNANSWERED, &counters->requests_unanswered);
    metrics_page_add_counter(page, &PEERS, &counters->link.peers);
    metrics_page_add_counter(page, &IDS_REFUSED, &counters->link.ids_refused);
    for (size_t i = 0; i < LINK_FRESH_COUNT; i++) {
        metrics_page_add(page, &FRESH, (double)counter_get(&counters->link.fresh[i]),
            "reason=\"%s\"", link_fresh_name((enum link_fresh_reason)i));
    }
    for (size_t i = 0; i < LINK_LIMIT_TAP; i++) {
        metrics_page_add(page, &CROWDED_OUT, (double)counter_get(&counters->link.crowded_out[i]),
            "channel=\"%s\"", link_limit_channel_name((enum link_limit_channel)i));
    }
    for (size_t i = 0; i < LINK_ACK_KIND_COUNT; i++) {
        metrics_page_add(page, &ACKS, (double)counter_get(&counters->acks[i]), "kind=\"%s\"",
            link_ack_name((enum link_ack_kind)i));
    }
}
