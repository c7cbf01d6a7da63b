/* SPDX-License-Identifier: BSD-3-Clause -- what a filtered process can no longer ask the kernel. */
#include "common/syscall_filter.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    IS_UNSUPPORTED = 77
};

static bool returns(int error, long result)
{
    return result < 0 && errno == error;
}

static bool refuses_programs(void)
{
    static char *const words[] = {(char *)"true", NULL};
    return returns(EPERM, execv("/bin/true", words)) &&
           returns(EPERM, syscall(SYS_execveat, -1, "/bin/true", words, NULL, 0));
}

static bool refuses_the_kernel_s_doors(void)
{
    return returns(EPERM, syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0)) &&
           returns(EPERM, syscall(SYS_init_module, NULL, 0, "")) &&
           returns(EPERM, syscall(SYS_kexec_load, 0, 0, NULL, 0)) &&
           returns(EPERM, syscall(SYS_keyctl, 0, 0, 0, 0, 0)) &&
           returns(EPERM, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0)) &&
           returns(ENOSYS, syscall(SYS_io_uring_setup, 1, NULL)) &&
           returns(EPERM, mount("none", "/tmp", "tmpfs", 0, "")) && returns(EPERM, chroot("/tmp"));
}

static bool refuses_namespaces(void)
{
    return returns(EPERM, unshare(CLONE_NEWUSER)) &&
           returns(EPERM, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

static bool opens(int family, int type)
{
    int fd = socket(family, type, 0);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static bool keeps_its_sockets(void)
{
    return opens(AF_INET, SOCK_DGRAM) && opens(AF_UNIX, SOCK_STREAM) &&
           opens(AF_NETLINK, SOCK_RAW) && returns(EAFNOSUPPORT, socket(AF_PACKET, SOCK_RAW, 0)) &&
           returns(EAFNOSUPPORT, socket(AF_VSOCK, SOCK_STREAM, 0)) &&
           returns(EAFNOSUPPORT, socket(AF_MAX + 5, SOCK_STREAM, 0));
}

static void *refuse_in_thread(void *is_refused)
{
    *(bool *)is_refused = refuses_programs();
    return NULL;
}

static bool starts_threads(void)
{
    pthread_t thread;
    bool is_refused = false;
    return pthread_create(&thread, NULL, refuse_in_thread, &is_refused) == 0 &&
           pthread_join(thread, NULL) == 0 && is_refused;
}

static pthread_barrier_t barrier;

static void *wait_twice(void *is_refused)
{
    (void)pthread_barrier_wait(&barrier); /* this thread runs */
    (void)pthread_barrier_wait(&barrier); /* the filter is there */
    *(bool *)is_refused = refuses_programs();
    return NULL;
}

/* The body runs in a process of its own, for a filter is there for good. */
static void check(int (*body)(void))
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        _exit(body());
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status), "a refused call must not end the process");
    if (WEXITSTATUS(status) == IS_UNSUPPORTED) {
        (void)fprintf(stderr, "seccomp: not here, so nothing was tested\n");
        return;
    }
    cr_assert_eq(WEXITSTATUS(status), 0);
}

static int check_calls(void)
{
    if (syscall_filter_install() == ERR_UNSUPPORTED) {
        return IS_UNSUPPORTED;
    }
    bool is_filtered = refuses_programs() && refuses_the_kernel_s_doors() && refuses_namespaces();
    return is_filtered && keeps_its_sockets() && starts_threads() ? 0 : 1;
}

Test(syscall_filter, refuses_what_nobody_needs_and_nothing_else)
{
    check(check_calls);
}

static int check_earlier_thread(void)
{
    pthread_t thread;
    bool is_refused = false;
    if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, wait_twice, &is_refused) != 0) {
        return 1;
    }
    (void)pthread_barrier_wait(&barrier);
    enum err err = syscall_filter_install();
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_join(thread, NULL);
    if (err == ERR_UNSUPPORTED) {
        return IS_UNSUPPORTED;
    }
    return is_refused ? 0 : 1;
}

Test(syscall_filter, counts_for_threads_that_run_already)
{
    if (!syscall_filter_is_built()) {
        cr_assert_eq(syscall_filter_install(), ERR_UNSUPPORTED);
        return;
    }
    check(check_earlier_thread);
}
