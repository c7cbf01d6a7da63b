/* SPDX-License-Identifier: BSD-3-Clause -- answers libzmq's questions about keys. */
#include "common/link_zap.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"

#include <czmq.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COMPONENT    "link"
#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

enum {
    LOG_PAUSE_MS = 60000,
    TEXT_SIZE = 64 /* of an address */
};

/* The frames of a request behind the routing frames of a ROUTER (RFC 27). */
enum {
    REQUEST_VERSION,
    REQUEST_ID,
    REQUEST_DOMAIN,
    REQUEST_ADDRESS,
    REQUEST_IDENTITY,
    REQUEST_MECHANISM,
    REQUEST_KEY,
    REQUEST_FRAMES
};

struct link_zap {
    zactor_t *actor;
    zsock_t *handler;       /* of the actor's thread once it runs */
    struct link_keys *keys; /* of the actor's thread once it runs */
    struct link_zap_counters counters;
    uint64_t log_due_ns;
    uint64_t unlogged; /* refusals since the last line */
};

struct request {
    zframe_t *frames[REQUEST_FRAMES];
};

static bool frame_is(zframe_t *frame, const char *text)
{
    return zframe_streq(frame, text);
}

/* The domain's kind; false: a question about a socket that is not ours. */
static bool request_kind(const struct request *request, enum link_peer_kind *kind_p)
{
    char *domain = zframe_strdup(request->frames[REQUEST_DOMAIN]);
    bool is_known = domain != NULL && link_peer_kind_parse(kind_p, domain);
    zstr_free(&domain);
    return is_known;
}

static bool has_curve_key(const struct request *request)
{
    return frame_is(request->frames[REQUEST_MECHANISM], "CURVE") &&
           zframe_size(request->frames[REQUEST_KEY]) == LINK_KEY_SIZE;
}

static void log_refused(
    struct link_zap *zap, const struct request *request, enum link_peer_kind kind)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns < zap->log_due_ns) {
        zap->unlogged++;
        return;
    }
    char key[LINK_KEY_TEXT_SIZE] = "none";
    char address[TEXT_SIZE];
    zframe_t *frame = request->frames[REQUEST_ADDRESS];
    (void)snprintf(
        address, sizeof address, "%.*s", (int)zframe_size(frame), (const char *)zframe_data(frame));
    if (has_curve_key(request)) {
        (void)zmq_z85_encode(key, zframe_data(request->frames[REQUEST_KEY]), LINK_KEY_SIZE);
    }
    log_warning(COMPONENT, "a peer was refused; to let it in: goflow-keys allow, then SIGHUP",
        "address=%s kind=%s key='%s' folder=%s others_since=%" PRIu64, address,
        link_peer_kind_name(kind), key, link_keys_folder(zap->keys), zap->unlogged);
    zap->log_due_ns = now_ns + LOG_PAUSE_MS * NS_PER_MS;
    zap->unlogged = 0;
}

/* The allowed peer that asks; NULL: refused. */
static const struct link_key *decide(struct link_zap *zap, const struct request *request)
{
    enum link_peer_kind kind;
    if (!frame_is(request->frames[REQUEST_VERSION], "1.0") || !request_kind(request, &kind)) {
        return NULL;
    }
    const struct link_key *peer = NULL;
    if (has_curve_key(request)) {
        peer = link_keys_find(zap->keys, kind, zframe_data(request->frames[REQUEST_KEY]));
    }
    if (peer == NULL) {
        counter_add(&zap->counters.refused[kind], 1);
        log_refused(zap, request, kind);
        return NULL;
    }
    counter_add(&zap->counters.accepted[kind], 1);
    return peer;
}

static void reply(zsock_t *handler, zframe_t **envelope, zframe_t *id, const struct link_key *peer)
{
    zmsg_t *message = zmsg_new();
    zmsg_append(message, &envelope[0]);
    zmsg_append(message, &envelope[1]);
    zmsg_addstr(message, "1.0");
    zmsg_addmem(message, zframe_data(id), zframe_size(id));
    zmsg_addstr(message, peer != NULL ? "200" : "400");
    zmsg_addstr(message, peer != NULL ? "OK" : "not allowed");
    zmsg_addstr(message, peer != NULL ? peer->name : "");
    zmsg_addmem(message, NULL, 0);
    (void)zmsg_send(&message, handler);
}

