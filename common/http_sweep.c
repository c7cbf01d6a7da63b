/* SPDX-License-Identifier: BSD-3-Clause -- the clock of an HTTP server's connections. */
#include "common/http_sweep.h"

#include "common/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PERIOD_MS = 1000
};

struct http_sweep {
    struct http_connections *connections;
    int stop_fd; /* readable: end */
    pthread_t thread;
};

static void *run(void *context)
{
    const struct http_sweep *sweep = context;
    struct pollfd wait = {.fd = sweep->stop_fd, .events = POLLIN};
    while (poll(&wait, 1, PERIOD_MS) <= 0) {
        http_connections_expire(sweep->connections, clock_monotonic_ns());
    }
    return NULL;
}

enum err http_sweep_start(struct http_sweep **sweep_p, struct http_connections *connections)
{
    struct http_sweep *sweep = calloc(1, sizeof *sweep);
    *sweep_p = NULL;
    if (sweep == NULL) {
        return ERR_MEMORY;
    }
    sweep->connections = connections;
    sweep->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (sweep->stop_fd >= 0 && pthread_create(&sweep->thread, NULL, run, sweep) == 0) {
        *sweep_p = sweep;
        return ERR_OK;
    }
    if (sweep->stop_fd >= 0) {
        (void)close(sweep->stop_fd);
    }
    free(sweep);
    return ERR_MEMORY;
}

void http_sweep_stop(struct http_sweep **sweep_p)
{
    struct http_sweep *sweep = *sweep_p;
    if (sweep != NULL) {
        (void)eventfd_write(sweep->stop_fd, 1);
        (void)pthread_join(sweep->thread, NULL);
        (void)close(sweep->stop_fd);
        free(sweep);
    }
    *sweep_p = NULL;
}
