/* SPDX-License-Identifier: BSD-3-Clause -- the sockets of the link: endpoints and options. */
#include "common/link.h"

#include "common/clock.h"
#include "common/decimal.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* A dead peer is found without waiting for TCP, which may take a quarter of an hour. */
enum {
    HEARTBEAT_MS = 2000,
    HEARTBEAT_TIMEOUT_MS = 6000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    RETURN_HWM = 1000,
    RETURN_LINGER_MS = 500
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

void link_routing_id(enum link_role role, uint64_t id, uint8_t out[LINK_ROUTING_ID_SIZE])
{
    out[0] = (uint8_t)role;
    for (int i = 0; i < 8; i++) {
        out[1 + i] = (uint8_t)(id >> (56 - 8 * i));
    }
}

static zsock_t *link_socket(int type, int hwm)
{
    zsock_t *socket = zsock_new(type);
    if (socket == NULL) {
        return NULL;
    }
    zsock_set_sndhwm(socket, hwm);
    zsock_set_rcvhwm(socket, hwm);
    zsock_set_linger(socket, 0);
    zsock_set_ipv6(socket, 1);
    zsock_set_heartbeat_ivl(socket, HEARTBEAT_MS);
    zsock_set_heartbeat_timeout(socket, HEARTBEAT_TIMEOUT_MS);
    zsock_set_reconnect_ivl(socket, RECONNECT_MS);
    zsock_set_reconnect_ivl_max(socket, RECONNECT_MAX_MS);
    return socket;
}

zsock_t *link_data_socket(int type)
{
    zsock_t *socket = link_socket(type, LINK_HWM);
    if (socket != NULL) {
        /* No pipe before the peer is there: batches wait in the window, not in the socket. */
        zsock_set_immediate(socket, 1);
    }
    return socket;
}

zsock_t *link_return_socket(enum link_role role, uint64_t id)
{
    zsock_t *socket = link_socket(ZMQ_ROUTER, RETURN_HWM);
    if (socket == NULL) {
        return NULL;
    }
    uint8_t routing_id[LINK_ROUTING_ID_SIZE];
    link_routing_id(role, id, routing_id);
    int failed =
        zmq_setsockopt(zsock_resolve(socket), ZMQ_ROUTING_ID, routing_id, sizeof routing_id);
    if (failed != 0) {
        zsock_destroy(&socket);
        return NULL;
    }
    /* The last acknowledgements of a store that stops still go out. */
    zsock_set_linger(socket, RETURN_LINGER_MS);
    /* After a cut network the new connection counts, not the one that is still half open. */
    zsock_set_router_handover(socket, 1);
    return socket;
}

static enum err attach_one(
    zsock_t *socket, const char *endpoint, bool is_return_channel, bool is_bind)
{
    char ack_endpoint[LINK_ENDPOINT_SIZE];
    if (link_ack_endpoint(endpoint, ack_endpoint) != ERR_OK) {
        log_error("link", "no endpoint: tcp://HOST:PORT or ipc://PATH is wanted", "endpoint=%s",
            endpoint);
        return ERR_INVALID;
    }
    const char *wanted = is_return_channel ? ack_endpoint : endpoint;
    void *handle = zsock_resolve(socket);
    int failed = is_bind ? zmq_bind(handle, wanted) : zmq_connect(handle, wanted);
    if (failed == 0) {
        return ERR_OK;
    }
    int cause = zmq_errno();
    log_error("link", is_bind ? "cannot bind" : "cannot connect", "endpoint=%s error=\"%s\"",
        wanted, zmq_strerror(cause));
    return cause == EADDRINUSE ? ERR_IN_USE : ERR_IO;
}

enum err link_attach(
    zsock_t *socket, const struct link_endpoints *endpoints, bool is_return_channel)
{
    for (size_t i = 0; i < endpoints->bind.count; i++) {
        enum err err = attach_one(socket, endpoints->bind.values[i], is_return_channel, true);
        if (err != ERR_OK) {
            return err;
        }
    }
    for (size_t i = 0; i < endpoints->connect.count; i++) {
        enum err err = attach_one(socket, endpoints->connect.values[i], is_return_channel, false);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
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
