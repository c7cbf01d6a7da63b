/*
 * runtime_folder.h -- the private folder of the launcher's ipc sockets.
 *
 * A small process of its own waits for the end of the launcher, however that comes, and removes the
 * folder then. One thread: main's.
 */
#pragma once

#include "common/err.h"

#include <sys/types.h>

struct runtime_folder {
    char path[64];
    int guard_fd; /* the guard's pipe; its end is the launcher's */
    pid_t guard;
};

/* On failure one line is logged. The caller closes it. */
MUST_CHECK enum err runtime_folder_open(struct runtime_folder *folder);

/* Has the guard remove the folder, and waits for that; harmless when it is not open. */
void runtime_folder_close(struct runtime_folder *folder);
