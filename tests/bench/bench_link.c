/* SPDX-License-Identifier: BSD-3-Clause -- what delivery costs. */

/*
 * bench_link [BATCHES [bare|link|spool]] [--with-decode]
 *
 * Bare PUSH/PULL, the link, the link with a spool. Each ends with rows in columns, in as many
 * blocks; CPU time of all threads, per flow. Batches are copies of one payload, or with
 * --with-decode what the decoder and the batcher make of NetFlow 5 datagrams.
 */
#include "common/clock.h"
#include "ingest/decode/decode.h"
#include "tests/support/link_rig.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    FLOWS = 2600, /* of a batch: about 256 KiB */
    BATCH_BYTES = 1 << 20,
    RECORDS = 30, /* of a datagram */
    DEFAULT_BATCHES = 2000,
    BLOCK_ROWS = 50000,
    BLOCKS = 3,                 /* one open, two with the writer */
    AHEAD_MAX = 4 * BLOCK_ROWS, /* flows on their way: a store that keeps up */
    DAY = 19700
};

static uint8_t payload[FLOWS * 256];
static size_t payload_size;

struct cpu_time {
    uint64_t all_ns;
    uint64_t kernel_ns;
};

static uint64_t ns_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

/* Of all threads. */
static struct cpu_time cpu_time(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    uint64_t kernel_ns = ns_of(usage.ru_stime);
    return (struct cpu_time){.all_ns = ns_of(usage.ru_utime) + kernel_ns, .kernel_ns = kernel_ns};
}

static void report(const char *what, long batches, const struct cpu_time *start)
{
    struct cpu_time now = cpu_time();
    double flows = (double)batches * FLOWS;
    double spent_ns = (double)(now.all_ns - start->all_ns);
    printf("%s: %.2f M flows per core-second, %.1f ns a flow, %.1f of them in the kernel\n", what,
        flows * 1e3 / spent_ns, spent_ns / flows,
        (double)(now.kernel_ns - start->kernel_ns) / flows);
}

/* ---- where batches come from ---- */

/* Takes a batch for good; waits while it cannot. */
typedef enum err deliver_fn(void *context, struct batch *batch);

static void copy_batches(long batches, deliver_fn *deliver, void *context)
{
    for (long i = 0; i < batches; i++) {
        struct batch *batch = batch_new(payload_size);
        memcpy(batch->bytes, payload, payload_size);
        batch->size = payload_size;
        batch->flow_count = FLOWS;
        batch->day = DAY;
        (void)deliver(context, batch);
    }
}

static void decode_batches(long batches, deliver_fn *deliver, void *context)
{
    static struct packet packet;
    packet_netflow5(&packet, RECORDS, 0);
    for (uint8_t i = 0; i < RECORDS; i++) {
        packet_netflow5_record(&packet, i);
    }
    struct decoder *decoder = NULL;
    struct batcher *batcher = NULL;
    struct batcher_options options = {
        .max_bytes = BATCH_BYTES, .max_flows = FLOWS, .deliver = deliver, .context = context};
    if (decoder_new(&decoder, &(struct decoder_options){0}) != ERR_OK ||
        batcher_new(&batcher, &options) != ERR_OK) {
        abort();
    }
    struct datagram datagram = {.bytes = packet.wire.bytes,
        .size = packet.wire.size,
        .source = address_from_ipv4((const uint8_t[4]){203, 0, 113, 9}),
        .received_ns = PACKET_EXPORT_S * NS_PER_S};
    struct flow_sink sink = {.take = batcher_take, .context = batcher};
    uint64_t flows = (uint64_t)batches * FLOWS;
    while (counter_get(&batcher_counters(batcher)->flows_in) < flows) {
        (void)decoder_decode(decoder, &datagram, &sink);
    }
    batcher_destroy(&batcher);
    decoder_destroy(&decoder);
}

static void (*make_batches)(long batches, deliver_fn *deliver, void *context) = copy_batches;

/* ---- bare: what any delivery over ZeroMQ costs ---- */

static void append_all(struct columns *blocks[BLOCKS], struct cursor payload_left, uint32_t flows)
{
    static size_t open;
    struct row_identity identity = {.ingest_id = 1};
    enum err err = columns_append(blocks[open], payload_left, flows, &identity);
    if (err == ERR_FULL) {
        open = (open + 1) % BLOCKS;
        columns_reset(blocks[open]);
        err = columns_append(blocks[open], payload_left, flows, &identity);
    }
    if (err != ERR_OK) {
        abort();
    }
}

/* A message's first frame says how many flows there are: 0 is the end. */
static void bare_receiver(zsock_t *pipe, void *context)
{
    void *socket = zsock_resolve(context);
    struct columns *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        if (columns_new(&blocks[i], BLOCK_ROWS) != ERR_OK) {
            abort();
        }
    }
    (void)zsock_signal(pipe, 0);
    for (;;) {
        uint32_t flows = 0;
        (void)zmq_recv(socket, &flows, sizeof flows, 0);
        if (flows == 0) {
            break;
        }
        zmq_msg_t message;
        (void)zmq_msg_init(&message);
        (void)zmq_msg_recv(&message, socket, 0);
        append_all(blocks, cursor_of(zmq_msg_data(&message), zmq_msg_size(&message)), flows);
        (void)zmq_msg_close(&message);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        columns_destroy(&blocks[i]);
    }
    (void)zsock_signal(pipe, 0);
}

