/* SPDX-License-Identifier: BSD-3-Clause -- listens to the taps of ingests, prints their flows. */
#include "tools/tap/tap.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/flow_codec.h"
#include "common/flow_filter.h"
#include "common/link.h"
#include "common/log.h"
#include "tools/tap/tap_output.h"

#include <limits.h>
#include <stdlib.h>

#define REFRESH_NS NS_PER_S

enum {
    FRAME_MAX = 80 << 20 /* more than any batch */
};

struct tap {
    zsock_t *socket;
    struct link_guard *guard;
    struct tap_output output;
    struct flow_filter *filter; /* NULL: every flow */
    uint64_t flows_left;        /* UINT64_MAX: no limit */
    uint64_t end_ns;            /* UINT64_MAX: no limit */
    uint64_t refresh_ns;        /* when the output is due; UINT64_MAX: never */
    struct flow flow;
};

static enum err connect_all(struct tap *tap, const struct option_list *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        char plain[LINK_PLAIN_SIZE];
        enum err err = link_guard_connect(
            tap->guard, tap->socket, LINK_PEER_INGEST, endpoints->values[i], plain);
        if (err != ERR_OK) {
            return err;
        }
        if (zmq_connect(zsock_resolve(tap->socket), plain) != 0) {
            log_error("tap", "cannot connect", "endpoint=%s error=\"%s\"", endpoints->values[i],
                zmq_strerror(zmq_errno()));
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

static enum err open_socket(struct tap *tap, const struct tap_settings *settings)
{
    tap->socket = zsock_new(ZMQ_SUB);
    if (tap->socket == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_ipv6(tap->socket, 1);
    zsock_set_maxmsgsize(tap->socket, FRAME_MAX);
    zsock_set_subscribe(tap->socket, LINK_TAP_TOPIC);
    enum err err = link_guard_new(&tap->guard, &settings->protection);
    return err != ERR_OK ? err : connect_all(tap, &settings->connect);
}

static enum err open_filter(struct tap *tap, const char *expression)
{
    char why[FLOW_FILTER_WHY_SIZE];
    if (expression[0] == '\0') {
        return ERR_OK;
    }
    enum err err = flow_filter_parse(&tap->filter, expression, why);
    if (err != ERR_OK) {
        log_error("tap", "cannot filter", "error=\"%s\"", why);
    }
    return err;
}

static enum err open_output(struct tap *tap, const struct tap_settings *settings, FILE *out)
{
    if (!settings->is_top) {
        return tap_lines_new(&tap->output, settings->format, out);
    }
    tap->refresh_ns = clock_monotonic_ns() + REFRESH_NS;
    return tap_top_new(&tap->output, settings->top_key, out);
}

enum err tap_open(struct tap **tap_p, const struct tap_settings *settings, FILE *out)
{
    link_setup();
    struct tap *tap = calloc(1, sizeof *tap);
    *tap_p = tap;
    if (tap == NULL) {
        return ERR_MEMORY;
    }
    tap->flows_left = settings->flows != 0 ? settings->flows : UINT64_MAX;
    tap->end_ns = UINT64_MAX;
    tap->refresh_ns = UINT64_MAX;
    if (settings->duration_ms != 0) {
        tap->end_ns = clock_monotonic_ns() + settings->duration_ms * NS_PER_MS;
    }
    enum err err = open_filter(tap, settings->filter);
    if (err == ERR_OK) {
        err = open_socket(tap, settings);
    }
    if (err == ERR_OK) {
        err = open_output(tap, settings, out);
    }
    if (err != ERR_OK) {
        tap_close(tap_p);
    }
    return err;
}

void tap_close(struct tap **tap_p)
{
    struct tap *tap = *tap_p;
    if (tap == NULL) {
        return;
    }
    zsock_destroy(&tap->socket);
    link_guard_destroy(&tap->guard);
    flow_filter_destroy(&tap->filter);
    if (tap->output.destroy != NULL) {
        tap->output.destroy(tap->output.context);
    }
    free(tap);
    *tap_p = NULL;
}

static enum err take_flow(struct tap *tap)
{
    if (tap->filter != NULL && !flow_filter_matches(tap->filter, &tap->flow)) {
        return ERR_OK;
    }
    if (tap->flows_left != UINT64_MAX) {
        tap->flows_left--;
    }
    return tap->output.take(tap->output.context, &tap->flow);
}

static enum err take_batch(struct tap *tap, struct cursor batch)
{
    enum err err = ERR_OK;
    while (err == ERR_OK && tap->flows_left > 0 && flow_unpack(&tap->flow, &batch) == ERR_OK) {
        err = take_flow(tap);
    }
    return err == ERR_OK ? tap->output.flush(tap->output.context) : err;
}

/* Takes one message. ERR_AGAIN: none there. */
static enum err take_message(struct tap *tap)
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
            err = take_batch(tap, cursor_of(zmq_msg_data(&payload), zmq_msg_size(&payload)));
        }
        (void)zmq_msg_close(&payload);
    }
    return err;
}

/* Shows what is due, and what there is at the end. */
static enum err refresh(struct tap *tap)
{
    tap->refresh_ns = clock_monotonic_ns() + REFRESH_NS;
    return tap->output.refresh(tap->output.context);
}

/* Milliseconds until the end or the next refresh; -1: for ever. */
static long wait_ms(const struct tap *tap, uint64_t now_ns)
{
    uint64_t due_ns = tap->end_ns < tap->refresh_ns ? tap->end_ns : tap->refresh_ns;
    if (due_ns == UINT64_MAX) {
        return -1;
    }
    uint64_t left_ms = due_ns > now_ns ? (due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    return left_ms > INT_MAX ? INT_MAX : (long)left_ms;
}

/* What there is when the time is up, or when all flows were seen, is shown as well. */
enum err tap_run(struct tap *tap)
{
    zmq_pollitem_t items[] = {
        {.socket = zsock_resolve(tap->socket), .events = ZMQ_POLLIN},
        {.fd = daemon_stop_fd(), .events = ZMQ_POLLIN},
    };
    uint64_t now_ns = clock_monotonic_ns();
    enum err err = ERR_OK;
    while (!daemon_is_stopping() && tap->flows_left > 0 && now_ns < tap->end_ns &&
           (err == ERR_OK || err == ERR_AGAIN)) {
        (void)zmq_poll(items, 2, wait_ms(tap, now_ns));
        err = take_message(tap);
        now_ns = clock_monotonic_ns();
        if (now_ns >= tap->refresh_ns && err != ERR_END) {
            err = refresh(tap);
        }
    }
    if (tap->refresh_ns != UINT64_MAX && err != ERR_END) {
        err = refresh(tap);
    }
    return err == ERR_AGAIN ? ERR_OK : err;
}
