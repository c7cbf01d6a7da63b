/* SPDX-License-Identifier: BSD-3-Clause -- the launcher's loop over its children. */
#include "tools/launch/supervise.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/options.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESTART_MS = 1000, /* between two starts of one child */
    FAILURES_MAX = 5,  /* starts in a row that failed, of a child that had started before */
    TICK_MS = 200      /* how often starts that wait are looked at */
};

enum phase {
    PHASE_RUN,
    PHASE_STOP_INGEST, /* waiting for the ingest to hand over its last flows */
    PHASE_STOP_STORES
};

struct supervisor {
    struct household *household;
    enum phase phase;
    int status;
};

static uint64_t age_ms(const struct child *child)
{
    return (clock_monotonic_ns() - child->started_ns) / NS_PER_MS;
}

static bool any_store_runs(const struct household *household)
{
    for (uint32_t i = 0; i < household->store_count; i++) {
        if (household->stores[i].pid > 0) {
            return true;
        }
    }
    return false;
}

static void stop_stores(struct supervisor *supervisor)
{
    supervisor->phase = PHASE_STOP_STORES;
    for (uint32_t i = 0; i < supervisor->household->store_count; i++) {
        child_signal(&supervisor->household->stores[i], SIGTERM);
    }
}

static void stop_all(struct supervisor *supervisor, int status)
{
    if (supervisor->status == EXIT_SUCCESS) {
        supervisor->status = status;
    }
    if (supervisor->phase != PHASE_RUN) {
        return;
    }
    if (supervisor->household->ingest.pid > 0) {
        supervisor->phase = PHASE_STOP_INGEST;
        child_signal(&supervisor->household->ingest, SIGTERM);
        return;
    }
    stop_stores(supervisor);
}

static void on_ingest_end(struct supervisor *supervisor, struct child_end end)
{
    if (supervisor->phase == PHASE_RUN && end.is_signal) {
        return; /* killed: it is started again */
    }
    if (supervisor->phase != PHASE_STOP_STORES) {
        supervisor->phase = PHASE_RUN;
        stop_all(supervisor, end.is_signal ? EXIT_FAILURE : end.code);
    }
}

/*
 * A store ends with a status only when it cannot start: its port is busy, its folder locked. What
 * keeps a second start from succeeding may pass, like the port of a process that was just killed.
 */
static bool cannot_start(struct child *store, struct child_end end)
{
    bool has_failed = !end.is_signal && end.code != EXIT_SUCCESS;
    store->failures = has_failed ? store->failures + 1 : 0;
    return has_failed && (store->failures == store->starts || store->failures >= FAILURES_MAX);
}

static void on_store_end(struct supervisor *supervisor, struct child *store, struct child_end end)
{
    if (cannot_start(store, end)) {
        if (end.code != OPTION_EXIT_REFUSED) { /* else its one line has everything */
            log_error("launch", "a program cannot start, as its line above says: giving up",
                "program=%s number=%u status=%d starts=%u", store->program, store->number, end.code,
                store->starts);
        }
        stop_all(supervisor, end.code);
    } else if (supervisor->phase == PHASE_STOP_STORES && supervisor->status == EXIT_SUCCESS) {
        supervisor->status = end.is_signal ? EXIT_FAILURE : end.code;
    }
}

/* True when a line of the launcher's would tell nothing new: who gives up has said why. */
static bool is_told(const struct supervisor *supervisor, struct child_end end)
{
    if (supervisor->phase == PHASE_RUN) {
        return !end.is_signal && end.code != EXIT_SUCCESS;
    }
    return !end.is_signal || end.code == SIGTERM; /* ours, before the child caught it */
}

static void on_end(struct supervisor *supervisor, struct child *child)
{
    struct child_end end = child_reap(child);
    log_line(is_told(supervisor, end) ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "launch", "ended",
        "program=%s number=%u %s=%d", child->program, child->number,
        end.is_signal ? "signal" : "status", end.code);
    if (child == &supervisor->household->ingest) {
        on_ingest_end(supervisor, end);
    } else {
        on_store_end(supervisor, child, end);
    }
}

