/* SPDX-License-Identifier: BSD-3-Clause -- one receive worker: sockets in, decoder, outlet. */
#include "ingest/receive/worker.h"

#include "common/clock.h"
#include "common/log.h"
#include "ingest/decode/decode_counters.h"
#include "ingest/receive/worker_state.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_SLOTS = 64,
    BLOCKS_PER_TURN = 8,  /* then the other sockets and the pipe get theirs */
    STOP_DRAIN_MS = 2000, /* a stop does not wait for the flood to end */
    EXPIRE_MS = 1000      /* how often data without a template is looked through */
};

/* Forged senders must cost as little as can be: they never reach the decoder's tables. */
static bool is_allowed(struct worker *worker, const struct datagram *datagram, size_t port)
{
    if (allow_list_has(worker->options.allowed, &datagram->source)) {
        return true;
    }
    counter_add(&worker->refused[port], 1);
    uint64_t words[2];
    memcpy(words, datagram->source.bytes, sizeof words);
    counter_set(&worker->refused_sender[0], words[0]);
    counter_set(&worker->refused_sender[1], words[1]);
    return false;
}

static enum traffic_type decode_one(
    struct worker *worker, const struct datagram *datagram, uint64_t now_ns)
{
    struct traffic_entry *entry = traffic_count(worker->traffic, datagram, now_ns);
    enum decode_status status = decoder_decode(worker->decoder, datagram, &worker->sink);
    counter_add(&worker->answers[status], 1);
    if (status != DECODE_OK) {
        counter_add(&worker->times[entry->key.type].faults, 1);
        counter_add(&entry->bad_versions, status == DECODE_VERSION);
    }
    return (enum traffic_type)entry->key.type;
}

/* A clock for each datagram would cost more than many a datagram: a block is measured as one. */
struct block_times {
    uint64_t begin_ns;  /* before it was received */
    uint64_t decode_ns; /* before it was decoded */
    uint64_t end_ns;
};

static void count_times(struct worker *worker, const struct block_times *block,
    const uint32_t counts[TRAFFIC_TYPE_COUNT], uint32_t count)
{
    uint64_t decoding_ns = (block->end_ns - block->decode_ns) / count;
    uint64_t processing_ns = (block->end_ns - block->begin_ns) / count;
    for (int i = 0; i < TRAFFIC_TYPE_COUNT; i++) {
        if (counts[i] > 0) {
            struct worker_times *times = &worker->times[i];
            counter_add(&times->datagrams, counts[i]);
            quantiles_add_many(&times->decoding_ns, decoding_ns, counts[i], block->end_ns);
            quantiles_add_many(&times->processing_ns, processing_ns, counts[i], block->end_ns);
        }
    }
}

/* Returns the number of datagrams. */
static uint32_t receive_block(struct worker *worker, size_t port)
{
    struct block_times times = {.begin_ns = clock_monotonic_ns()};
    uint32_t counts[TRAFFIC_TYPE_COUNT] = {0};
    uint32_t count = datagram_block_receive(worker->block, worker->options.ports[port].socket);
    struct datagram datagram = {
        .received_ns = clock_wall_ns(),
        .local_port = worker->options.ports[port].bound.port,
    };
    times.decode_ns = clock_monotonic_ns();
    for (uint32_t i = 0; i < count; i++) {
        datagram_block_get(worker->block, i, &datagram);
        counter_add(&worker->datagrams[port], 1);
        counter_add(&worker->bytes[port], datagram.size);
        if (is_allowed(worker, &datagram, port)) {
            counts[decode_one(worker, &datagram, times.decode_ns)]++;
        }
    }
    worker->received += count;
    if (count > 0) {
        times.end_ns = clock_monotonic_ns();
        count_times(worker, &times, counts, count);
    }
    return count;
}

/* True when there may be more. */
static bool receive_turn(struct worker *worker, size_t port)
{
    for (int i = 0; i < BLOCKS_PER_TURN; i++) {
        if (receive_block(worker, port) < BLOCK_SLOTS) {
            return false;
        }
    }
    return true;
}

/* Nothing else ends the wait of data whose exporter fell silent before their template came. */
static bool expire(struct worker *worker, uint64_t now_ns)
{
    if (now_ns - worker->expired_ns >= EXPIRE_MS * NS_PER_MS) {
        worker->expired_ns = now_ns;
        decoder_expire(worker->decoder, clock_wall_ns());
    }
    return counter_get(&decoder_counters(worker->decoder)->held_sets) > 0;
}

