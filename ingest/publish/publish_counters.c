/* SPDX-License-Identifier: BSD-3-Clause -- the link's metrics on the ingest side. */
#include "ingest/publish/publish_counters.h"

METRIC_FAMILY(FLOWS_IN, COUNTER, "goflow_link_flows_in_total",
    "Flows accepted for delivery: in = stored + shelved + dropped + waiting.");
METRIC_FAMILY(
    FLOWS_STORED, COUNTER, "goflow_link_flows_stored_total", "Flows that a store has committed.");
METRIC_FAMILY(FLOWS_SHELVED, COUNTER, "goflow_link_flows_shelved_total",
    "Flows that the database refused and a store keeps in its dead-letter folder.");
METRIC_FAMILY(FLOWS_DROPPED, COUNTER, "goflow_link_flows_dropped_total",
    "Flows accepted and lost, by reason.");
METRIC_FAMILY(FLOWS_RECOVERED, COUNTER, "goflow_link_flows_recovered_total",
    "Flows found in the spool at the start; part of what was accepted.");
METRIC_FAMILY(
    FLOWS_WAITING, GAUGE, "goflow_link_flows_waiting", "Flows accepted and not stored yet.");
METRIC_FAMILY(RECORDS_IN, COUNTER, "goflow_link_records_in_total",
    "Rows beside flows accepted for delivery: in = stored + shelved + dropped + waiting.");
METRIC_FAMILY(RECORDS_STORED, COUNTER, "goflow_link_records_stored_total",
    "Such rows that a store has committed.");
METRIC_FAMILY(RECORDS_SHELVED, COUNTER, "goflow_link_records_shelved_total",
    "Such rows that the database refused.");
METRIC_FAMILY(RECORDS_DROPPED, COUNTER, "goflow_link_records_dropped_total",
    "Such rows accepted and lost, by reason.");
METRIC_FAMILY(RECORDS_RECOVERED, COUNTER, "goflow_link_records_recovered_total",
    "Such rows found in the spool at the start; part of what was accepted.");
METRIC_FAMILY(RECORDS_WAITING, GAUGE, "goflow_link_records_waiting",
    "Such rows accepted and not stored yet.");
METRIC_FAMILY(
    BATCHES_IN, COUNTER, "goflow_link_batches_in_total", "Batches accepted for delivery.");
METRIC_FAMILY(BATCHES_STORED, COUNTER, "goflow_link_batches_stored_total",
    "Batches that a store has committed.");
METRIC_FAMILY(
    BATCHES_WAITING, GAUGE, "goflow_link_window_batches", "Batches accepted and not stored yet.");
METRIC_FAMILY(BYTES_WAITING, GAUGE, "goflow_link_window_bytes",
    "Payload of the batches in the window, in memory.");
METRIC_FAMILY(BATCHES_SENT, COUNTER, "goflow_link_batches_sent_total",
    "Batches handed to the socket, repeats included.");
METRIC_FAMILY(BYTES_SENT, COUNTER, "goflow_link_sent_bytes_total",
    "Payload handed to the socket, repeats included.");
METRIC_FAMILY(BATCHES_TAKEN_BACK, COUNTER, "goflow_link_batches_taken_back_total",
    "Batches that must be sent again, by reason.");
METRIC_FAMILY(ACKS, COUNTER, "goflow_link_acks_total",
    "Acknowledgements from stores, by kind; each may name many batches.");
METRIC_FAMILY(ACKS_WITHOUT_LEASE, COUNTER, "goflow_link_acks_without_lease_total",
    "Batches said to be stored by one that does not have their lease; they are kept.");
METRIC_FAMILY(ACKS_BAD, COUNTER, "goflow_link_acks_bad_total",
    "Acknowledgements that could not be read, or were for another ingest.");
METRIC_FAMILY(
    PEERS, GAUGE, "goflow_link_peers", "Stores that are connected and said who they are.");
METRIC_FAMILY(IDS_REFUSED, COUNTER, "goflow_link_ids_refused_total",
    "Messages ignored because their store id belongs to another key.");
METRIC_FAMILY(FRESH, COUNTER, "goflow_link_fresh_connections_total",
    "Connections to stores that were made anew, by reason.");
METRIC_FAMILY(CROWDED_OUT, COUNTER, "goflow_link_connections_crowded_out_total",
    "Connections ended to keep descriptors for disk, HTTP and database, by channel.");
