/* SPDX-License-Identifier: BSD-3-Clause -- batches over PUSH and PULL, and no word comes back. */
#include "tests/support/bare_link.h"

#include "common/clock.h"
#include "common/link_frame.h"
#include "common/watch.h"
#include "store/pull/assembly.h"

#include <stdlib.h>

enum {
    PORT_HWM = 256, /* as the publisher's */
    INGEST_ID = 1,
    LEASE_MS = 10000
};

struct bare_link {
    struct bare_link_options options;
    zsock_t *port;  /* the worker's end */
    zsock_t *inbox; /* the sender's end */
    zactor_t *sender;
    zactor_t *receiver;
    struct assembly *assembly;
};

static void send_batch(void *data, struct batch *batch, uint64_t sequence)
{
    struct link_header header = {
        .ingest_id = INGEST_ID,
        .sequence = sequence,
        .flow_count = batch->flow_count,
        .payload_size = (uint32_t)batch->size,
        .day = batch->day,
        .lease_ms = LEASE_MS,
        .kind = batch->kind,
    };
    uint8_t frame[LINK_HEADER_MAX];
    zmq_msg_t payload;
    if (link_message_take(&payload, batch->bytes, batch->size) != ERR_OK) {
        abort();
    }
    batch->bytes = NULL;
    batch_destroy(&batch);
    if (zmq_send(data, frame, link_header_pack(&header, frame), ZMQ_SNDMORE) < 0 ||
        zmq_msg_send(&payload, data, 0) < 0) {
        abort();
    }
}

/* Ends with a batch that is NULL. */
static void send_batches(zsock_t *pipe, void *context)
{
    struct bare_link *link = context;
    zsock_t *data = link_data_socket(ZMQ_PUSH);
    if (data == NULL || zsock_bind(data, "%s", link->options.endpoint) != 0) {
        abort();
    }
    (void)zsock_signal(pipe, 0);
    for (uint64_t sequence = 1;; sequence++) {
        struct batch *batch = NULL;
        (void)zmq_recv(zsock_resolve(link->inbox), &batch, sizeof(struct batch *), 0);
        if (batch == NULL) {
            break;
        }
        send_batch(zsock_resolve(data), batch, sequence);
    }
    zsock_destroy(&data);
}

static void append_batch(struct bare_link *link, const struct link_header *header, zmq_msg_t *bytes)
{
    uint64_t now_ns = clock_monotonic_ns();
    struct assembly_batch batch = {
        .identity = {.ingest_id = header->ingest_id, .sequence = header->sequence},
        .lease_end_ns = now_ns + header->lease_ms * NS_PER_MS,
        .kind = header->kind,
        .flow_count = header->flow_count,
        .day = header->day,
    };
    struct assembly_place place;
    struct cursor payload = cursor_of(zmq_msg_data(bytes), zmq_msg_size(bytes));
    if (assembly_add(link->assembly, &batch, payload, now_ns, &place) != ERR_OK) {
        abort();
    }
}

/* One message, if there is one and a block has room for it. False: not so. */
static bool receive_batch(struct bare_link *link, void *data)
{
    zmq_msg_t first;
    zmq_msg_t payload;
    (void)zmq_msg_init(&first);
    (void)zmq_msg_init(&payload);
    bool is_there =
        !assembly_is_blocked(link->assembly) && zmq_msg_recv(&first, data, ZMQ_DONTWAIT) >= 0;
    if (is_there) {
        struct link_header header;
        if (zmq_msg_recv(&payload, data, 0) < 0 ||
            link_header_parse(&header, zmq_msg_data(&first), zmq_msg_size(&first)) != ERR_OK) {
            abort();
        }
        append_batch(link, &header, &payload);
    }
    (void)zmq_msg_close(&first);
    (void)zmq_msg_close(&payload);
    return is_there;
}

static bool take_finished(struct bare_link *link)
{
    bool is_any = false;
    for (struct block *block = assembly_finished(link->assembly); block != NULL;
         block = assembly_finished(link->assembly)) {
        assembly_recycle(link->assembly, block);
        is_any = true;
    }
    return is_any;
}

