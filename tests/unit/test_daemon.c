/* SPDX-License-Identifier: BSD-3-Clause -- how a process is asked to stop. */
#include "common/daemon.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static bool stop_is_readable(void)
{
    struct pollfd fd = {.fd = daemon_stop_fd(), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

Test(daemon, runs_until_asked_to_stop)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    cr_assert_not(daemon_is_stopping());
    cr_assert_not(stop_is_readable());
    daemon_stop();
    cr_assert(daemon_is_stopping());
    cr_assert(stop_is_readable());
}

Test(daemon, stops_on_sigterm)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    cr_assert_eq(raise(SIGTERM), 0);
    cr_assert(daemon_is_stopping());
    cr_assert(stop_is_readable());
}

static void *take_a_signal(void *context)
{
    daemon_block_signals();
    (void)pthread_kill(pthread_self(), SIGTERM);
    *(bool *)context = daemon_is_stopping();
    return NULL;
}

Test(daemon, a_thread_that_blocks_signals_is_left_alone)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    bool is_disturbed = true;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, take_a_signal, &is_disturbed), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_not(is_disturbed);
    cr_assert_eq(raise(SIGTERM), 0);
    cr_assert(daemon_is_stopping(), "the others take them");
}

Test(daemon, ends_at_once_on_a_second_signal, .signal = SIGINT)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    cr_assert_eq(raise(SIGTERM), 0);
    (void)raise(SIGINT);
}

Test(daemon, survives_a_broken_pipe)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    (void)close(ends[0]);
    cr_assert_eq(write(ends[1], "x", 1), -1);
    (void)close(ends[1]);
}

Test(daemon, reads_its_files_again_on_sighup_once_asked_for)
{
    cr_assert_eq(daemon_setup(), ERR_OK);
    cr_assert_eq(daemon_reload_fd(), -1);
    cr_assert_not(daemon_take_reload());
    cr_assert_eq(daemon_catch_reload(), ERR_OK);
    cr_assert_eq(raise(SIGHUP), 0);
    struct pollfd wait = {.fd = daemon_reload_fd(), .events = POLLIN};
    cr_assert_eq(poll(&wait, 1, 0), 1);
    cr_assert(daemon_take_reload());
    cr_assert_not(daemon_take_reload());
    cr_assert_not(daemon_is_stopping());
}

/* Standard input becomes a terminal; returns the descriptor that it lives by. */
static int open_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert_geq(master, 0);
    cr_assert_eq(grantpt(master), 0);
    cr_assert_eq(unlockpt(master), 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_geq(terminal, 0);
    cr_assert_eq(dup2(terminal, STDIN_FILENO), STDIN_FILENO);
    (void)close(terminal);
    return master;
}

Test(daemon, stops_on_sighup_when_its_terminal_is_gone)
{
    int master = open_terminal();
    cr_assert_eq(daemon_setup(), ERR_OK);
    cr_assert_eq(daemon_catch_reload(), ERR_OK);
    cr_assert_eq(raise(SIGHUP), 0);
    cr_assert_not(daemon_is_stopping(), "an operator asks for a reload");
    cr_assert(daemon_take_reload());
    (void)close(master);
    cr_assert_eq(raise(SIGHUP), 0);
    cr_assert(daemon_is_stopping());
    cr_assert_eq(raise(SIGHUP), 0, "from the shell and from the kernel");
    cr_assert_not(daemon_take_reload());
}

Test(daemon, uses_all_descriptors_that_the_system_allows)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_gt(limit.rlim_max, 64);
    limit.rlim_cur = 64;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(daemon_setup(), ERR_OK);
    struct rlimit raised;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &raised), 0);
    cr_assert_eq(raised.rlim_cur, limit.rlim_max);
}