METRIC_FAMILY(REQUESTS_MISSING, COUNTER, "goflow_link_lease_requests_missing_total",
    "Times that no store asked for a lease on batches within -ack.timeout of sending.");
METRIC_FAMILY(ID_CHANGES, COUNTER, "goflow_link_id_changes_total",
    "Times that this ingest took another id because another process had its own.");
METRIC_FAMILY(TAP_BATCHES, COUNTER, "goflow_tap_batches_total",
    "Batches published on the tap; 0 while nobody listens.");
METRIC_FAMILY(
    TAP_SUBSCRIPTIONS, GAUGE, "goflow_tap_subscriptions", "Topics that tap subscribers listen to.");
METRIC_FAMILY(TAP_FLOODS, COUNTER, "goflow_tap_floods_total",
    "Times that all taps were disconnected because one subscribed to too many topics.");

METRIC_FAMILY(SPOOL_BYTES, GAUGE, "goflow_spool_bytes", "Size of the spool on disk.");
METRIC_FAMILY(SPOOL_SEGMENTS, GAUGE, "goflow_spool_segments", "Segment files of the spool.");
METRIC_FAMILY(SPOOL_FLOWS, COUNTER, "goflow_spool_flows_total",
    "Flows whose batch was written to the spool.");
METRIC_FAMILY(SPOOL_APPENDED, COUNTER, "goflow_spool_appended_bytes_total",
    "Bytes of batches written to the spool.");
METRIC_FAMILY(SPOOL_DAMAGED, COUNTER, "goflow_spool_damaged_total",
    "Damaged records found at the start or when read back.");
METRIC_FAMILY(SPOOL_ERRORS, COUNTER, "goflow_spool_errors_total",
    "Batches that the disk did not take: full, read-only or broken.");
METRIC_FAMILY(SPOOL_SYNC_ERRORS, COUNTER, "goflow_spool_sync_errors_total",
    "Syncs that the disk refused: a power failure may cost what was written.");
METRIC_FAMILY(SPOOL_WRITABLE, GAUGE, "goflow_spool_is_writable",
    "1 while the disk takes batches; at 0 they are in memory only.");

static void add_reason(struct metrics_page *page, const struct metric_family *family,
    const struct counter *counter, const char *reason)
{
    metrics_page_add(page, family, (double)counter_get(counter), "reason=\"%s\"", reason);
}

/* The same of flows, and of rows of all other kinds together. */
struct row_families {
    const struct metric_family *in;
    const struct metric_family *stored;
    const struct metric_family *shelved;
    const struct metric_family *recovered;
    const struct metric_family *waiting;
    const struct metric_family *dropped;
    size_t member; /* of struct window_amount */
};

static const struct row_families FLOW_FAMILIES = {&FLOWS_IN, &FLOWS_STORED, &FLOWS_SHELVED,
    &FLOWS_RECOVERED, &FLOWS_WAITING, &FLOWS_DROPPED, offsetof(struct window_amount, flows)};
static const struct row_families RECORD_FAMILIES = {&RECORDS_IN, &RECORDS_STORED, &RECORDS_SHELVED,
    &RECORDS_RECOVERED, &RECORDS_WAITING, &RECORDS_DROPPED,
    offsetof(struct window_amount, records)};

static const struct counter *rows_of(
    const struct row_families *families, const struct window_amount *amount)
{
    return (const struct counter *)((const char *)amount + families->member);
}

static void report_rows(const struct row_families *families, const struct counter *no_memory,
    const struct window_counters *window, struct metrics_page *page)
{
    /* Refused for want of memory is in and out at once; the window never saw it. */
    uint64_t in = counter_get(rows_of(families, &window->in)) + counter_get(no_memory);
    metrics_page_add(page, families->in, (double)in, "%s", "");
    metrics_page_add_counter(page, families->stored, rows_of(families, &window->stored));
    metrics_page_add_counter(page, families->shelved, rows_of(families, &window->shelved));
    metrics_page_add_counter(page, families->recovered, rows_of(families, &window->recovered));
    metrics_page_add_counter(page, families->waiting, rows_of(families, &window->waiting));
    const struct metric_family *dropped = families->dropped;
    add_reason(page, dropped, rows_of(families, &window->dropped_window), "window");
    add_reason(page, dropped, rows_of(families, &window->dropped_spool), "spool");
    add_reason(page, dropped, rows_of(families, &window->dropped_damaged), "damaged");
    add_reason(page, dropped, rows_of(families, &window->dropped_refused), "refused");
    add_reason(page, dropped, rows_of(families, &window->dropped_stop), "stop");
    add_reason(page, dropped, no_memory, "memory");
}

