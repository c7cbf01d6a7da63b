/*
 * landlock.h -- which files and TCP ports the threads of this process may still reach.
 *
 * Landlock (Linux 5.19 and later) takes rights away for good, from the calling thread and from the
 * threads and processes that it starts afterwards: main calls it before any other thread runs. What
 * is open already stays open. A rule for a file counts for that very file, so one that is replaced
 * by another of the same name needs a rule for its folder. Kernel: Documentation/userspace-api/
 * landlock.rst.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct landlock;

enum landlock_access {
    LANDLOCK_READ, /* a file, or all below a folder */
    LANDLOCK_WRITE /* a folder: also make, change, rename and remove what is below */
};

/*
 * On success *landlock_p is the caller's: landlock_destroy() it. ERR_UNSUPPORTED: the kernel lacks
 * Landlock, or has a first version that forbids every move of a file between two folders.
 */
MUST_CHECK enum err landlock_new(struct landlock **landlock_p);
void landlock_destroy(struct landlock **landlock_p);

/* True when the kernel also confines TCP (Linux 6.7). UDP is not confined. */
bool landlock_has_network(const struct landlock *landlock);

/* A path that does not exist, or that this user cannot reach, is left out. */
void landlock_allow(struct landlock *landlock, const char *path, enum landlock_access access);
/* Port 0 allows ports that the system chooses. */
void landlock_allow_bind(struct landlock *landlock, uint16_t port);
void landlock_allow_connect(struct landlock *landlock, uint16_t port);

/* From now on nothing else can be reached. ERR_IO, with errno: nothing has changed, or a rule could
 * not be added before. */
MUST_CHECK enum err landlock_enforce(struct landlock *landlock);
