/* SPDX-License-Identifier: BSD-3-Clause -- listens to the taps of ingests, prints their flows. */
#include "tools/tap/tap.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/flow_codec.h"
#include "common/flow_text.h"
#include "common/link.h"
#include "common/log.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    VARINT_MAX = 5,
    LINE_ROOM =
        FLOW_TEXT_MAX > FLOW_PACKED_MAX + VARINT_MAX ? FLOW_TEXT_MAX : FLOW_PACKED_MAX + VARINT_MAX
};

/* Writes one flow into LINE_ROOM bytes; returns the size. */
typedef size_t format_fn(const struct flow *flow, char *out);

struct tap {
    zsock_t *socket;
    FILE *out;
    format_fn *format;
    uint64_t flows_left; /* UINT64_MAX: no limit */
    uint64_t end_ns;     /* UINT64_MAX: no limit */
    struct flow flow;
    char line[LINE_ROOM];
};

/* As protobuf streams are commonly delimited: each message after its length as a varint. */
static size_t format_protobuf(const struct flow *flow, char *out)
{
    uint8_t message[FLOW_PACKED_MAX];
    size_t size = flow_pack_message(flow, message);
    size_t written = 0;
    size_t rest = size;
    for (; rest >= 0x80; rest >>= 7) {
        out[written++] = (char)(rest | 0x80);
    }
    out[written++] = (char)rest;
    memcpy(out + written, message, size);
    return written + size;
}

static format_fn *format_of(const char *name)
{
    if (strcmp(name, "json") == 0) {
        return flow_print_json;
    }
    return strcmp(name, "protobuf") == 0 ? format_protobuf : flow_print_text;
}

static enum err connect_all(zsock_t *socket, const struct option_list *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        if (zmq_connect(zsock_resolve(socket), endpoints->values[i]) != 0) {
            log_error("tap", "cannot connect", "endpoint=%s error=\"%s\"", endpoints->values[i],
                zmq_strerror(zmq_errno()));
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

enum err tap_open(struct tap **tap_p, const struct tap_settings *settings, FILE *out)
{
    *tap_p = NULL;
    link_setup();
    struct tap *tap = calloc(1, sizeof *tap);
    if (tap == NULL) {
        return ERR_MEMORY;
    }
    tap->out = out;
    tap->format = format_of(settings->format);
    tap->flows_left = settings->flows != 0 ? settings->flows : UINT64_MAX;
    tap->end_ns = UINT64_MAX;
    if (settings->duration_ms != 0) {
        tap->end_ns = clock_monotonic_ns() + settings->duration_ms * NS_PER_MS;
    }
    tap->socket = zsock_new(ZMQ_SUB);
    if (tap->socket == NULL) {
        tap_close(&tap);
        return ERR_MEMORY;
    }
    zsock_set_ipv6(tap->socket, 1);
    zsock_set_subscribe(tap->socket, LINK_TAP_TOPIC);
    enum err err = connect_all(tap->socket, &settings->connect);
    if (err != ERR_OK) {
        tap_close(&tap);
        return err;
    }
    *tap_p = tap;
    return ERR_OK;
}

void tap_close(struct tap **tap_p)
{
    struct tap *tap = *tap_p;
    if (tap != NULL) {
        zsock_destroy(&tap->socket);
        free(tap);
        *tap_p = NULL;
    }
}

static enum err print_batch(struct tap *tap, struct cursor batch)
{
    while (tap->flows_left > 0) {
        if (flow_unpack(&tap->flow, &batch) != ERR_OK) {
            break;
        }
        size_t size = tap->format(&tap->flow, tap->line);
        if (fwrite(tap->line, 1, size, tap->out) != size) {
            return ERR_END;
        }
        if (tap->flows_left != UINT64_MAX) {
            tap->flows_left--;
        }
    }
    return fflush(tap->out) == 0 ? ERR_OK : ERR_END;
}

/* Prints one message. ERR_AGAIN: none there. */
static enum err print_message(struct tap *tap)
{
    void *socket = zsock_resolve(tap->socket);
    char topic[sizeof LINK_TAP_TOPIC];
    if (zmq_recv(socket, topic, sizeof topic, ZMQ_DONTWAIT) < 0) {
        return ERR_AGAIN;
    }
    enum err err = ERR_OK;
    for (int is_more = zsock_rcvmore(tap->socket); is_more && err == ERR_OK;
         is_more = zsock_rcvmore(tap->socket)) {
        zmq_msg_t payload;
        (void)zmq_msg_init(&payload);
        if (zmq_msg_recv(&payload, socket, ZMQ_DONTWAIT) >= 0) {
            err = print_batch(tap, cursor_of(zmq_msg_data(&payload), zmq_msg_size(&payload)));
        }
        (void)zmq_msg_close(&payload);
    }
    return err;
}

/* Milliseconds to wait for the next message; 0: the time is up; -1: for ever. */
static long wait_ms(const struct tap *tap)
{
    if (tap->end_ns == UINT64_MAX) {
        return -1;
    }
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns >= tap->end_ns) {
        return 0;
    }
    uint64_t left_ms = (tap->end_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms > INT_MAX ? INT_MAX : (long)left_ms;
}

enum err tap_run(struct tap *tap)
{
    zmq_pollitem_t items[] = {
        {.socket = zsock_resolve(tap->socket), .events = ZMQ_POLLIN},
        {.fd = daemon_stop_fd(), .events = ZMQ_POLLIN},
    };
    while (!daemon_is_stopping() && tap->flows_left > 0) {
        long timeout_ms = wait_ms(tap);
        if (timeout_ms == 0) {
            return ERR_OK;
        }
        (void)zmq_poll(items, 2, timeout_ms);
        enum err err = print_message(tap);
        if (err != ERR_OK && err != ERR_AGAIN) {
            return err;
        }
    }
    return ERR_OK;
}
