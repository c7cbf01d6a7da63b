/* SPDX-License-Identifier: BSD-3-Clause -- what delivery costs. */

/*
 * Bare PUSH/PULL, the link, the link with a spool. Each ends with rows in columns; CPU time of all
 * threads, per flow.
 */
#include "common/clock.h"
#include "tests/support/link_rig.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    FLOWS = 2600, /* of a batch: about 256 KiB */
    DEFAULT_BATCHES = 2000,
    BLOCK_ROWS = 50000,
    AHEAD_MAX = 4 * BLOCK_ROWS, /* flows on their way: a store that keeps up */
    DAY = 19700
};

static uint8_t payload[FLOWS * 256];
static size_t payload_size;

static uint64_t process_cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static struct batch *make_batch(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    batch->bytes = malloc(payload_size);
    memcpy(batch->bytes, payload, payload_size);
    batch->size = payload_size;
    batch->room = payload_size;
    batch->flow_count = FLOWS;
    batch->day = DAY;
    return batch;
}

static void report(const char *what, long batches, uint64_t spent_ns)
{
    double flows = (double)batches * FLOWS;
    printf("%s: %.2f M flows per core-second, %.2f ns a flow\n", what,
        flows * 1e3 / (double)spent_ns, (double)spent_ns / flows);
}

/* ---- bare: what any delivery over ZeroMQ costs ---- */

static void bare_receiver(zsock_t *pipe, void *context)
{
    zsock_t *socket = context;
    struct columns *columns = NULL;
    if (columns_new(&columns, BLOCK_ROWS) != ERR_OK) {
        abort();
    }
    (void)zsock_signal(pipe, 0);
    struct row_identity identity = {.ingest_id = 1};
    for (;;) {
        zmq_msg_t message;
        (void)zmq_msg_init(&message);
        (void)zmq_msg_recv(&message, zsock_resolve(socket), 0);
        size_t size = zmq_msg_size(&message);
        struct cursor cursor = cursor_of(zmq_msg_data(&message), size);
        if (size > 0 && columns_append(columns, cursor, FLOWS, &identity) == ERR_FULL) {
            columns_reset(columns);
        }
        (void)zmq_msg_close(&message);
        if (size == 0) {
            break;
        }
    }
    columns_destroy(&columns);
    (void)zsock_signal(pipe, 0);
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
    uint64_t start_ns = process_cpu_ns();
    for (long i = 0; i < batches; i++) {
        struct batch *batch = make_batch();
        zmq_msg_t message;
        if (link_message_take(&message, batch->bytes, batch->size) != ERR_OK) {
            abort();
        }
        batch->bytes = NULL;
        batch_destroy(&batch);
        (void)zmq_msg_send(&message, zsock_resolve(push), 0);
    }
    (void)zmq_send(zsock_resolve(push), "", 0, 0);
    (void)zsock_wait(receiver);
    report("bare PUSH and PULL", batches, process_cpu_ns() - start_ns);
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

static void offer_all(struct publisher *publisher, long batches, struct idle_writer *writer)
{
    struct publisher_port *port = NULL;
    if (publisher_port_new(&port, publisher) != ERR_OK) {
        abort();
    }
    for (long i = 0; i < batches; i++) {
        while ((uint64_t)i * FLOWS > writer->rows + AHEAD_MAX) {
            zclock_sleep(1);
        }
        struct batch *batch = make_batch();
        while (publisher_offer(port, batch) == ERR_FULL) {
            zclock_sleep(1);
        }
    }
    publisher_port_destroy(&port);
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
        .max_inflight = 2,
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
    uint64_t start_ns = process_cpu_ns();
    offer_all(publisher, batches, &writer);
    publisher_destroy(&publisher);
    report(what, batches, process_cpu_ns() - start_ns);
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