static void report_batches(const struct publish_counters *counters,
    const struct window_counters *window, struct metrics_page *page)
{
    metrics_page_add_counter(page, &BATCHES_IN, &window->in.batches);
    metrics_page_add_counter(page, &BATCHES_STORED, &window->stored.batches);
    metrics_page_add_counter(page, &BATCHES_WAITING, &window->waiting.batches);
    metrics_page_add_counter(page, &BYTES_WAITING, &window->waiting_bytes);
    metrics_page_add_counter(page, &BATCHES_SENT, &counters->batches_sent);
    metrics_page_add_counter(page, &BYTES_SENT, &counters->bytes_sent);
    add_reason(page, &BATCHES_TAKEN_BACK, &window->resent_unheard, "unheard");
    add_reason(page, &BATCHES_TAKEN_BACK, &window->resent_lapsed, "lapsed");
    add_reason(page, &BATCHES_TAKEN_BACK, &window->resent_refused, "refused");
}

void publish_report(const struct publish_counters *counters, const struct window_counters *window,
    struct metrics_page *page)
{
    report_rows(&FLOW_FAMILIES, &counters->flows_dropped_memory, window, page);
    report_rows(&RECORD_FAMILIES, &counters->records_dropped_memory, window, page);
    report_batches(counters, window, page);
    for (size_t i = 0; i < LINK_ACK_KIND_COUNT; i++) {
        metrics_page_add(page, &ACKS, (double)counter_get(&counters->acks[i]), "kind=\"%s\"",
            link_ack_name((enum link_ack_kind)i));
    }
    metrics_page_add_counter(page, &ACKS_BAD, &counters->acks_bad);
    metrics_page_add_counter(page, &ACKS_WITHOUT_LEASE, &window->settled_by_others);
    metrics_page_add_counter(page, &ID_CHANGES, &counters->id_changes);
    metrics_page_add_counter(page, &PEERS, &counters->link.peers);
    metrics_page_add_counter(page, &IDS_REFUSED, &counters->link.ids_refused);
    metrics_page_add_counter(page, &REQUESTS_MISSING, &counters->requests_missing);
    for (size_t i = 0; i < LINK_FRESH_COUNT; i++) {
        metrics_page_add(page, &FRESH, (double)counter_get(&counters->link.fresh[i]),
            "reason=\"%s\"", link_fresh_name((enum link_fresh_reason)i));
    }
    for (size_t i = 0; i < LINK_LIMIT_COUNT; i++) {
        metrics_page_add(page, &CROWDED_OUT, (double)counter_get(&counters->link.crowded_out[i]),
            "channel=\"%s\"", link_limit_channel_name((enum link_limit_channel)i));
    }
    metrics_page_add_counter(page, &TAP_BATCHES, &counters->tap_batches);
    metrics_page_add_counter(page, &TAP_SUBSCRIPTIONS, &counters->tap_subscriptions);
    metrics_page_add_counter(page, &TAP_FLOODS, &counters->tap_floods);
}

void publish_report_spool(const struct publish_counters *counters,
    const struct spool_counters *spool, struct metrics_page *page)
{
    metrics_page_add_counter(page, &SPOOL_BYTES, &spool->bytes);
    metrics_page_add_counter(page, &SPOOL_SEGMENTS, &spool->segments);
    metrics_page_add_counter(page, &SPOOL_FLOWS, &counters->flows_spooled);
    metrics_page_add_counter(page, &SPOOL_APPENDED, &spool->appended_bytes);
    metrics_page_add_counter(page, &SPOOL_DAMAGED, &spool->damaged);
    metrics_page_add_counter(page, &SPOOL_ERRORS, &spool->errors);
    metrics_page_add_counter(page, &SPOOL_SYNC_ERRORS, &spool->sync_errors);
    metrics_page_add_counter(page, &SPOOL_WRITABLE, &spool->is_writable);
}
