/* SPDX-License-Identifier: BSD-3-Clause -- the loss ledger of a worker, minute by minute. */
#include "common/clock.h"
#include "ingest/receive/worker_state.h"

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

/* The kernel does not say whose they were. */
static void report_kernel_drops(struct worker *worker, uint64_t minute_s)
{
    uint64_t kernel_drops = fresh_kernel_drops(worker);
    if (kernel_drops > 0) {
        const struct outlet *outlet = &worker->options.outlet;
        struct record record = {.present = 0};
        record_set_number(&record, LOSSES_TIME_RECEIVED, minute_s);
        record_set_number(&record, LOSSES_KERNEL_DROPS, kernel_drops);
        outlet->take_record(outlet->context, RECORD_LOSSES, &record);
    }
}

static void report_own(struct worker *worker)
{
    const struct outlet *outlet = &worker->options.outlet;
    uint64_t minute_s = worker->losses_minute * S_PER_MINUTE;
    report_kernel_drops(worker, minute_s);
    if (outlet->tell_refused != NULL) {
        outlet->tell_refused(outlet->context, minute_s);
    }
}

int worker_losses_tick(struct worker *worker, uint64_t now_ns)
{
    if (worker->options.outlet.take_record == NULL) {
        return -1;
    }
    uint64_t minute = now_ns / (S_PER_MINUTE * NS_PER_S);
    if (minute != worker->losses_minute) {
        if (worker->losses_minute != 0) {
            report_own(worker);
        }
        worker->losses_minute = minute;
        decoder_tick(worker->decoder, now_ns);
    }
    uint64_t next_ns = (minute + 1) * S_PER_MINUTE * NS_PER_S;
    return (int)((next_ns - now_ns) / NS_PER_MS + 1);
}

void worker_losses_finish(struct worker *worker)
{
    if (worker->options.outlet.take_record != NULL) {
        report_own(worker);
    }
    decoder_finish(worker->decoder);
}
