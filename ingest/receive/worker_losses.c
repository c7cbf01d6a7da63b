/* SPDX-License-Identifier: BSD-3-Clause -- the loss ledger of a worker, minute by minute. */
#include "common/clock.h"
#include "ingest/receive/worker_state.h"

enum {
    SECONDS_PER_MINUTE = 60
};

static uint64_t fresh_kernel_drops(struct worker *worker)
{
    uint64_t drops = 0;
    for (size_t i = 0; i < worker->options.port_count; i++) {
        struct udp_queue queue;
        if (udp_queue_read(worker->options.ports[i].socket, &queue) == ERR_OK) {
            drops += (uint32_t)(queue.drops - worker->kernel_drops[i]);
            worker->kernel_drops[i] = queue.drops;
        }
    }
    return drops;
}

/* What is told of all exporters together. */
static void report_own(struct worker *worker)
{
    const struct outlet *outlet = &worker->options.outlet;
    uint64_t kernel_drops = fresh_kernel_drops(worker);
    struct outlet_flows flows = {0};
    if (outlet->take_flows != NULL) {
        outlet->take_flows(outlet->context, &flows);
    }
    if (kernel_drops == 0 && flows.accepted == 0 && flows.spooled == 0 && flows.dropped == 0) {
        return;
    }
    struct record record = {.present = 0};
    record_set_number(&record, LOSSES_TIME_RECEIVED, worker->losses_minute * SECONDS_PER_MINUTE);
    record_set_number(&record, LOSSES_KERNEL_DROPS, kernel_drops);
    record_set_number(&record, LOSSES_FLOWS_ACCEPTED, flows.accepted);
    record_set_number(&record, LOSSES_FLOWS_SPOOLED, flows.spooled);
    record_set_number(&record, LOSSES_FLOWS_DROPPED, flows.dropped);
    outlet->take_record(outlet->context, RECORD_LOSSES, &record);
}

int worker_losses_tick(struct worker *worker, uint64_t now_ns)
{
    if (worker->options.outlet.take_record == NULL) {
        return -1;
    }
    uint64_t minute = now_ns / (SECONDS_PER_MINUTE * NS_PER_S);
    if (minute != worker->losses_minute) {
        if (worker->losses_minute != 0) {
            report_own(worker);
        }
        worker->losses_minute = minute;
        decoder_tick(worker->decoder, now_ns);
    }
    uint64_t next_ns = (minute + 1) * SECONDS_PER_MINUTE * NS_PER_S;
    return (int)((next_ns - now_ns) / NS_PER_MS + 1);
}

void worker_losses_finish(struct worker *worker)
{
    const struct outlet *outlet = &worker->options.outlet;
    if (outlet->flush != NULL) {
        outlet->flush(outlet->context);
    }
    if (outlet->take_record != NULL) {
        report_own(worker);
    }
    decoder_finish(worker->decoder);
}
