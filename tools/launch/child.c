/* SPDX-License-Identifier: BSD-3-Clause -- starts, watches and stops one program. */
#include "tools/launch/child.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    EXIT_NO_EXEC = 127,
    ENVIRONMENT_MAX = 1024
};

/* The settings in memory, readable by the child under /proc/self/fd; -1. */
static int settings_file(const struct child *child)
{
    int fd = memfd_create("settings", 0);
    if (fd < 0) {
        return -1;
    }
    size_t written = 0;
    while (written < child->settings_size) {
        ssize_t size = write(fd, child->settings + written, child->settings_size - written);
        if (size < 0) {
            (void)close(fd);
            return -1;
        }
        written += (size_t)size;
    }
    return fd;
}

/* Our folder, then the program's name. */
static enum err program_path(const struct child *child, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        return ERR_IO;
    }
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    *slash = '\0';
    int size = snprintf(path, PATH_MAX, "%s/%s", self, child->program);
    return size < PATH_MAX ? ERR_OK : ERR_FULL;
}

/* What the launcher has read from GOFLOW_... is in the settings, and weaker than its flags. */
static void clean_environment(const struct child *child, char *variables[ENVIRONMENT_MAX])
{
    size_t count = 0;
    if (child->metrics_flag != NULL) {
        variables[count++] = (char *)child->metrics_flag;
    }
    for (char **variable = environ; *variable != NULL && count < ENVIRONMENT_MAX - 1; variable++) {
        if (strncmp(*variable, "GOFLOW_", strlen("GOFLOW_")) != 0) {
            variables[count++] = *variable;
        }
    }
    variables[count] = NULL;
}

/* In the child, between fork and exec. */
_Noreturn static void become(const struct child *child, const char *path, int fd, pid_t parent)
{
    char config[64];
    char *variables[ENVIRONMENT_MAX];
    const char *words[CHILD_FLAGS_MAX + 3] = {path, config};
    (void)snprintf(config, sizeof config, "-config=/proc/self/fd/%d", fd);
    memcpy(words + 2, child->flags, child->flag_count * sizeof *words);
    clean_environment(child, variables);
    (void)setpgid(0, 0); /* Ctrl-C is for the launcher, which stops its children in order */
    (void)prctl(PR_SET_PDEATHSIG, DAEMON_ORPHAN_SIGNAL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (child->is_check) {
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    }
    if (getppid() == parent) {
        (void)execve(path, (char *const *)words, variables);
        log_error("launch", "cannot start", "program=%s error=\"%s\"", path, strerror(errno));
    }
    _exit(EXIT_NO_EXEC);
}

enum err child_start(struct child *child)
{
    char path[PATH_MAX];
    int fd = settings_file(child);
    if (fd < 0 || program_path(child, path) != ERR_OK) {
        log_error(
            "launch", "cannot prepare", "program=%s error=\"%s\"", child->program, strerror(errno));
        return ERR_IO;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become(child, path, fd, parent);
    }
    (void)close(fd);
    child->fd = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (child->fd < 0) {
        log_error(
            "launch", "cannot start", "program=%s error=\"%s\"", child->program, strerror(errno));
        return ERR_IO;
    }
    child->pid = pid;
    child->starts++;
    child->started_ns = clock_monotonic_ns();
    if (!child->is_check) {
        log_info("launch", "started", "program=%s number=%u pid=%d", child->program, child->number,
            (int)pid);
    }
    return ERR_OK;
}

void child_signal(const struct child *child, int signal_number)
{
    if (child->pid > 0) {
        (void)pidfd_send_signal(child->fd, signal_number, NULL, 0);
    }
}

void child_reload(const struct child *child)
{
    if (child->takes_reload) {
        child_signal(child, SIGHUP);
    }
}

struct child_end child_reap(struct child *child)
{
    int status = 0;
    (void)waitpid(child->pid, &status, 0);
    (void)close(child->fd);
    child->fd = -1;
    child->pid = 0;
    bool is_signal = WIFSIGNALED(status);
    return (struct child_end){
        .is_signal = is_signal, .code = is_signal ? WTERMSIG(status) : WEXITSTATUS(status)};
}

int child_check(const struct child *child)
{
    struct child check = *child;
    if (check.flag_count == CHILD_FLAGS_MAX) {
        return EXIT_FAILURE;
    }
    check.flags[check.flag_count++] = "-check";
    check.is_check = true;
    if (child_start(&check) != ERR_OK) {
        return EXIT_FAILURE;
    }
    struct child_end end = child_reap(&check);
    return end.is_signal ? EXIT_FAILURE : end.code;
}
