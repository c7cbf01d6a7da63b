/* SPDX-License-Identifier: BSD-3-Clause -- one connection to a tap, watched and made anew. */
#include "tools/tap/tap_end.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/log.h"
#include "common/log_pause.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_MAX = 80 << 20, /* more than any batch */
    AGAIN_MS = 4000,      /* between two tries after a refusal */
    WORD_MS = 2000,       /* without a connection for so long: said why */
    QUIET_MS = 5000,      /* connected and without flows for so long: said */
    EVENT_SIZE = 6,       /* 16 bits of event, 32 of value (zmq_socket_monitor(3)) */
    EVENTS = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED |
             ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
};

enum end_state {
    END_UNREACHED, /* nobody listens there, or not yet */
    END_REACHED,   /* the handshake goes on */
    END_UNSECURED, /* the handshake failed */
    END_REFUSED,   /* the ingest said no */
    END_IN
};

struct tap_end {
    const char *endpoint;
    struct link_keyring *keyring;
    zsock_t *socket;
    zsock_t *events;
    enum end_state state;
    bool is_heard;                 /* a batch came since it is in */
    bool is_quiet;                 /* said that none came */
    uint64_t since_ns;             /* in, or trying */
    struct log_pause logs[END_IN]; /* of each state, as some follow each other again and again */
};

static void disconnect(struct tap_end *end)
{
    if (end->socket != NULL) {
        (void)zmq_socket_monitor(zsock_resolve(end->socket), NULL, 0);
    }
    zsock_destroy(&end->events);
    zsock_destroy(&end->socket);
}

static enum err watch_events(struct tap_end *end)
{
    char name[64];
    (void)snprintf(name, sizeof name, "inproc://tap-events-%016" PRIx64, link_random_id());
    if (zmq_socket_monitor(zsock_resolve(end->socket), name, EVENTS) != 0) {
        return ERR_MEMORY;
    }
    end->events = zsock_new(ZMQ_PAIR);
    bool is_open = end->events != NULL && zsock_connect(end->events, "%s", name) == 0;
    return is_open ? ERR_OK : ERR_MEMORY;
}

static enum err connect_end(struct tap_end *end)
{
    end->state = END_UNREACHED;
    end->is_heard = false;
    end->is_quiet = false;
    end->since_ns = clock_monotonic_ns();
    end->socket = zsock_new(ZMQ_SUB);
    if (end->socket == NULL) {
        return ERR_MEMORY;
    }
    zsock_set_ipv6(end->socket, 1);
    zsock_set_maxmsgsize(end->socket, FRAME_MAX);
    zsock_set_subscribe(end->socket, LINK_TAP_TOPIC);
    char plain[LINK_PLAIN_SIZE];
    enum err err = watch_events(end);
    if (err == ERR_OK) {
        err =
            link_keyring_connect(end->keyring, end->socket, LINK_PEER_INGEST, end->endpoint, plain);
    }
    if (err == ERR_OK && zmq_connect(zsock_resolve(end->socket), plain) != 0) {
        log_error("tap", "cannot connect", "endpoint=%s error=\"%s\"", end->endpoint,
            zmq_strerror(zmq_errno()));
        err = ERR_INVALID;
    }
    return err;
}

enum err tap_end_open(struct tap_end **end_p, const char *endpoint, struct link_keyring *keyring)
{
    struct tap_end *end = calloc(1, sizeof *end);
    *end_p = end;
    if (end == NULL) {
        return ERR_MEMORY;
    }
    end->endpoint = endpoint;
    end->keyring = keyring;
    enum err err = connect_end(end);
    if (err != ERR_OK) {
        tap_end_close(end_p);
    }
    return err;
}

void tap_end_close(struct tap_end **end_p)
{
    if (*end_p != NULL) {
        disconnect(*end_p);
        free(*end_p);
        *end_p = NULL;
    }
}

zsock_t *tap_end_socket(const struct tap_end *end)
{
    return end->socket;
}

zsock_t *tap_end_events(const struct tap_end *end)
{
    return end->events;
}

void tap_end_heard(struct tap_end *end)
{
    end->is_heard = true;
}

static enum end_state state_after(enum end_state state, unsigned event)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        return state == END_UNREACHED ? END_REACHED : state;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return END_IN;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return END_REFUSED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return state == END_REFUSED ? state : END_UNSECURED;
    case ZMQ_EVENT_DISCONNECTED:
        return state == END_IN ? END_UNREACHED : state == END_REACHED ? END_UNSECURED : state;
    default: /* tried again: nobody was there */
        return state == END_IN ? END_UNREACHED : state;
    }
}

static void take_events(struct tap_end *end, uint64_t now_ns)
{
    uint8_t frame[256];
    void *events = zsock_resolve(end->events);
    for (int size = zmq_recv(events, frame, sizeof frame, ZMQ_DONTWAIT); size >= 0;
         size = zmq_recv(events, frame, sizeof frame, ZMQ_DONTWAIT)) {
        bool is_event = size == EVENT_SIZE && zsock_rcvmore(end->events);
        uint16_t event = 0;
        memcpy(&event, frame, sizeof event);
        enum end_state after = is_event ? state_after(end->state, event) : end->state;
        if ((after == END_IN) != (end->state == END_IN)) {
            end->since_ns = now_ns;
            end->is_heard = false;
            end->is_quiet = false;
        }
        end->state = after;
    }
}

static void log_state(struct tap_end *end)
{
    static const char *const WORDS[] = {
        [END_UNREACHED] = "no flows come: nobody answers there",
        [END_REACHED] = "no flows come: the other side does not finish the handshake",
        [END_UNSECURED] = "no flows come: the handshake failed; compare keys, and -zmq.keys",
        [END_IN] = "connected; the ingest has not published a flow yet",
    };
    if (end->state == END_REFUSED) {
        link_keyring_log_refused(end->keyring, end->endpoint, LINK_PEER_TAP);
        return;
    }
    log_warning("tap", WORDS[end->state], "endpoint=%s", end->endpoint);
}

static void say_why(struct tap_end *end, uint64_t now_ns)
{
    uint64_t waited_ms = (now_ns - end->since_ns) / NS_PER_MS;
    if (end->state == END_IN) {
        if (!end->is_heard && !end->is_quiet && waited_ms >= QUIET_MS) {
            end->is_quiet = true;
            log_state(end);
        }
        return;
    }
    bool is_due = end->state == END_REFUSED || waited_ms >= WORD_MS;
    if (is_due && log_pause_is_over(&end->logs[end->state], now_ns)) {
        log_state(end);
    }
}

void tap_end_tick(struct tap_end *end, uint64_t now_ns)
{
    if (end->socket != NULL) {
        take_events(end, now_ns);
        say_why(end, now_ns);
    }
    /* A refused connection, and one that broke the protocol, is given up by libzmq for good. */
    bool is_over = end->socket == NULL || end->state == END_REFUSED || end->state == END_UNSECURED;
    if (is_over && now_ns - end->since_ns >= AGAIN_MS * NS_PER_MS) {
        disconnect(end);
        if (connect_end(end) != ERR_OK) {
            disconnect(end);
        }
    }
}
