/*
 * supervise.h -- keeps one ingest and its stores running until all is done.
 *
 * A store that dies is started again, and so is an ingest that was killed. A program that refuses
 * to start (bad settings, port in use) ends everything, and its exit status is the launcher's.
 * Asked to stop, the ingest goes first, so that its last flows reach the stores; then the stores,
 * which write what they hold. A reload is passed on to those who have files. One thread: main's.
 */
#pragma once

#include "tools/launch/child.h"

enum {
    SUPERVISE_STORES_MAX = 64
};

struct household {
    struct child ingest;
    struct child stores[SUPERVISE_STORES_MAX];
    uint32_t store_count;
};

/*
 * Has each program check its settings, before any is started: EXIT_SUCCESS, or the status of the
 * first that refuses them.
 */
int supervise_check(const struct household *household);

/* Returns the exit status for main. Signals reach it by daemon_stop_fd(). */
int supervise(struct household *household);
