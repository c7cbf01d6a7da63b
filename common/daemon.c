/* SPDX-License-Identifier: BSD-3-Clause -- signals become a flag and a readable descriptor. */
#include "common/daemon.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

enum {
    ORPHAN_STOP_US = 800000
};

static atomic_bool is_stopping;
static volatile sig_atomic_t signal_count;
static int stop_fd = -1;
static int reload_fd = -1;
static int terminal_fd = -1; /* of the standard ones, if it was started in a terminal */

static void make_readable(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* fails only when the count is full: readable all the same */
}

void daemon_stop(void)
{
    atomic_store(&is_stopping, true);
    make_readable(stop_fd);
}

/* The second signal of either kind meets the default action, as soon as this handler returns. */
static void stop_on_signal(int number)
{
    if (signal_count > 0) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
        return;
    }
    signal_count = 1;
    int saved = errno;
    daemon_stop();
    errno = saved;
}

/* SIGALRM's default action ends the process, whatever its stop still waits for. */
static void stop_as_orphan(int number)
{
    (void)number;
    int saved = errno;
    const struct itimerval limit = {.it_value = {.tv_usec = ORPHAN_STOP_US}};
    (void)setitimer(ITIMER_REAL, &limit, NULL);
    daemon_stop();
    errno = saved;
}

static bool has_lost_terminal(void)
{
    struct termios settings;
    return terminal_fd >= 0 && tcgetattr(terminal_fd, &settings) != 0;
}

/* Of a terminal that closes both the shell and the kernel tell: a second one must not end it. */
static void reload_on_signal(int number)
{
    (void)number;
    int saved = errno;
    if (has_lost_terminal()) {
        daemon_stop();
    } else {
        make_readable(reload_fd);
    }
    errno = saved;
}

static enum err catch_signal(int number, void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) != 0) {
        log_error(
            "daemon", "cannot catch signal", "signal=%d error=\"%s\"", number, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

static enum err make_eventfd(int *fd_p)
{
    *fd_p = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*fd_p < 0) {
        log_error("daemon", "cannot make an eventfd", "error=\"%s\"", strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

/*
 * The soft limit protects old programs that use select(); nothing here does. Connections of
 * strangers must not use up the descriptors of the spool and of the HTTP server.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

enum err daemon_setup(void)
{
    raise_descriptor_limit();
    enum err err = make_eventfd(&stop_fd);
    if (err != ERR_OK) {
        return err;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&ignore.sa_mask);
    if (sigaction(SIGPIPE, &ignore, NULL) != 0) {
        log_error("daemon", "cannot ignore SIGPIPE", "error=\"%s\"", strerror(errno));
        return ERR_IO;
    }
    err = catch_signal(SIGINT, stop_on_signal);
    if (err == ERR_OK) {
        err = catch_signal(SIGTERM, stop_on_signal);
    }
    return err != ERR_OK ? err : catch_signal(DAEMON_ORPHAN_SIGNAL, stop_as_orphan);
}

enum err daemon_catch_reload(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && terminal_fd < 0; fd++) {
        terminal_fd = isatty(fd) ? fd : -1;
    }
    enum err err = make_eventfd(&reload_fd);
    return err != ERR_OK ? err : catch_signal(SIGHUP, reload_on_signal);
}

int daemon_reload_fd(void)
{
    return reload_fd;
}

bool daemon_take_reload(void)
{
    uint64_t count;
    return reload_fd >= 0 && read(reload_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

void daemon_block_signals(void)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, DAEMON_ORPHAN_SIGNAL);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

bool daemon_is_stopping(void)
{
    return atomic_load(&is_stopping);
}

int daemon_stop_fd(void)
{
    return stop_fd;
}
