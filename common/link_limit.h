/*
 * link_limit.h -- how many descriptors the connections of a socket of the link may take.
 *
 * libzmq accepts whoever comes until the process has no descriptor left. The kernel gives the
 * lowest number that is free, so a connection whose number is in the upper half (below 512
 * descriptors, the upper quarter) of what the process may have shows that the rest is in use: it is
 * shut down, and libzmq closes it. The upper part stays with the spool, the HTTP servers, files and
 * the database. A thread of its own hears of
 * connections from libzmq's monitor. The thread that owns the socket makes and destroys the limit,
 * while the socket is open.
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"

#include <czmq.h>

enum link_limit_channel {
    LINK_LIMIT_DATA,
    LINK_LIMIT_RETURN,
    LINK_LIMIT_TAP,
    LINK_LIMIT_COUNT
};
const char *link_limit_channel_name(enum link_limit_channel channel);

struct link_limit;

/* Before the socket is bound. Counts in `ended`, borrowed until link_limit_destroy(). */
MUST_CHECK enum err link_limit_new(
    struct link_limit **limit_p, zsock_t *socket, struct counter *ended);
void link_limit_destroy(struct link_limit **limit_p);

/* The lowest number that a connection must not have. */
int link_limit_descriptor(void);