enum {
    ITEM_PIPE, /* $TERM */
    ITEM_BLOCKS,
    ITEM_DATA
};

/* As many of its system calls as the puller's: what it has less are leases and answers. */
static void receive_batches(zsock_t *pipe, void *context)
{
    struct bare_link *link = context;
    zsock_t *data = link_data_socket(ZMQ_PULL);
    if (data == NULL || zsock_connect(data, "%s", link->options.endpoint) != 0) {
        abort();
    }
    (void)zsock_signal(pipe, 0);
    struct watch watch = {0};
    watch_receiver(&watch, ITEM_PIPE, pipe);
    watch_receiver(&watch, ITEM_BLOCKS, link->options.exchange.socket);
    watch_receiver(&watch, ITEM_DATA, data);
    while (!watch_has_term(&watch, ITEM_PIPE)) {
        unsigned unwanted = assembly_is_blocked(link->assembly) ? WATCH_BIT(ITEM_DATA) : 0;
        unsigned ready = watch_wait(&watch, WATCH_ALL & ~unwanted, -1);
        bool has_more = (ready & WATCH_BIT(ITEM_DATA)) != 0;
        do {
            assembly_submit(link->assembly, clock_monotonic_ns(), false);
            while (has_more && !assembly_is_blocked(link->assembly)) {
                has_more = receive_batch(link, zsock_resolve(data));
                assembly_submit(link->assembly, clock_monotonic_ns(), false);
            }
        } while (take_finished(link));
        if ((ready & WATCH_BIT(ITEM_DATA)) != 0 && !has_more) {
            watch_emptied(&watch, ITEM_DATA);
        }
        watch_emptied(&watch, ITEM_BLOCKS);
    }
    zsock_destroy(&data);
}

static void open_port(struct bare_link *link)
{
    link->inbox = zsock_new(ZMQ_PULL);
    link->port = zsock_new(ZMQ_PUSH);
    if (link->inbox == NULL || link->port == NULL) {
        abort();
    }
    zsock_set_rcvhwm(link->inbox, PORT_HWM);
    zsock_set_sndhwm(link->port, PORT_HWM);
    unsigned long long name = link_random_id();
    if (zsock_bind(link->inbox, "inproc://bare-%llx", name) != 0 ||
        zsock_connect(link->port, "inproc://bare-%llx", name) != 0) {
        abort();
    }
}

struct bare_link *bare_link_new(const struct bare_link_options *options)
{
    struct bare_link *link = calloc(1, sizeof *link);
    struct assembly_options blocks = {
        .exchange = options->exchange,
        .max_rows = options->block_rows,
        .max_bytes = UINT64_MAX,
        .max_age_ms = UINT32_MAX,
        .max_inflight = options->max_inflight,
    };
    if (link == NULL || assembly_new(&link->assembly, &blocks) != ERR_OK) {
        abort();
    }
    link->options = *options;
    open_port(link);
    link->sender = zactor_new(send_batches, link);
    link->receiver = zactor_new(receive_batches, link);
    if (link->sender == NULL || link->receiver == NULL) {
        abort();
    }
    return link;
}

void bare_link_destroy(struct bare_link **link_p)
{
    struct bare_link *link = *link_p;
    struct batch *end = NULL;
    (void)zmq_send(zsock_resolve(link->port), &end, sizeof end, 0);
    zactor_destroy(&link->sender);
    zactor_destroy(&link->receiver);
    zsock_destroy(&link->port);
    zsock_destroy(&link->inbox);
    assembly_destroy(&link->assembly);
    free(link);
    *link_p = NULL;
}

enum err bare_link_offer(void *context, struct batch *batch)
{
    struct bare_link *link = context;
    int size = zmq_send(zsock_resolve(link->port), &batch, sizeof(struct batch *), ZMQ_DONTWAIT);
    return size == sizeof(struct batch *) ? ERR_OK : ERR_FULL;
}
