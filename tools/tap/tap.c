/* SPDX-License-Identifier: BSD-3-Clause -- listens to the taps of ingests, prints their flows. */
#include "tools/tap/tap.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/flow_codec.h"
#include "common/flow_filter.h"
#include "common/link.h"
#include "common/log.h"
#include "tools/tap/tap_end.h"
#include "tools/tap/tap_output.h"

#include <stdlib.h>

#define REFRESH_NS NS_PER_S

enum {
    TICK_MS = 1000 /* connections are looked at */
};

struct tap {
    struct tap_end *ends[OPTION_LIST_MAX];
    size_t end_count;
    struct link_guard *guard;
    struct tap_output output;
    struct flow_filter *filter; /* NULL: every flow */
    uint64_t flows_left;        /* UINT64_MAX: no limit */
    uint64_t end_ns;            /* UINT64_MAX: no limit */
    uint64_t refresh_ns;        /* when the output is due; UINT64_MAX: never */
    struct flow flow;
};

static enum err connect_all(struct tap *tap, const struct tap_settings *settings)
{
    enum err err = link_guard_new(&tap->guard, &settings->protection);
    for (size_t i = 0; i < settings->connect.count && err == ERR_OK; i++) {
        err = tap_end_open(&tap->ends[tap->end_count++], settings->connect.values[i],
            link_guard_keyring(tap->guard));
    }
    return err;
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
        err = connect_all(tap, settings);
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
    for (size_t i = 0; i < tap->end_count; i++) {
        tap_end_close(&tap->ends[i]);
    }
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
static enum err take_message(struct tap *tap, struct tap_end *end)
{
    zsock_t *sub = tap_end_socket(end);
    char topic[sizeof LINK_TAP_TOPIC];
    if (sub == NULL || zmq_recv(zsock_resolve(sub), topic, sizeof topic, ZMQ_DONTWAIT) < 0) {
        return ERR_AGAIN;
    }
    tap_end_heard(end);
    enum err err = ERR_OK;
    for (int is_more = zsock_rcvmore(sub); is_more && err == ERR_OK; is_more = zsock_rcvmore(sub)) {
        zmq_msg_t payload;
        (void)zmq_msg_init(&payload);
        if (zmq_msg_recv(&payload, zsock_resolve(sub), ZMQ_DONTWAIT) >= 0) {
            err = take_batch(tap, cursor_of(zmq_msg_data(&payload), zmq_msg_size(&payload)));
        }
        (void)zmq_msg_close(&payload);
    }
    return err;
}

/* One message of each ingest. ERR_AGAIN: none there. */
static enum err take_messages(struct tap *tap)
{
    enum err all = ERR_AGAIN;
    for (size_t i = 0; i < tap->end_count && (all == ERR_OK || all == ERR_AGAIN); i++) {
        enum err err = take_message(tap, tap->ends[i]);
        all = err == ERR_AGAIN ? all : err;
    }
    return all;
}

/* Shows what is due, and what there is at the end. */
static enum err refresh(struct tap *tap)
{
    tap->refresh_ns = clock_monotonic_ns() + REFRESH_NS;
    return tap->output.refresh(tap->output.context);
}

/* Milliseconds until the end, the next refresh or the next look at the connections. */
static long wait_ms(const struct tap *tap, uint64_t now_ns)
{
    uint64_t due_ns = tap->end_ns < tap->refresh_ns ? tap->end_ns : tap->refresh_ns;
    uint64_t left_ms = due_ns > now_ns ? (due_ns - now_ns) / NS_PER_MS + 1 : 0;
    return left_ms > TICK_MS ? TICK_MS : (long)left_ms;
}

static void wait_for_work(const struct tap *tap, uint64_t now_ns)
{
    zmq_pollitem_t items[2 * OPTION_LIST_MAX + 1] = {
        {.fd = daemon_stop_fd(), .events = ZMQ_POLLIN}};
    int count = 1;
    for (size_t i = 0; i < tap->end_count; i++) {
        zsock_t *sockets[] = {tap_end_socket(tap->ends[i]), tap_end_events(tap->ends[i])};
        for (size_t j = 0; j < 2 && sockets[j] != NULL; j++) {
            items[count++] =
                (zmq_pollitem_t){.socket = zsock_resolve(sockets[j]), .events = ZMQ_POLLIN};
        }
    }
    (void)zmq_poll(items, count, wait_ms(tap, now_ns));
}

/* What there is when the time is up, or when all flows were seen, is shown as well. */
enum err tap_run(struct tap *tap)
{
    uint64_t now_ns = clock_monotonic_ns();
    enum err err = ERR_OK;
    while (!daemon_is_stopping() && tap->flows_left > 0 && now_ns < tap->end_ns &&
           (err == ERR_OK || err == ERR_AGAIN)) {
        wait_for_work(tap, now_ns);
        err = take_messages(tap);
        now_ns = clock_monotonic_ns();
        for (size_t i = 0; i < tap->end_count; i++) {
            tap_end_tick(tap->ends[i], now_ns);
        }
        if (now_ns >= tap->refresh_ns && err != ERR_END) {
            err = refresh(tap);
        }
    }
    if (tap->refresh_ns != UINT64_MAX && err != ERR_END) {
        err = refresh(tap);
    }
    return err == ERR_AGAIN ? ERR_OK : err;
}