static void answer_request(struct link_zap *zap, zsock_t *handler)
{
    zmsg_t *message = zmsg_recv_nowait(handler);
    if (message == NULL) {
        return;
    }
    zframe_t *envelope[2] = {zmsg_pop(message), zmsg_pop(message)};
    struct request request = {0};
    size_t count = 0;
    for (zframe_t *frame = zmsg_first(message); frame != NULL && count < REQUEST_FRAMES;
         frame = zmsg_next(message)) {
        request.frames[count++] = frame;
    }
    /* Mechanisms without credentials have one frame less; only CURVE is let in. */
    if (count == REQUEST_FRAMES) {
        reply(handler, envelope, request.frames[REQUEST_ID], decide(zap, &request));
    } else if (count > REQUEST_ID) {
        reply(handler, envelope, request.frames[REQUEST_ID], NULL);
    }
    zframe_destroy(&envelope[0]);
    zframe_destroy(&envelope[1]);
    zmsg_destroy(&message);
}

/* Messages: "$TERM"; "KEYS" and a link_keys, which changes hands. False: the end. */
static bool obey(struct link_zap *zap, zsock_t *pipe)
{
    char *command = zstr_recv(pipe);
    bool is_end = command == NULL || streq(command, "$TERM");
    void *keys = NULL;
    if (!is_end && zsock_recv(pipe, "p", &keys) == 0 && keys != NULL) {
        link_keys_destroy(&zap->keys);
        zap->keys = keys;
        (void)zsock_signal(pipe, 0);
    }
    zstr_free(&command);
    return !is_end;
}

static void run(zsock_t *pipe, void *context)
{
    struct link_zap *zap = context;
    daemon_block_signals();
    zpoller_t *poller = zpoller_new(pipe, zap->handler, NULL);
    if (poller != NULL) {
        zpoller_set_nonstop(poller, true);
    }
    (void)zsock_signal(pipe, poller != NULL ? 0 : 1);
    bool goes_on = poller != NULL;
    while (goes_on) {
        void *ready = zpoller_wait(poller, -1);
        if (ready == pipe) {
            goes_on = obey(zap, pipe);
        } else if (ready == zap->handler) {
            answer_request(zap, zap->handler);
        }
    }
    zpoller_destroy(&poller);
}

enum err link_zap_new(struct link_zap **zap_p, struct link_keys *keys)
{
    struct link_zap *zap = calloc(1, sizeof *zap);
    *zap_p = zap;
    if (zap == NULL) {
        link_keys_destroy(&keys);
        return ERR_MEMORY;
    }
    zap->keys = keys;
    zap->handler = zsock_new(ZMQ_ROUTER);
    if (zap->handler != NULL && zsock_bind(zap->handler, ZAP_ENDPOINT) == 0) {
        zap->actor = zactor_new(run, zap);
    }
    if (zap->actor == NULL) {
        log_error(
            COMPONENT, "cannot start the authentication of peers", "endpoint=%s", ZAP_ENDPOINT);
        link_zap_destroy(zap_p);
        return ERR_IN_USE;
    }
    return ERR_OK;
}

void link_zap_destroy(struct link_zap **zap_p)
{
    struct link_zap *zap = *zap_p;
    if (zap == NULL) {
        return;
    }
    zactor_destroy(&zap->actor);
    zsock_destroy(&zap->handler);
    link_keys_destroy(&zap->keys);
    free(zap);
    *zap_p = NULL;
}

void link_zap_use(struct link_zap *zap, struct link_keys *keys)
{
    (void)zsock_send(zap->actor, "sp", "KEYS", keys);
    (void)zsock_wait(zap->actor);
}

const struct link_zap_counters *link_zap_counters(const struct link_zap *zap)
{
    return &zap->counters;
}

METRIC_FAMILY(ACCEPTED, COUNTER, "goflow_link_peers_accepted_total",
    "Connections of peers whose key is allowed.");
METRIC_FAMILY(REFUSED, COUNTER, "goflow_link_peers_refused_total",
    "Connections of peers whose key is not allowed, or that have none.");

void link_zap_collect(void *context, struct metrics_page *page)
{
    const struct link_zap *zap = context;
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT; i++) {
        const char *kind = link_peer_kind_name((enum link_peer_kind)i);
        metrics_page_add(
            page, &ACCEPTED, (double)counter_get(&zap->counters.accepted[i]), "kind=\"%s\"", kind);
        metrics_page_add(
            page, &REFUSED, (double)counter_get(&zap->counters.refused[i]), "kind=\"%s\"", kind);
    }
}
