/* SPDX-License-Identifier: BSD-3-Clause -- a folder that is gone when the launcher is. */
#include "tools/launch/runtime_folder.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The children of a killed launcher may still make their sockets. */
enum {
    REMOVE_TRIES = 30,
    REMOVE_PAUSE_NS = 100000000
};

static bool remove_folder(const char *path)
{
    static const char *const FILES[] = {"link", "link.ack", "serve"};
    char file[PATH_MAX];
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", path, FILES[i]);
        (void)unlink(file);
    }
    return rmdir(path) == 0 || errno == ENOENT;
}

/* In the guard: the pipe ends when the launcher does. */
_Noreturn static void guard_folder(const char *path, int fd)
{
    static const struct timespec PAUSE = {.tv_nsec = REMOVE_PAUSE_NS};
    char byte;
    (void)setsid(); /* signals of the terminal are not for it */
    (void)signal(SIGTERM, SIG_IGN);
    (void)dup2(fd, STDIN_FILENO);
    (void)close_range(STDIN_FILENO + 1, UINT_MAX, 0);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < REMOVE_TRIES && !remove_folder(path); i++) {
        (void)nanosleep(&PAUSE, NULL);
    }
    _exit(EXIT_SUCCESS);
}

static enum err refuse(struct runtime_folder *folder, const char *message)
{
    log_error("launch", message, "path=%s error=\"%s\"", folder->path, strerror(errno));
    return ERR_IO;
}

enum err runtime_folder_open(struct runtime_folder *folder)
{
    *folder = (struct runtime_folder){.path = "/tmp/goflow-XXXXXX", .guard_fd = -1};
    int fds[2];
    if (mkdtemp(folder->path) == NULL) {
        return refuse(folder, "cannot make a folder");
    }
    if (pipe2(fds, O_CLOEXEC) != 0) {
        (void)rmdir(folder->path);
        return refuse(folder, "cannot make a pipe");
    }
    folder->guard = fork();
    if (folder->guard == 0) {
        guard_folder(folder->path, fds[0]);
    }
    (void)close(fds[0]);
    folder->guard_fd = fds[1];
    if (folder->guard < 0) {
        (void)close(fds[1]);
        folder->guard_fd = -1;
        (void)rmdir(folder->path);
        return refuse(folder, "cannot start the guard of a folder");
    }
    return ERR_OK;
}

void runtime_folder_close(struct runtime_folder *folder)
{
    if (folder->guard_fd >= 0) {
        (void)close(folder->guard_fd);
        (void)waitpid(folder->guard, NULL, 0);
        folder->guard_fd = -1;
    }
}
