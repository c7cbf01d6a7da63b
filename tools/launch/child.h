/*
 * child.h -- one program that the launcher runs: started, watched, stopped.
 *
 * The program stands in the launcher's own folder. Its settings come as a file in memory, so that
 * no secret is in its command line; the launcher's environment has been read already and is not
 * handed on. A child ends when the launcher dies. One thread.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CHILD_FLAGS_MAX = 48
};

struct child {
    const char *program;  /* "goflow-store"; borrowed */
    uint32_t number;      /* for the log */
    const char *settings; /* text for -config; borrowed */
    size_t settings_size;
    const char *flags[CHILD_FLAGS_MAX]; /* stronger than the settings; borrowed */
    size_t flag_count;
    bool is_check;            /* only checks its settings; what it prints is not shown */
    const char *metrics_flag; /* VARIABLE=FLAG that -metrics.addr is made of; NULL: itself */
    bool takes_reload;        /* has files that SIGHUP makes it read again */

    pid_t pid; /* 0: not running */
    int fd;    /* pidfd, readable when it has ended; -1 */
    uint64_t started_ns;
    uint32_t starts;
    uint32_t failures; /* starts in a row that ended with a status */
};

/* How a child ended. */
struct child_end {
    bool is_signal;
    int code; /* exit status, or the signal */
};

/*
 * Runs the program with -check, and waits for its end: 0, or the status with which it refused its
 * settings, after it has said why. On failure one line is logged, and the status is 1.
 */
int child_check(const struct child *child);

/* On failure one line is logged. */
MUST_CHECK enum err child_start(struct child *child);

/* Sends it the signal, when it runs. */
void child_signal(const struct child *child, int signal_number);

/* Passes SIGHUP on, when it runs and takes it. */
void child_reload(const struct child *child);

/* After fd became readable. */
struct child_end child_reap(struct child *child);