static void start_if_due(struct supervisor *supervisor, struct child *child)
{
    bool is_wanted = supervisor->phase == PHASE_RUN || (supervisor->phase == PHASE_STOP_INGEST &&
                                                           child != &supervisor->household->ingest);
    if (!is_wanted || child->pid > 0 || child->failures >= FAILURES_MAX ||
        (child->starts > 0 && age_ms(child) < RESTART_MS)) {
        return;
    }
    if (child_start(child) != ERR_OK) {
        stop_all(supervisor, EXIT_FAILURE);
    }
}

static void start_due(struct supervisor *supervisor)
{
    struct household *household = supervisor->household;
    for (uint32_t i = 0; i < household->store_count; i++) {
        start_if_due(supervisor, &household->stores[i]);
    }
    start_if_due(supervisor, &household->ingest);
}

static void reload_all(struct supervisor *supervisor)
{
    if (!supervisor->household->ingest.takes_reload) {
        log_warning("launch", "nothing to read again",
            "set=\"none of -sampling.map, -mapping and -zmq.keys\"");
    }
    child_reload(&supervisor->household->ingest);
    for (uint32_t i = 0; i < supervisor->household->store_count; i++) {
        child_reload(&supervisor->household->stores[i]);
    }
}

/* Waits for a child's end, a signal, or a start that is due. */
static void wait_once(struct supervisor *supervisor)
{
    struct household *household = supervisor->household;
    struct pollfd fds[SUPERVISE_STORES_MAX + 3];
    struct child *owners[SUPERVISE_STORES_MAX + 3];
    nfds_t count = 0;
    for (uint32_t i = 0; i <= household->store_count; i++) {
        struct child *child = i == 0 ? &household->ingest : &household->stores[i - 1];
        if (child->pid > 0) {
            owners[count] = child;
            fds[count++] = (struct pollfd){.fd = child->fd, .events = POLLIN};
        }
    }
    nfds_t child_count = count;
    if (supervisor->phase == PHASE_RUN) {
        fds[count++] = (struct pollfd){.fd = daemon_stop_fd(), .events = POLLIN};
        fds[count++] = (struct pollfd){.fd = daemon_reload_fd(), .events = POLLIN};
    }
    if (poll(fds, count, TICK_MS) < 0 && errno != EINTR) {
        log_error("launch", "cannot wait", "error=\"%s\"", strerror(errno));
        stop_all(supervisor, EXIT_FAILURE);
        return;
    }
    for (nfds_t i = 0; i < child_count; i++) {
        if (fds[i].revents != 0) {
            on_end(supervisor, owners[i]);
        }
    }
    if (daemon_take_reload()) {
        reload_all(supervisor);
    }
    if (daemon_is_stopping()) {
        stop_all(supervisor, EXIT_SUCCESS);
    }
}

int supervise_check(const struct household *household)
{
    const struct child *child = &household->ingest;
    int status = child_check(child);
    for (uint32_t i = 0; i < household->store_count && status == EXIT_SUCCESS; i++) {
        child = &household->stores[i];
        status = child_check(child);
    }
    /* One that refuses its settings names itself. */
    if (status != EXIT_SUCCESS && status != OPTION_EXIT_REFUSED) {
        log_error("launch", "giving up: it cannot open what it needs",
            "program=%s number=%u status=%d", child->program, child->number, status);
    }
    return status;
}

int supervise(struct household *household)
{
    struct supervisor supervisor = {.household = household, .phase = PHASE_RUN};
    if (daemon_catch_reload() != ERR_OK) {
        return EXIT_FAILURE;
    }
    do {
        start_due(&supervisor);
        wait_once(&supervisor);
    } while (supervisor.phase != PHASE_STOP_STORES || any_store_runs(household));
    return supervisor.status;
}
