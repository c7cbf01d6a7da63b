/* SPDX-License-Identifier: BSD-3-Clause -- exporting processes behind one address. */
#include "tests/support/export_process.h"

#include "common/clock.h"

#include <assert.h>

enum {
    OPTIONS_ID = 300
};

void process_start(void)
{
    collector_start_with(&collector, &(struct decoder_options){.max_held_bytes = 1 << 17});
}

void process_begin(const struct process *process)
{
    packet.wire.size = 0;
    packet.wire.is_little_endian = false;
    build_u16(&packet.wire, process->version);
    build_u16(&packet.wire, 1);
    if (process->version == 9) {
        build_u32(&packet.wire, process->uptime_ms);
    }
    build_u32(&packet.wire, process->export_s);
    build_u32(&packet.wire, process->sequence);
    build_u32(&packet.wire, process->domain);
}

/* Sends what was built; the process and the collector's clock go on by so much. */
void process_finish(struct process *process, uint32_t records, uint32_t seconds)
{
    if (process->version == 10) {
        packet_close(&packet);
    }
    collector.source_port = process->port;
    collector_decode(&collector, &packet);
    collector.received_ns += seconds * NS_PER_S;
    process->sequence += process->version == 9 ? 1 : records;
    process->uptime_ms += seconds * 1000;
    process->export_s += seconds;
}

/* Octets and packets, or the other way round. */
void process_announce(struct process *process, bool is_turned)
{
    process_begin(process);
    uint16_t set = process->version == 9 ? 0 : 2;
    if (is_turned) {
        PACKET_TEMPLATE(&packet, set, PROCESS_TEMPLATE, {0, 2, 4}, {0, 1, 4});
    } else {
        PACKET_TEMPLATE(&packet, set, PROCESS_TEMPLATE, {0, 1, 4}, {0, 2, 4});
    }
    process_finish(process, 0, 1);
}

void process_send(struct process *process, uint32_t first, uint32_t second)
{
    process_begin(process);
    packet_open_set(&packet, PROCESS_TEMPLATE);
    build_u32(&packet.wire, first);
    build_u32(&packet.wire, second);
    packet_close_set(&packet);
    process_finish(process, 1, 1);
}

/* A rate for the whole domain, and what element 160 says. */
void process_announce_rate(struct process *process, uint32_t rate)
{
    static const struct template_field FIELDS[] = {{0, 149, 4}, {0, 34, 4}};
    process_begin(process);
    if (process->version == 9) {
        packet_open_set(&packet, 1);
        static const uint16_t TEMPLATE[] = {OPTIONS_ID, 4, 4, 1, 4, 34, 4, 0};
        for (size_t i = 0; i < sizeof TEMPLATE / sizeof TEMPLATE[0]; i++) {
            build_u16(&packet.wire, TEMPLATE[i]);
        }
        packet_close_set(&packet);
    } else {
        packet_options_template(&packet, OPTIONS_ID, 1, FIELDS, 2);
    }
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, process->domain);
    build_u32(&packet.wire, rate);
    packet_close_set(&packet);
    process_finish(process, 1, 1);
}

struct process process_netflow9(uint16_t port)
{
    return (struct process){.version = 9,
        .port = port,
        .uptime_ms = 10000000,
        .export_s = PACKET_EXPORT_S,
        .sequence = 70000};
}

struct process process_ipfix(uint16_t port)
{
    return (struct process){
        .version = 10, .port = port, .export_s = PACKET_EXPORT_S, .sequence = 70000};
}

void process_restart(struct process *process)
{
    collector.received_ns += 60 * NS_PER_S;
    process->export_s += 60;
    process->uptime_ms = 3000;
    process->sequence = 1;
}

uint64_t process_octets(size_t flow)
{
    assert(flow < collector.flow_count);
    return flow_number(&collector.flows[flow], FLOW_BYTES);
}

uint64_t process_rate(size_t flow)
{
    assert(flow < collector.flow_count);
    return flow_number(&collector.flows[flow], FLOW_SAMPLING_RATE);
}

static void sum_restarts(
    void *context, const struct address *address, const struct exporter_counters *counters)
{
    (void)address;
    uint64_t *restarts = context;
    for (size_t i = 0; i < FLOW_TYPE_COUNT; i++) {
        *restarts += counter_get(&counters->sequences[i].restarts);
    }
}

uint64_t process_restarts(void)
{
    uint64_t sum = 0;
    decoder_visit_exporters(collector.decoder, sum_restarts, &sum);
    return sum;
}
