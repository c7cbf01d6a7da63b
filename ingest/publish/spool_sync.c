/* SPDX-License-Identifier: BSD-3-Clause -- a thread that waits for the disk. */
#include "ingest/publish/spool_sync.h"

#include "common/log.h"

#include <czmq.h>
#include <fcntl.h>

struct spool_sync {
    zactor_t *actor;
    struct counter *errors;
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
        log_warning("spool", "can sync again", "");
    }
}

static void sync_run(zsock_t *pipe, void *context)
{
    (void)zsock_signal(pipe, 0);
    for (;;) {
        int fd = -1;
        int size = zmq_recv(zsock_resolve(pipe), &fd, sizeof fd, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        /* The $TERM of zactor_destroy() is longer than a descriptor. */
        if (size != sizeof fd) {
            return;
        }
        sync_now(context, fd);
        (void)close(fd);
    }
}

enum err spool_sync_new(struct spool_sync **sync_p, struct counter *errors)
{
    *sync_p = calloc(1, sizeof **sync_p);
    if (*sync_p == NULL) {
        return ERR_MEMORY;
    }
    (*sync_p)->errors = errors;
    (*sync_p)->actor = zactor_new(sync_run, *sync_p);
    if ((*sync_p)->actor == NULL) {
        spool_sync_destroy(sync_p);
        return ERR_MEMORY;
    }
    return ERR_OK;
}

void spool_sync_destroy(struct spool_sync **sync_p)
{
    if (*sync_p != NULL) {
        zactor_destroy(&(*sync_p)->actor);
        free(*sync_p);
        *sync_p = NULL;
    }
}

bool spool_sync_request(struct spool_sync *sync, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        return false;
    }
    if (zmq_send(zactor_resolve(sync->actor), &copy, sizeof copy, ZMQ_DONTWAIT) < 0) {
        (void)close(copy);
        return false;
    }
    return true;
}
