/* SPDX-License-Identifier: BSD-3-Clause -- what one worker has received and decoded. */
#include "ingest/receive/decode_metrics.h"
#include "ingest/receive/exporter_metrics.h"
#include "ingest/receive/traffic_metrics.h"
#include "ingest/receive/worker_state.h"

#include <stdio.h>
#include <string.h>

METRIC_FAMILY(DATAGRAMS, COUNTER, "goflow_receive_datagrams_total", "Datagrams received.");
METRIC_FAMILY(BYTES, COUNTER, "goflow_receive_bytes_total", "UDP payload received, in bytes.");
METRIC_FAMILY(REFUSED, COUNTER, "goflow_receive_refused_total",
    "Datagrams not decoded because -exporters.allow does not list their sender.");
METRIC_FAMILY(KERNEL_DROPS, COUNTER, "goflow_receive_kernel_drops_total",
    "Datagrams that found the socket's buffer full.");
METRIC_FAMILY(QUEUE, GAUGE, "goflow_receive_queue_bytes",
    "Kernel memory of datagrams that wait at the sockets.");
METRIC_FAMILY(BUFFER, GAUGE, "goflow_receive_buffer_bytes", "Size of the sockets' buffers.");
METRIC_FAMILY(ANSWERS, COUNTER, "goflow_receive_decoded_total",
    "Datagrams by the first fault in them, ok for none; all together those received and not "
    "refused.");
METRIC_FAMILY(DECODE_TIME, SUMMARY, "flow_summary_decoding_time_us",
    "Time to decode a datagram and pack its flows, in microseconds.");
METRIC_FAMILY(PROCESS_TIME, SUMMARY, "flow_summary_processing_time_us",
    "Time to receive and decode a datagram and pack its flows, in microseconds.");
METRIC_FAMILY(DECODER_COUNT, COUNTER, "flow_decoder_count", "Decoder processed count.");
METRIC_FAMILY(
    DECODER_ERRORS, COUNTER, "flow_decoder_error_count", "Decoder processed error count.");

static void collect_ports(const struct worker *worker, struct metrics_page *page)
{
    for (size_t i = 0; i < worker->options.port_count; i++) {
        const struct worker_port *port = &worker->options.ports[i];
        unsigned number = port->bound.port;
        metrics_page_add(page, &DATAGRAMS, (double)counter_get(&worker->datagrams[i]),
            "local_port=\"%u\"", number);
        metrics_page_add(
            page, &BYTES, (double)counter_get(&worker->bytes[i]), "local_port=\"%u\"", number);
        metrics_page_add(
            page, &REFUSED, (double)counter_get(&worker->refused[i]), "local_port=\"%u\"", number);
        metrics_page_add(
            page, &BUFFER, (double)port->bound.buffer_bytes, "local_port=\"%u\"", number);
        struct udp_queue queue;
        if (udp_queue_read(port->socket, &queue) == ERR_OK) {
            metrics_page_add(page, &KERNEL_DROPS, queue.drops, "local_port=\"%u\"", number);
            metrics_page_add(page, &QUEUE, queue.waiting_bytes, "local_port=\"%u\"", number);
        }
    }
}

static const char *local_host(const void *context, uint16_t port)
{
    const struct worker *worker = context;
    for (size_t i = 0; i < worker->options.port_count; i++) {
        if (worker->options.ports[i].bound.port == port) {
            return worker->options.ports[i].bound.host;
        }
    }
    return "";
}

static void collect_answers(const struct worker *worker, struct metrics_page *page)
{
    for (int i = 0; i < DECODE_STATUS_COUNT; i++) {
        metrics_page_add(page, &ANSWERS, (double)counter_get(&worker->answers[i]), "result=\"%s\"",
            decode_status_text((enum decode_status)i));
    }
}

static void add_times(struct metrics_page *page, const struct metric_family *family,
    const struct quantiles *times_ns, const char *name)
{
    char labels[32];
    (void)snprintf(labels, sizeof labels, "name=\"%s\"", name);
    struct quantiles_view view = {0};
    quantiles_read(&view, times_ns);
    quantiles_page_add(page, family, &view, 1e-3, labels);
}

static void collect_times(const struct worker *worker, struct metrics_page *page)
{
    unsigned index = worker->options.index;
    for (int i = 0; i < TRAFFIC_TYPE_COUNT; i++) {
        const struct worker_times *times = &worker->times[i];
        const char *name = traffic_type_text((enum traffic_type)i);
        metrics_page_add(page, &DECODER_COUNT, (double)counter_get(&times->datagrams),
            "worker=\"%u\",name=\"%s\"", index, name);
        metrics_page_add(page, &DECODER_ERRORS, (double)counter_get(&times->faults),
            "worker=\"%u\",name=\"%s\"", index, name);
        add_times(page, &DECODE_TIME, &times->decoding_ns, name);
        add_times(page, &PROCESS_TIME, &times->processing_ns, name);
    }
}

struct worker_refused worker_refused(const struct worker *worker)
{
    struct worker_refused refused = {.datagrams = 0};
    for (size_t i = 0; i < worker->options.port_count; i++) {
        refused.datagrams += counter_get(&worker->refused[i]);
    }
    uint64_t words[2] = {
        counter_get(&worker->refused_sender[0]), counter_get(&worker->refused_sender[1])};
    memcpy(refused.last_sender.bytes, words, sizeof words);
    return refused;
}

/* Which reason of the report a reason of the decoder belongs to. */
static enum drop_reason drop_reason_of(enum decode_status status)
{
    switch (status) {
    case DECODE_EXPORTER_LIMIT:
        return DROP_EXPORTERS;
    case DECODE_TEMPLATE_MISSING:
        return DROP_TEMPLATE;
    case DECODE_MEMORY:
        return DROP_MEMORY;
    default:
        return DROP_MALFORMED;
    }
}

void worker_count_drops(const struct worker *worker, struct drop_counts *counts)
{
    for (size_t i = 0; i < worker->options.port_count; i++) {
        struct udp_queue queue;
        if (udp_queue_read(worker->options.ports[i].socket, &queue) == ERR_OK) {
            counts->values[DROP_KERNEL] += queue.drops;
        }
    }
    const struct decode_counters *decode = decoder_counters(worker->decoder);
    for (int i = DECODE_OK + 1; i < DECODE_STATUS_COUNT; i++) {
        enum drop_reason reason = drop_reason_of((enum decode_status)i);
        counts->values[reason] += counter_get(&decode->dropped[i]);
    }
    const struct outlet *outlet = &worker->options.outlet;
    if (outlet->count_drops != NULL) {
        outlet->count_drops(outlet->context, counts);
    }
}

void worker_collect(void *context, struct metrics_page *page)
{
    const struct worker *worker = context;
    collect_ports(worker, page);
    collect_answers(worker, page);
    collect_times(worker, page);
    traffic_metrics_collect(worker->traffic, local_host, worker, page);
    decode_metrics_collect(decoder_counters(worker->decoder), page);
    exporter_metrics_collect(worker->decoder, page);
    worker->options.outlet.collect(worker->options.outlet.context, page);
}
