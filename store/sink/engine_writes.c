/* SPDX-License-Identifier: BSD-3-Clause -- the engine's writes wait until the disk takes them. */
#include "store/sink/engine_writes.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RETRY_MS = 100,
    STOP_TRIES = 30 /* 3 s: as long as a stop waits for room */
};

typedef ssize_t (*write_function)(int fd, const void *bytes, size_t size);

static _Atomic(write_function) next_write;
static _Atomic(void *) engine_base; /* where the library is loaded; NULL: it is not */
static atomic_uint waiting;         /* writes */
static atomic_uint_fast64_t waiting_since_ns;

static void *base_of(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

void engine_writes_guard(const void *function)
{
    atomic_store(&engine_base, base_of(function));
}

/* The one that this program hides: libc's, or what a test has loaded before it. */
static ssize_t write_next(int fd, const void *bytes, size_t size)
{
    write_function function = atomic_load_explicit(&next_write, memory_order_relaxed);
    if (function == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "write");
        memcpy(&function, &symbol, sizeof function);
        atomic_store_explicit(&next_write, function, memory_order_relaxed);
    }
    return function(fd, bytes, size);
}

static bool is_refusal(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EIO || error == EROFS;
}

static bool is_from_engine(const void *caller)
{
    void *base = atomic_load(&engine_base);
    return base != NULL && base_of(caller) == base;
}

static void begin_waiting(int error)
{
    if (atomic_fetch_add(&waiting, 1) == 0) {
        atomic_store(&waiting_since_ns, clock_monotonic_ns());
        log_warning("engine",
            "the disk refuses the engine's files: its INSERTs and merges wait until it takes them",
            "error=\"%s\"", strerror(error));
    }
}

static void end_waiting(void)
{
    if (atomic_fetch_sub(&waiting, 1) == 1) {
        uint64_t age_ns = clock_monotonic_ns() - atomic_load(&waiting_since_ns);
        log_notice("engine", "the disk takes the engine's files again", "after_s=%llu",
            (unsigned long long)(age_ns / NS_PER_S));
    }
}

_Noreturn static void give_up(int error)
{
    log_error("engine",
        "stopped while the disk refuses the engine's files: what was not yet acknowledged comes "
        "again",
        "error=\"%s\"", strerror(error));
    _exit(EXIT_FAILURE);
}

static ssize_t wait_and_write(int fd, const void *bytes, size_t size)
{
    unsigned tries_at_stop = 0;
    begin_waiting(errno);
    ssize_t written = -1;
    do {
        tries_at_stop += daemon_is_stopping() ? 1 : 0;
        if (tries_at_stop > STOP_TRIES) {
            give_up(errno);
        }
        int error = errno;
        (void)poll(NULL, 0, RETRY_MS);
        errno = error;
        written = write_next(fd, bytes, size);
    } while (written < 0 && (is_refusal(errno) || errno == EINTR));
    int error = errno;
    end_waiting();
    errno = error;
    return written;
}

/* Not hidden as all else is: the engine's library is to find it. */
__attribute__((visibility("default"))) ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t written = write_next(fd, bytes, size);
    if (written >= 0 || !is_refusal(errno)) {
        return written;
    }
    int error = errno;
    bool is_engine = is_from_engine(__builtin_return_address(0));
    errno = error;
    return is_engine ? wait_and_write(fd, bytes, size) : written;
}
