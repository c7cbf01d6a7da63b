/*
 * publish_sockets.h -- what the publisher's loop asks of its sockets and of the clock.
 *
 * Internal to ingest/publish. The thread has ZeroMQ sockets and the monotonic clock; a unit test
 * has sockets and a clock of its own.
 */
#pragma once

#include "common/err.h"

#include <czmq.h>

struct batch;

/* The functions never wait; `context` is that of the table. */
struct publish_sockets {
    struct batch *(*receive_batch)(void *context); /* from the workers' ports; NULL: none */
    zmsg_t *(*receive_ack)(
        void *context); /* [store][acknowledgement]; no frames: nothing to do; NULL: none */
    bool (*can_send)(void *context); /* some store has room for a batch */
    /* Takes the payload. ERR_AGAIN: no store has room, the payload is still the caller's. */
    enum err (*send)(void *context, const uint8_t *header, size_t size, zmq_msg_t *payload);
    /* Answers a store; what cannot be sent is asked for again. */
    void (*reply)(void *context, zframe_t *store, const uint8_t *bytes, size_t size);
    /* The acknowledgement from there names its sender. False: the id belongs to another one. */
    bool (*learn)(void *context, zframe_t *store, uint64_t store_id);
    void (*tend)(void *context);       /* Hello, where it is due, after all was received */
    void (*unheard)(void *context);    /* stores took batches and asked for no leases */
    uint64_t (*now_ns)(void *context); /* monotonic */
    void *context;
};
