/* SPDX-License-Identifier: BSD-3-Clause -- writes of the engine to a disk that refuses them. */
/* This program stands for the engine's library: what it writes counts as the engine's. */
#include "common/daemon.h"
#include "store/sink/engine_writes.h"
#include "tests/support/captured_log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int full_fd;  /* /dev/full refuses every write with ENOSPC */
static int room_fd;  /* a file with room */
static int taken_fd; /* where the log goes meanwhile */

static void open_files(void)
{
    full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    room_fd = memfd_create("room", MFD_CLOEXEC);
    cr_assert(full_fd >= 0 && room_fd >= 0);
}

static void guard_this_program(void)
{
    void (*function)(void) = guard_this_program;
    void *address = NULL;
    memcpy(&address, &function, sizeof address);
    engine_writes_guard(address);
}

/* Makes room when the wait has been logged. */
static void *make_room(void *unused)
{
    struct stat status = {0};
    while (fstat(taken_fd, &status) == 0 && status.st_size == 0) {
        (void)poll(NULL, 0, 1);
    }
    (void)dup2(room_fd, full_fd);
    return unused;
}

Test(engine_writes, wait_until_the_disk_takes_them, .init = open_files)
{
    pthread_t maker;
    char text[8] = "";
    guard_this_program();
    captured_log_begin();
    taken_fd = STDERR_FILENO;
    int started = pthread_create(&maker, NULL, make_room, NULL);
    ssize_t written = started == 0 ? write(full_fd, "part", 4) : -1;
    (void)pthread_join(maker, NULL);
    const char *log = captured_log_end();
    cr_assert_eq(written, 4);
    cr_assert_eq(pread(room_fd, text, sizeof text, 0), 4);
    cr_assert_str_eq(text, "part");
    cr_assert_not_null(strstr(log, "the disk refuses the engine's files"));
    cr_assert_not_null(strstr(log, "the disk takes the engine's files again"));
}

Test(engine_writes, of_others_fail_at_once, .init = open_files)
{
    engine_writes_guard(NULL);
    errno = 0;
    cr_assert_eq(write(full_fd, "line", 4), -1);
    cr_assert_eq(errno, ENOSPC);
}

Test(engine_writes, fail_at_once_when_the_disk_is_not_the_reason)
{
    guard_this_program();
    errno = 0;
    cr_assert_eq(write(-1, "part", 4), -1);
    cr_assert_eq(errno, EBADF);
}

/* The engine would take the write for one that worked. */
Test(engine_writes, that_wait_at_the_stop_end_the_program, .init = open_files)
{
    guard_this_program();
    pid_t pid = fork();
    if (pid == 0) {
        daemon_stop();
        (void)!write(full_fd, "part", 4);
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), EXIT_FAILURE);
}