/* Returns after how many ms the next turn is due at the latest; -1: whenever something comes. */
static int tick(struct worker *worker)
{
    uint64_t now_ns = clock_monotonic_ns();
    int due_ms = worker_losses_tick(worker, clock_wall_ns());
    due_ms =
        outlet_earlier(due_ms, worker->options.outlet.tick(worker->options.outlet.context, now_ns));
    due_ms = expire(worker, now_ns) ? outlet_earlier(due_ms, EXPIRE_MS) : due_ms;
    worker->has_backlog = decoder_catch_up(worker->decoder, &worker->sink);
    return worker->has_backlog ? 0 : due_ms;
}

/* Bounded in time: exporters do not stop because we do. What they sent before is all decoded. */
static void drain(struct worker *worker)
{
    uint64_t end_ns = clock_monotonic_ns() + STOP_DRAIN_MS * NS_PER_MS;
    for (size_t port = 0; port < worker->options.port_count; port++) {
        while (receive_turn(worker, port) && clock_monotonic_ns() < end_ns) {
            (void)tick(worker);
        }
    }
    do {
        (void)tick(worker);
    } while (worker->has_backlog);
}

/* True when a socket may have more. */
static bool receive_ready(struct worker *worker, const struct pollfd *waits)
{
    bool has_more = false;
    for (size_t i = 0; i < worker->options.port_count; i++) {
        if (waits[i].revents != 0) {
            has_more = receive_turn(worker, i) || has_more;
        }
    }
    return has_more;
}

/* Only the pipe is listened to meanwhile. */
static void gather(struct worker *worker, struct pollfd *pipe)
{
    uint64_t buffer_bytes = worker->options.ports[0].bound.buffer_bytes;
    int wait_ms =
        gather_wait_ms(&worker->gather, worker->received, buffer_bytes, clock_monotonic_ns());
    if (wait_ms > 0) {
        (void)poll(pipe, 1, wait_ms);
    }
}

static void run(zsock_t *pipe, void *context)
{
    struct worker *worker = context;
    size_t ports = worker->options.port_count;
    struct pollfd waits[WORKER_PORTS_MAX + 1];
    for (size_t i = 0; i < ports; i++) {
        waits[i] = (struct pollfd){.fd = worker->options.ports[i].socket, .events = POLLIN};
    }
    waits[ports] = (struct pollfd){.fd = (int)zsock_fd(pipe), .events = POLLIN};
    (void)zsock_signal(pipe, 0);
    worker_answer(worker, pipe);
    while (!worker->is_stopping) {
        int due_ms = tick(worker);
        bool is_answering = worker_answer_more(worker, pipe);
        (void)poll(waits, ports + 1, is_answering || worker->is_stopping ? 0 : due_ms);
        if (!receive_ready(worker, waits) && !worker->has_backlog) {
            gather(worker, &waits[ports]);
        }
        if (waits[ports].revents != 0) {
            worker_answer(worker, pipe);
        }
    }
    while (worker_answer_more(worker, pipe)) {
        (void)tick(worker);
    }
    drain(worker);
    worker_losses_finish(worker);
    worker->options.outlet.finish(worker->options.outlet.context);
    atomic_store(&worker->has_ended, true);
}

enum err worker_new(struct worker **worker_p, const struct worker_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);
    *worker_p = worker;
    if (worker == NULL) {
        return ERR_MEMORY;
    }
    worker->options = *options;
    worker->sink = (struct flow_sink){options->outlet.take, options->outlet.context};
    struct decoder_options decoder = options->decoder;
    decoder.records = (struct record_sink){options->outlet.take_record, options->outlet.context};
    enum err err = decoder_new(&worker->decoder, &decoder);
    if (err == ERR_OK) {
        err = datagram_block_new(&worker->block, BLOCK_SLOTS);
    }
    if (err == ERR_OK) {
        err = traffic_new(&worker->traffic, options->has_remote_ports);
    }
    if (err == ERR_OK) {
        worker->actor = zactor_new(run, worker);
        err = worker->actor != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err != ERR_OK) {
        log_error("receive", "cannot start a worker", "worker=%u error=\"%s\"", options->index,
            err_text(err));
        worker_destroy(worker_p);
    }
    return err;
}

void worker_stop(struct worker *worker)
{
    bool is_started = worker->actor != NULL;
    zactor_destroy(&worker->actor);
    assert(!is_started || atomic_load(&worker->has_ended));
}

void worker_destroy(struct worker **worker_p)
{
    struct worker *worker = *worker_p;
    if (worker == NULL) {
        return;
    }
    worker_stop(worker);
    for (size_t i = 0; i < worker->options.port_count; i++) {
        (void)close(worker->options.ports[i].socket);
    }
    worker->options.outlet.destroy(worker->options.outlet.context);
    traffic_destroy(&worker->traffic);
    datagram_block_destroy(&worker->block);
    decoder_destroy(&worker->decoder);
    free(worker);
    *worker_p = NULL;
}
