/* SPDX-License-Identifier: BSD-3-Clause -- connections that would take the last descriptors. */
#include "common/link_limit.h"

#include "common/daemon.h"
#include "common/link.h"
#include "common/log.h"
#include "common/log_pause.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
    EVENT_SIZE = 6, /* of the first frame: 16 bits event, 32 bits value; zmq_socket_monitor(3) */
    ENDPOINT_SIZE = 64,
    FEW_DESCRIPTORS = 512
};

struct link_limit {
    zsock_t *socket; /* borrowed */
    zactor_t *actor;
    struct counter *ended; /* borrowed; the actor's */
    struct log_pause log;
    int descriptor;
    char endpoint[ENDPOINT_SIZE]; /* of the monitor */
};

const char *link_limit_channel_name(enum link_limit_channel channel)
{
    static const char *const NAMES[LINK_LIMIT_COUNT] = {
        [LINK_LIMIT_DATA] = "data", [LINK_LIMIT_RETURN] = "return", [LINK_LIMIT_TAP] = "tap"};
    return NAMES[channel];
}

int link_limit_descriptor(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) {
        return INT_MAX;
    }
    /* A program without any peer has about 64 open. */
    rlim_t reserve = limit.rlim_cur / (limit.rlim_cur < FEW_DESCRIPTORS ? 4 : 2);
    return (int)(limit.rlim_cur - reserve);
}

/* libzmq may have closed it by now; what has its number then is no connection, or one more. */
static void end_connection(struct link_limit *limit, int fd)
{
    if (shutdown(fd, SHUT_RDWR) != 0) {
        return;
    }
    counter_add(limit->ended, 1);
    if (log_pause_is_over(&limit->log, clock_monotonic_ns())) {
        log_warning("link", "connections are ended to keep descriptors for disk, HTTP and database",
            "first_reserved=%d not_logged=%" PRIu64
            " mend=\"raise LimitNOFILE or ulimit -n, or let only peers reach the link\"",
            limit->descriptor, log_pause_skipped(&limit->log));
    }
}

static void take_event(struct link_limit *limit, zsock_t *monitor)
{
    zmsg_t *message = zmsg_recv(monitor);
    zframe_t *frame = message != NULL ? zmsg_first(message) : NULL;
    if (frame != NULL && zframe_size(frame) == EVENT_SIZE) {
        uint16_t event;
        int32_t fd;
        memcpy(&event, zframe_data(frame), sizeof event);
        memcpy(&fd, zframe_data(frame) + sizeof event, sizeof fd);
        if (event == ZMQ_EVENT_ACCEPTED && fd >= limit->descriptor) {
            end_connection(limit, fd);
        }
    }
    zmsg_destroy(&message);
}

static void run(zsock_t *pipe, void *context)
{
    struct link_limit *limit = context;
    daemon_block_signals();
    zsock_t *monitor = zsock_new(ZMQ_PAIR);
    bool is_open = monitor != NULL && zsock_connect(monitor, "%s", limit->endpoint) == 0;
    zpoller_t *poller = is_open ? zpoller_new(pipe, monitor, NULL) : NULL;
    (void)zsock_signal(pipe, poller != NULL ? 0 : 1);
    while (poller != NULL) {
        void *ready = zpoller_wait(poller, -1);
        if (ready == monitor) {
            take_event(limit, monitor);
        } else if (ready == pipe || zpoller_terminated(poller)) {
            break;
        }
    }
    zpoller_destroy(&poller);
    zsock_destroy(&monitor);
}

enum err link_limit_new(struct link_limit **limit_p, zsock_t *socket, struct counter *ended)
{
    struct link_limit *limit = calloc(1, sizeof *limit);
    *limit_p = limit;
    if (limit == NULL) {
        return ERR_MEMORY;
    }
    limit->socket = socket;
    limit->ended = ended;
    limit->descriptor = link_limit_descriptor();
    (void)snprintf(
        limit->endpoint, sizeof limit->endpoint, "inproc://limit-%016" PRIx64, link_random_id());
    void *self = zsock_resolve(socket);
    if (zmq_socket_monitor(self, limit->endpoint, ZMQ_EVENT_ACCEPTED) == 0) {
        limit->actor = zactor_new(run, limit);
    }
    if (limit->actor == NULL) {
        link_limit_destroy(limit_p);
        return ERR_MEMORY;
    }
    return ERR_OK;
}

void link_limit_destroy(struct link_limit **limit_p)
{
    struct link_limit *limit = *limit_p;
    if (limit == NULL) {
        return;
    }
    /* The monitor first: one that nobody reads would stop libzmq's thread in the end. */
    (void)zmq_socket_monitor(zsock_resolve(limit->socket), NULL, 0);
    zactor_destroy(&limit->actor);
    free(limit);
    *limit_p = NULL;
}
