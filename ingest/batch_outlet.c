/* SPDX-License-Identifier: BSD-3-Clause -- the outlet that packs flows into batches. */
#include "ingest/batch_outlet.h"

#include "common/clock.h"
#include "common/daemon.h"

#include <stdlib.h>
#include <time.h>

METRIC_FAMILY(FLOWS_IN, COUNTER, "goflow_batch_flows_total", "Flows packed.");
METRIC_FAMILY(
    FLOWS_OUT, COUNTER, "goflow_batch_flows_delivered_total", "Flows handed over in batches.");
METRIC_FAMILY(FLOWS_DROPPED, COUNTER, "goflow_batch_flows_dropped_total",
    "Flows whose batch nobody took, or for which there was no memory, by reason.");
METRIC_FAMILY(BATCHES, COUNTER, "goflow_batch_batches_total", "Batches handed over.");

enum {
    PATIENCE_NS = 100000 /* between two looks at a full publisher */
};

struct batch_outlet {
    struct batcher *batcher;
    struct record_batcher *records; /* NULL: not wanted */
    struct publisher_port *port;    /* NULL: batches are thrown away */
    uint64_t patient_bytes;
};

static enum err discard(void *context, struct batch *batch)
{
    (void)context;
    batch_destroy(&batch);
    return ERR_OK;
}

static enum err offer(void *context, struct batch *batch)
{
    struct batch_outlet *outlet = context;
    return publisher_offer(outlet->port, batch);
}

/* Refuses only when the program is to stop. */
static enum err offer_patiently(void *context, struct batch *batch)
{
    static const struct timespec PAUSE = {.tv_nsec = PATIENCE_NS};
    struct batch_outlet *outlet = context;
    while (!publisher_port_has_room(outlet->port, outlet->patient_bytes) ||
           publisher_offer(outlet->port, batch) != ERR_OK) {
        if (daemon_is_stopping()) {
            return ERR_FULL;
        }
        (void)nanosleep(&PAUSE, NULL);
    }
    return ERR_OK;
}

static void take(void *context, const struct flow *flow)
{
    struct batch_outlet *outlet = context;
    batcher_take(outlet->batcher, flow);
}

static void take_record(void *context, enum record_kind kind, const struct record *record)
{
    struct batch_outlet *outlet = context;
    record_batcher_take(outlet->records, kind, record);
}

/* Of what is accepted the publisher tells. */
static void tell_refused(void *context, uint64_t minute_s)
{
    struct batch_outlet *outlet = context;
    const struct record_sink sink = {record_batcher_take, outlet->records};
    batcher_flush(outlet->batcher);
    batcher_tell_refused(outlet->batcher, minute_s, &sink);
}

static int tick(void *context, uint64_t now_ns)
{
    struct batch_outlet *outlet = context;
    int flows_ms = batcher_tick(outlet->batcher, now_ns);
    int records_ms = outlet->records != NULL ? record_batcher_tick(outlet->records, now_ns) : -1;
    return outlet_earlier(flows_ms, records_ms);
}

static void finish(void *context)
{
    struct batch_outlet *outlet = context;
    batcher_flush(outlet->batcher);
    if (outlet->records != NULL) {
        record_batcher_flush(outlet->records);
    }
    publisher_port_destroy(&outlet->port);
}

static void collect(void *context, struct metrics_page *page)
{
    const struct batch_outlet *outlet = context;
    const struct batcher_counters *counters = batcher_counters(outlet->batcher);
    metrics_page_add(page, &FLOWS_IN, (double)counter_get(&counters->flows_in), "");
    metrics_page_add(page, &FLOWS_OUT, (double)counter_get(&counters->flows_out), "");
    metrics_page_add(page, &FLOWS_DROPPED, (double)counter_get(&counters->flows_dropped_full),
        "reason=\"full\"");
    metrics_page_add(page, &FLOWS_DROPPED, (double)counter_get(&counters->flows_dropped_memory),
        "reason=\"memory\"");
    metrics_page_add(page, &BATCHES, (double)counter_get(&counters->batches), "");
    if (outlet->records != NULL) {
        record_batcher_collect(outlet->records, page);
    }
}

static void count_drops(void *context, struct drop_counts *counts)
{
    const struct batch_outlet *outlet = context;
    const struct batcher_counters *counters = batcher_counters(outlet->batcher);
    counts->values[DROP_FULL] += counter_get(&counters->flows_dropped_full);
    counts->values[DROP_MEMORY] += counter_get(&counters->flows_dropped_memory);
}

static void destroy(void *context)
{
    struct batch_outlet *outlet = context;
    batcher_destroy(&outlet->batcher);
    record_batcher_destroy(&outlet->records);
    publisher_port_destroy(&outlet->port);
    free(outlet);
}

static enum err (*deliver_of(const struct batch_outlet *outlet))(void *, struct batch *)
{
    if (outlet->port == NULL) {
        return discard;
    }
    return outlet->patient_bytes > 0 ? offer_patiently : offer;
}

static enum err make_batchers(
    struct batch_outlet *outlet, const struct batch_outlet_options *options)
{
    const struct batcher_options flow_options = {
        .max_bytes = options->max_bytes,
        .max_flows = options->max_flows,
        .max_age_ms = options->max_age_ms,
        .deliver = deliver_of(outlet),
        .context = outlet,
    };
    enum err err = batcher_new(&outlet->batcher, &flow_options);
    if (err != ERR_OK || !options->takes_records) {
        return err;
    }
    const struct record_batcher_options record_options = {
        .deliver = outlet->port != NULL ? publisher_offer : discard, .context = outlet->port};
    return record_batcher_new(&outlet->records, &record_options);
}

enum err batch_outlet_new(struct outlet *outlet_p, const struct batch_outlet_options *options)
{
    struct batch_outlet *outlet = calloc(1, sizeof *outlet);
    if (outlet == NULL) {
        return ERR_MEMORY;
    }
    enum err err = ERR_OK;
    outlet->patient_bytes = options->patient_bytes;
    if (options->publisher != NULL) {
        err = publisher_port_new(&outlet->port, options->publisher);
    }
    if (err == ERR_OK) {
        err = make_batchers(outlet, options);
    }
    if (err != ERR_OK) {
        destroy(outlet);
        return err;
    }
    *outlet_p = (struct outlet){.context = outlet,
        .take = take,
        .take_record = options->takes_records ? take_record : NULL,
        .tell_refused = options->takes_records ? tell_refused : NULL,
        .tick = tick,
        .finish = finish,
        .collect = collect,
        .count_drops = count_drops,
        .destroy = destroy};
    return ERR_OK;
}
