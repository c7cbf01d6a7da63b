/* SPDX-License-Identifier: BSD-3-Clause -- a thread that waits for the disk. */
#include "ingest/publish/spool_sync.h"

#include "common/log.h"

#include <czmq.h>
#include <fcntl.h>
#include <stdatomic.h>

enum {
    SLOTS = 8 /* requests that may wait */
};

/*
 * The descriptors that a request needs are there from the start: dup3() makes one stand for the
 * file, so that nobody else can have taken the last one of the process.
 */
struct sync_slot {
    int fd;
    atomic_bool is_taken;
};

struct spool_sync {
    zactor_t *actor;
    struct counter *errors;
    struct sync_slot slots[SLOTS];
    int idle_fd;     /* what a free slot stands for */
    bool is_failing; /* said in the log */
};

static void sync_now(struct spool_sync *sync, int fd)
{
    int cause = fdatasync(fd) == 0 ? 0 : errno;
    counter_add(sync->errors, cause != 0);
    if ((cause != 0) == sync->is_failing) {
        return;
    }
    sync->is_failing = cause != 0;
    if (sync->is_failing) {
        log_error("spool", "cannot sync: a power failure may cost batches", "error=\"%s\"",
            strerror(cause));
    } else {
        log_notice("spool", "can sync again", "%s", "");
    }
}

static void sync_run(zsock_t *pipe, void *context)
{
    struct spool_sync *sync = context;
    (void)zsock_signal(pipe, 0);
    for (;;) {
        struct sync_slot *slot = NULL;
        int size = zmq_recv(zsock_resolve(pipe), (void *)&slot, sizeof(struct sync_slot *), 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        /* The $TERM of zactor_destroy() is shorter than a pointer. */
        if (size != sizeof(struct sync_slot *)) {
            return;
        }
        sync_now(sync, slot->fd);
        /* A file that was removed must not keep its room on the disk. */
        (void)dup3(sync->idle_fd, slot->fd, O_CLOEXEC);
        atomic_store(&slot->is_taken, false);
    }
}

/* ERR_IO with errno. */
static enum err open_slots(struct spool_sync *sync)
{
    sync->idle_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool is_open = sync->idle_fd >= 0;
    for (size_t i = 0; i < SLOTS; i++) {
        sync->slots[i].fd = is_open ? fcntl(sync->idle_fd, F_DUPFD_CLOEXEC, 0) : -1;
        is_open = is_open && sync->slots[i].fd >= 0;
    }
    return is_open ? ERR_OK : ERR_IO;
}

static void close_slots(struct spool_sync *sync)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (sync->slots[i].fd >= 0) {
            (void)close(sync->slots[i].fd);
        }
    }
    if (sync->idle_fd >= 0) {
        (void)close(sync->idle_fd);
    }
}

enum err spool_sync_new(struct spool_sync **sync_p, struct counter *errors)
{
    struct spool_sync *sync = calloc(1, sizeof *sync);
    *sync_p = sync;
    if (sync == NULL) {
        return ERR_MEMORY;
    }
    sync->errors = errors;
    enum err err = open_slots(sync);
    if (err != ERR_OK) {
        log_error("spool", "cannot open descriptors for the sync", "error=\"%s\"", strerror(errno));
    } else {
        sync->actor = zactor_new(sync_run, sync);
        err = sync->actor != NULL ? ERR_OK : ERR_MEMORY;
    }
    if (err != ERR_OK) {
        spool_sync_destroy(sync_p);
    }
    return err;
}

void spool_sync_destroy(struct spool_sync **sync_p)
{
    if (*sync_p != NULL) {
        zactor_destroy(&(*sync_p)->actor);
        close_slots(*sync_p);
        free(*sync_p);
        *sync_p = NULL;
    }
}

static struct sync_slot *take_slot(struct spool_sync *sync)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!atomic_exchange(&sync->slots[i].is_taken, true)) {
            return &sync->slots[i];
        }
    }
    return NULL;
}

bool spool_sync_request(struct spool_sync *sync, int fd)
{
    struct sync_slot *slot = take_slot(sync);
    if (slot == NULL) {
        return false;
    }
    if (dup3(fd, slot->fd, O_CLOEXEC) < 0 ||
        zmq_send(zactor_resolve(sync->actor), (const void *)&slot, sizeof(struct sync_slot *),
            ZMQ_DONTWAIT) < 0) {
        atomic_store(&slot->is_taken, false);
        return false;
    }
    return true;
}
