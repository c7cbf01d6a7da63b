/*
 * daemon.h -- what every long-running program does: stop on signals, ignore SIGPIPE, and use all
 * the descriptors that the system allows it.
 *
 * SIGINT and SIGTERM set the stop flag and wake daemon_stop_fd(); a second one ends the process at
 * once. CZMQ's and libchdb's own signal handling is switched off by their owners.
 */
#pragma once

#include "common/err.h"

#include <signal.h>
#include <stdbool.h>

/*
 * For PR_SET_PDEATHSIG: the program that started this one is gone. The process stops as on SIGTERM,
 * and ends at the latest after most of a second.
 */
enum {
    DAEMON_ORPHAN_SIGNAL = SIGUSR2
};

/* Once, at the start of main, before any thread. */
MUST_CHECK enum err daemon_setup(void);

/*
 * At the start of a thread: from now on signals are for others, so that they cut none of its calls
 * short. Main must stay one of these.
 */
void daemon_block_signals(void);

bool daemon_is_stopping(void);

/* Becomes readable when the process is asked to stop, for poll(2); valid after daemon_setup(). */
int daemon_stop_fd(void);

/*
 * From now on SIGHUP does not end the process, but asks it to read its files again; or to stop,
 * when the terminal that it was started in is gone.
 */
MUST_CHECK enum err daemon_catch_reload(void);

/* Becomes readable when that is asked for; -1, which poll(2) passes over, before it is caught. */
int daemon_reload_fd(void);

/* True when it was asked for since the last time. */
bool daemon_take_reload(void);

/* Asks the process to stop, as a signal would. */
void daemon_stop(void);
