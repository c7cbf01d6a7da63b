/*
 * syscall_filter.h -- the system calls that no thread of this process will ever need.
 *
 * A seccomp filter, made with libseccomp where the build found it. It lists what is refused, not
 * what is allowed: the embedded engine, libzmq and libc change from version to version what they
 * call, and a list of allowed calls would break with them, while nothing of ours ever starts a
 * program, mounts, traces, loads code into the kernel, or opens a raw socket. A refused call
 * returns EPERM (clone3 and io_uring ENOSYS, so that libraries take the older way), never a signal.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>

/* False: the build had no libseccomp. */
bool syscall_filter_is_built(void);

/*
 * For all threads of the process, for good. ERR_UNSUPPORTED: not built, or not in the kernel;
 * ERR_MEMORY.
 */
MUST_CHECK enum err syscall_filter_install(void);
