/* SPDX-License-Identifier: BSD-3-Clause -- the sockets of the link: endpoints and options. */
#include "common/link.h"

#include "common/clock.h"
#include "common/decimal.h"
#include "common/log.h"
#include "common/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/*
 * No ZMTP heartbeats: libzmq aborts the process when one is due on a connection that ended while
 * its input was stopped, as a full pipe stops it (libzmq #4364, #4767). The kernel's keepalive
 * finds a peer whose machine is gone, and link_channel.h one that does not answer.
 */
enum {
    KEEPALIVE_IDLE_S = 5,
    KEEPALIVE_INTERVAL_S = 2,
    KEEPALIVE_PROBES = 3,
    CONNECT_TIMEOUT_MS = 3000, /* a packet lost on the way must not cost a try its seven seconds */
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    RETURN_HWM = 64, /* messages, which may be large; what finds no room is said again */
    RETURN_LINGER_MS = 500
};

/* A peer that sends a larger frame loses its connection. The payload of a batch has 64 MiB. */
enum {
    DATA_FRAME_MAX = 80 << 20,
    RETURN_FRAME_MAX = LINK_ANSWER_MAX
};

/*
 * The peer's kernel acknowledges data of the return channel within this time, or the
 * connection ends. Not for data: Linux applies the limit also to a peer that is alive and does not
 * read, and a store whose database stands still does not.
 */
enum {
    RETURN_USER_TIMEOUT_MS = 10000
};

/*
 * What free() keeps for the next batches: blocks of half a million rows give back 62 MB each, and
 * several may be written at about the same time. 32 MiB is the most that M_MMAP_THRESHOLD takes.
 */
enum {
    HEAP_BATCH_MOST = 32 << 20,
    HEAP_KEPT = 256 << 20
};

/*
 * A batch is a quarter of a megabyte, and without this free() gives such blocks back to the kernel,
 * which then hands out the next one page by page, zeroed.
 */
static void keep_freed_batches(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_BATCH_MOST);
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
}

void link_setup(void)
{
    keep_freed_batches();
    (void)zsys_init();
    zsys_handler_set(NULL);
}

static enum err tcp_ack_endpoint(const char *endpoint, char out[LINK_ENDPOINT_SIZE])
{
    const char *host = endpoint + strlen("tcp://");
    const char *colon = strrchr(host, ':');
    if (colon == NULL || colon == host) {
        return ERR_INVALID;
    }
    uint64_t port;
    if (decimal_parse(colon + 1, UINT16_MAX - 1, &port) != ERR_OK || port == 0) {
        return ERR_INVALID;
    }
    int written = snprintf(
        out, LINK_ENDPOINT_SIZE, "%.*s:%" PRIu64, (int)(colon - endpoint), endpoint, port + 1);
    return written < LINK_ENDPOINT_SIZE ? ERR_OK : ERR_INVALID;
}

enum err link_ack_endpoint(const char *endpoint, char out[LINK_ENDPOINT_SIZE])
{
    if (strncmp(endpoint, "tcp://", 6) == 0) {
        return tcp_ack_endpoint(endpoint, out);
    }
    if (strncmp(endpoint, "ipc://", 6) != 0 && strncmp(endpoint, "inproc://", 9) != 0) {
        return ERR_INVALID;
    }
    int written = snprintf(out, LINK_ENDPOINT_SIZE, "%s.ack", endpoint);
    return written < LINK_ENDPOINT_SIZE ? ERR_OK : ERR_INVALID;
}

void link_old_name(uint64_t ingest_id, uint8_t out[LINK_OLD_NAME_SIZE])
{
    out[0] = 'i';
    for (int i = 0; i < 8; i++) {
        out[1 + i] = (uint8_t)(ingest_id >> (56 - 8 * i));
    }
}

static zsock_t *link_socket(int type, int hwm, int frame_bytes)
{
    zsock_t *socket = zsock_new(type);
    if (socket == NULL) {
        return NULL;
    }
    zsock_set_sndhwm(socket, hwm);
    zsock_set_rcvhwm(socket, hwm);
    zsock_set_maxmsgsize(socket, frame_bytes);
    zsock_set_linger(socket, 0);
    zsock_set_ipv6(socket, 1);
    zsock_set_tcp_keepalive(socket, 1);
    zsock_set_tcp_keepalive_idle(socket, KEEPALIVE_IDLE_S);
    zsock_set_tcp_keepalive_intvl(socket, KEEPALIVE_INTERVAL_S);
    zsock_set_tcp_keepalive_cnt(socket, KEEPALIVE_PROBES);
    zsock_set_connect_timeout(socket, CONNECT_TIMEOUT_MS);
    zsock_set_reconnect_ivl(socket, RECONNECT_MS);
    zsock_set_reconnect_ivl_max(socket, RECONNECT_MAX_MS);
    /* No pipe before the peer is there: batches wait in the window, not in the socket. */
    zsock_set_immediate(socket, 1);
    return socket;
}

zsock_t *link_data_socket(int type)
{
    return link_socket(type, LINK_HWM, DATA_FRAME_MAX);
}

zsock_t *link_return_socket(int type)
{
    zsock_t *socket = link_socket(type, RETURN_HWM, RETURN_FRAME_MAX);
    if (socket != NULL) {
        zsock_set_tcp_maxrt(socket, RETURN_USER_TIMEOUT_MS);
        /* The last acknowledgements of a store that stops still go out. */
        zsock_set_linger(socket, RETURN_LINGER_MS);
    }
    return socket;
}

enum err link_refuse(const struct link_place *place, int cause)
{
    char value[2 * LINK_ENDPOINT_SIZE];
    bool is_same = strcmp(place->given, place->endpoint) == 0;
    (void)snprintf(value, sizeof value, "%s%s%s", place->given,
        is_same ? "" : " return_channel=", is_same ? "" : place->endpoint);
    const struct refusal refusal = {.component = "link",
        .flag = place->flag,
        .key = "endpoint",
        .value = value,
        .cause = cause};
    return refuse_address(&refusal);
}

enum err link_bind(zsock_t *socket, const struct link_place *place)
{
    int failed = zmq_bind(zsock_resolve(socket), place->endpoint);
    return failed == 0 ? ERR_OK : link_refuse(place, zmq_errno());
}

enum err link_connect(zsock_t *socket, const struct link_place *place)
{
    if (zmq_connect(zsock_resolve(socket), place->endpoint) == 0) {
        return ERR_OK;
    }
    log_error("link", "cannot connect",
        "flag=%s endpoint=%s error=\"%s\" mend=\"give tcp://HOST:PORT or ipc://PATH\"", place->flag,
        place->given, zmq_strerror(zmq_errno()));
    return ERR_INVALID;
}

static void link_free(void *bytes, void *hint)
{
    (void)hint;
    free(bytes);
}

enum err link_message_take(zmq_msg_t *message_p, void *bytes, size_t size)
{
    return zmq_msg_init_data(message_p, bytes, size, link_free, NULL) == 0 ? ERR_OK : ERR_MEMORY;
}

uint64_t link_random_id(void)
{
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id || id == 0) {
        id = clock_wall_ns() | 1;
    }
    return id;
}