static enum err send_bare(void *context, struct batch *batch)
{
    void *socket = zsock_resolve(context);
    zmq_msg_t message;
    if (link_message_take(&message, batch->bytes, batch->size) != ERR_OK) {
        abort();
    }
    batch->bytes = NULL;
    (void)zmq_send(socket, &batch->flow_count, sizeof batch->flow_count, ZMQ_SNDMORE);
    (void)zmq_msg_send(&message, socket, 0);
    batch_destroy(&batch);
    return ERR_OK;
}

static void measure_bare(long batches)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_ipc_endpoint(endpoint);
    zsock_t *push = link_data_socket(ZMQ_PUSH);
    zsock_t *pull = link_data_socket(ZMQ_PULL);
    (void)zsock_bind(pull, "%s", endpoint);
    (void)zsock_connect(push, "%s", endpoint);
    zactor_t *receiver = zactor_new(bare_receiver, pull);
    struct cpu_time start = cpu_time();
    make_batches(batches, send_bare, push);
    uint32_t end = 0;
    (void)zmq_send(zsock_resolve(push), &end, sizeof end, 0);
    (void)zsock_wait(receiver);
    report("bare PUSH and PULL", batches, &start);
    zactor_destroy(&receiver);
    zsock_destroy(&push);
    zsock_destroy(&pull);
}

/* ---- the link, with a writer that has nothing to do ---- */

struct idle_writer {
    zsock_t *ready; /* the puller's end */
    zsock_t *bell;
    _Atomic uint64_t rows; /* that reached it */
};

static enum err submit(void *context, struct block *block)
{
    struct idle_writer *writer = context;
    block->outcome = BLOCK_STORED;
    writer->rows += columns_rows(block->columns);
    return zmq_send(zsock_resolve(writer->bell), &block, sizeof block, 0) > 0 ? ERR_OK : ERR_FULL;
}

static struct block *finished(void *context)
{
    struct idle_writer *writer = context;
    struct block *block = NULL;
    int size = zmq_recv(zsock_resolve(writer->ready), &block, sizeof block, ZMQ_DONTWAIT);
    return size == sizeof block ? block : NULL;
}

/* The worker's end of the link. */
struct offering {
    struct publisher_port *port;
    struct idle_writer *writer;
    uint64_t flows;
};

static enum err offer(void *context, struct batch *batch)
{
    struct offering *offering = context;
    while (offering->flows > offering->writer->rows + AHEAD_MAX) {
        zclock_sleep(1);
    }
    offering->flows += batch->flow_count;
    while (publisher_offer(offering->port, batch) == ERR_FULL) {
        zclock_sleep(1);
    }
    return ERR_OK;
}

static void offer_all(struct publisher *publisher, long batches, struct idle_writer *writer)
{
    struct offering offering = {.writer = writer};
    if (publisher_port_new(&offering.port, publisher) != ERR_OK) {
        abort();
    }
    make_batches(batches, offer, &offering);
    publisher_port_destroy(&offering.port);
}

static void measure_link(const char *what, long batches, const char *spool_dir)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_ipc_endpoint(endpoint);
    struct idle_writer writer = {.ready = zsock_new(ZMQ_PAIR), .bell = zsock_new(ZMQ_PAIR)};
    /* A name of its own: libzmq gives one back only a moment after its socket is gone. */
    if (zsock_bind(writer.ready, "inproc://writer %s", what) != 0 ||
        zsock_connect(writer.bell, "inproc://writer %s", what) != 0) {
        abort();
    }
    struct puller_options pull = {
        .exchange = {.socket = writer.ready,
            .submit = submit,
            .finished = finished,
            .context = &writer},
        .max_rows = BLOCK_ROWS,
        .max_bytes = UINT64_C(1) << 30,
        .max_age_ms = 1000,
        .max_inflight = BLOCKS - 1,
        .stop_timeout_ms = 1000,
    };
    pull.endpoints.connect = (struct option_list){.count = 1, .values = {endpoint}};
    struct publisher_options publish = {
        .window_bytes = UINT64_C(1) << 30,
        .spool_dir = spool_dir,
        .spool_bytes = UINT64_C(1) << 30,
        .spool_sync_ms = 1000,
        .ack_timeout_ms = 10000,
        .stop_timeout_ms = 60000,
    };
    publish.endpoints.bind = (struct option_list){.count = 1, .values = {endpoint}};
    struct publisher *publisher = NULL;
    struct puller *puller = NULL;
    if (publisher_new(&publisher, &publish) != ERR_OK || puller_new(&puller, &pull) != ERR_OK) {
        abort();
    }
    struct cpu_time start = cpu_time();
    offer_all(publisher, batches, &writer);
    publisher_destroy(&publisher);
    report(what, batches, &start);
    puller_destroy(&puller);
    zsock_destroy(&writer.ready);
    zsock_destroy(&writer.bell);
}

/* Each of them alone too: then another program can count what it takes. */
static bool is_wanted(int argc, char **argv, const char *what)
{
    return argc < 3 || strcmp(argv[2], what) == 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[argc - 1], "--with-decode") == 0) {
        make_batches = decode_batches;
        argc--;
    }
    long batches = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_BATCHES;
    char folder[] = "/tmp/goflow-bench-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        return EXIT_FAILURE;
    }
    link_setup();
    payload_size = random_netflow5_batch(&(struct random){1}, payload, FLOWS);
    if (is_wanted(argc, argv, "bare")) {
        measure_bare(batches);
    }
    if (is_wanted(argc, argv, "link")) {
        measure_link("link", batches, NULL);
    }
    if (is_wanted(argc, argv, "spool")) {
        measure_link("link with spool", batches, folder);
    }
    rig_remove_folder(folder);
    return EXIT_SUCCESS;
}
