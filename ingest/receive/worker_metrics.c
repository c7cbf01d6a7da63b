/* SPDX-License-Identifier: BSD-3-Clause -- what one worker has received and decoded. */
#include "ingest/receive/decode_metrics.h"
#include "ingest/receive/exporter_metrics.h"
#include "ingest/receive/worker_state.h"

#include <stdio.h>

#define FAMILY(variable, kind, family_name, text)                                                  \
    static const struct metric_family variable = {family_name, METRIC_##kind, text}

FAMILY(DATAGRAMS, COUNTER, "goflow_receive_datagrams_total", "Datagrams received.");
FAMILY(BYTES, COUNTER, "goflow_receive_bytes_total", "UDP payload received, in bytes.");
FAMILY(KERNEL_DROPS, COUNTER, "goflow_receive_kernel_drops_total",
    "Datagrams that found the socket's buffer full.");
FAMILY(QUEUE, GAUGE, "goflow_receive_queue_bytes",
    "Kernel memory of datagrams that wait at the sockets.");
FAMILY(BUFFER, GAUGE, "goflow_receive_buffer_bytes", "Size of the sockets' buffers.");
FAMILY(ANSWERS, COUNTER, "goflow_receive_decoded_total",
    "Datagrams by the first fault in them, ok for none; all together those received.");
FAMILY(TRAFFIC_BYTES, COUNTER, "flow_traffic_bytes", "Bytes received by the application.");
FAMILY(TRAFFIC_PACKETS, COUNTER, "flow_traffic_packets", "Packets received by the application.");
FAMILY(TRAFFIC_SIZES, SUMMARY, "flow_traffic_summary_size_bytes", "Summary of packet sizes.");
FAMILY(DECODE_TIME, SUMMARY, "flow_summary_decoding_time_us",
    "Time to decode a datagram and pack its flows, in microseconds.");
FAMILY(DECODER_COUNT, COUNTER, "flow_decoder_count", "Decoder processed count.");
FAMILY(DECODER_ERRORS, COUNTER, "flow_decoder_error_count", "Decoder processed error count.");

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
            page, &BUFFER, (double)port->bound.buffer_bytes, "local_port=\"%u\"", number);
        struct udp_queue queue;
        if (udp_queue_read(port->socket, &queue) == ERR_OK) {
            metrics_page_add(page, &KERNEL_DROPS, queue.drops, "local_port=\"%u\"", number);
            metrics_page_add(page, &QUEUE, queue.waiting_bytes, "local_port=\"%u\"", number);
        }
    }
}

static const char *local_host(const struct worker *worker, uint16_t port)
{
    for (size_t i = 0; i < worker->options.port_count; i++) {
        if (worker->options.ports[i].bound.port == port) {
            return worker->options.ports[i].bound.host;
        }
    }
    return "";
}

static void add_traffic(
    const struct worker *worker, const struct traffic_entry *entry, struct metrics_page *page)
{
    static const char *const TYPES[] = {"NetFlow", "sFlow", "NetFlowV5"};
    char remote[ADDRESS_TEXT_SIZE] = "other";
    if (!entry->is_others) {
        (void)address_format(&entry->source, remote);
    }
    char labels[2 * ADDRESS_TEXT_SIZE + 96];
    (void)snprintf(labels, sizeof labels,
        "remote_ip=\"%s\",remote_port=\"\",local_ip=\"%s\",local_port=\"%u\",type=\"%s\"", remote,
        local_host(worker, entry->port), entry->port, TYPES[entry->type]);
    metrics_page_add(page, &TRAFFIC_PACKETS, (double)counter_get(&entry->datagrams), "%s", labels);
    metrics_page_add(page, &TRAFFIC_BYTES, (double)counter_get(&entry->bytes), "%s", labels);
    struct quantiles_view view = {0};
    quantiles_read(&view, &entry->sizes);
    quantiles_page_add(page, &TRAFFIC_SIZES, &view, 1, labels);
}

static void collect_traffic(const struct worker *worker, struct metrics_page *page)
{
    const struct traffic_entry *entry;
    for (size_t i = 0; (entry = traffic_entry(worker->traffic, i)) != NULL; i++) {
        add_traffic(worker, entry, page);
    }
}

static void collect_answers(const struct worker *worker, struct metrics_page *page)
{
    uint64_t all = 0;
    uint64_t good = 0;
    for (int i = 0; i < DECODE_STATUS_COUNT; i++) {
        uint64_t count = counter_get(&worker->answers[i]);
        all += count;
        good += i == DECODE_OK ? count : 0;
        metrics_page_add(page, &ANSWERS, (double)count, "result=\"%s\"",
            decode_status_text((enum decode_status)i));
    }
    unsigned index = worker->options.index;
    metrics_page_add(page, &DECODER_COUNT, (double)all, "worker=\"%u\",name=\"goflow\"", index);
    metrics_page_add(
        page, &DECODER_ERRORS, (double)(all - good), "worker=\"%u\",name=\"goflow\"", index);
    struct quantiles_view view = {0};
    quantiles_read(&view, &worker->decode_ns);
    quantiles_page_add(page, &DECODE_TIME, &view, 1e-3, "name=\"goflow\"");
}

void worker_collect(void *context, struct metrics_page *page)
{
    const struct worker *worker = context;
    collect_ports(worker, page);
    collect_traffic(worker, page);
    collect_answers(worker, page);
    decode_metrics_collect(decoder_counters(worker->decoder), page);
    exporter_metrics_collect(worker->decoder, page);
    worker->options.outlet.collect(worker->options.outlet.context, page);
}
