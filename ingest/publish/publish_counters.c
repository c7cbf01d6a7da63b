/* SPDX-License-Identifier: BSD-3-Clause -- the link's metrics on the ingest side. */
#include "ingest/publish/publish_counters.h"

static const struct metric_family FLOWS_IN = {"goflow_link_flows_in_total", METRIC_COUNTER,
    "Flows accepted for delivery: in = stored + shelved + dropped + waiting."};
static const struct metric_family FLOWS_STORED = {
    "goflow_link_flows_stored_total", METRIC_COUNTER, "Flows that a store has committed."};
static const struct metric_family FLOWS_SHELVED = {"goflow_link_flows_shelved_total",
    METRIC_COUNTER, "Flows that the database refused and a store keeps in its dead-letter folder."};
static const struct metric_family FLOWS_DROPPED = {
    "goflow_link_flows_dropped_total", METRIC_COUNTER, "Flows accepted and lost, by reason."};
static const struct metric_family FLOWS_RECOVERED = {"goflow_link_flows_recovered_total",
    METRIC_COUNTER, "Flows found in the spool at the start; part of what was accepted."};
static const struct metric_family FLOWS_WAITING = {
    "goflow_link_flows_waiting", METRIC_GAUGE, "Flows accepted and not stored yet."};
static const struct metric_family RECORDS_IN = {"goflow_link_records_in_total", METRIC_COUNTER,
    "Rows beside flows accepted for delivery: in = stored + shelved + dropped + waiting."};
static const struct metric_family RECORDS_STORED = {
    "goflow_link_records_stored_total", METRIC_COUNTER, "Such rows that a store has committed."};
static const struct metric_family RECORDS_SHELVED = {
    "goflow_link_records_shelved_total", METRIC_COUNTER, "Such rows that the database refused."};
static const struct metric_family RECORDS_DROPPED = {
    "goflow_link_records_dropped_total", METRIC_COUNTER, "Such rows accepted and lost, by reason."};
static const struct metric_family RECORDS_RECOVERED = {"goflow_link_records_recovered_total",
    METRIC_COUNTER, "Such rows found in the spool at the start; part of what was accepted."};
static const struct metric_family RECORDS_WAITING = {
    "goflow_link_records_waiting", METRIC_GAUGE, "Such rows accepted and not stored yet."};
static const struct metric_family BATCHES_IN = {
    "goflow_link_batches_in_total", METRIC_COUNTER, "Batches accepted for delivery."};
static const struct metric_family BATCHES_STORED = {
    "goflow_link_batches_stored_total", METRIC_COUNTER, "Batches that a store has committed."};
static const struct metric_family BATCHES_WAITING = {
    "goflow_link_window_batches", METRIC_GAUGE, "Batches accepted and not stored yet."};
static const struct metric_family BYTES_WAITING = {
    "goflow_link_window_bytes", METRIC_GAUGE, "Payload of the batches in the window, in memory."};
static const struct metric_family BATCHES_SENT = {"goflow_link_batches_sent_total", METRIC_COUNTER,
    "Batches handed to the socket, repeats included."};
static const struct metric_family BYTES_SENT = {"goflow_link_sent_bytes_total", METRIC_COUNTER,
    "Payload handed to the socket, repeats included."};
static const struct metric_family BATCHES_TAKEN_BACK = {"goflow_link_batches_taken_back_total",
    METRIC_COUNTER, "Batches that must be sent again, by reason."};
static const struct metric_family ACKS = {"goflow_link_acks_total", METRIC_COUNTER,
    "Acknowledgements from stores, by kind; each may name many batches."};
static const struct metric_family ACKS_BAD = {
    "goflow_link_acks_bad_total", METRIC_COUNTER, "Acknowledgements that could not be read."};
static const struct metric_family TAP_BATCHES = {"goflow_tap_batches_total", METRIC_COUNTER,
    "Batches published on the tap; 0 while nobody listens."};
static const struct metric_family TAP_SUBSCRIPTIONS = {
    "goflow_tap_subscriptions", METRIC_GAUGE, "Topics that tap subscribers listen to."};

static const struct metric_family SPOOL_BYTES = {
    "goflow_spool_bytes", METRIC_GAUGE, "Size of the spool on disk."};
static const struct metric_family SPOOL_SEGMENTS = {
    "goflow_spool_segments", METRIC_GAUGE, "Segment files of the spool."};
static const struct metric_family SPOOL_FLOWS = {
    "goflow_spool_flows_total", METRIC_COUNTER, "Flows whose batch was written to the spool."};
static const struct metric_family SPOOL_APPENDED = {
    "goflow_spool_appended_bytes_total", METRIC_COUNTER, "Bytes of batches written to the spool."};
static const struct metric_family SPOOL_DAMAGED = {"goflow_spool_damaged_total", METRIC_COUNTER,
    "Damaged records found at the start or when read back."};
static const struct metric_family SPOOL_ERRORS = {"goflow_spool_errors_total", METRIC_COUNTER,
    "Batches that the disk did not take: full, read-only or broken."};
static const struct metric_family SPOOL_WRITABLE = {"goflow_spool_is_writable", METRIC_GAUGE,
    "1 while the disk takes batches; at 0 they are in memory only."};

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
    metrics_page_add_counter(page, &TAP_BATCHES, &counters->tap_batches);
    metrics_page_add_counter(page, &TAP_SUBSCRIPTIONS, &counters->tap_subscriptions);
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
    metrics_page_add_counter(page, &SPOOL_WRITABLE, &spool->is_writable);
}
