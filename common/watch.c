/* SPDX-License-Identifier: BSD-3-Clause -- one poll() for the descriptors of several sockets. */
#include "common/watch.h"

#include <poll.h>

static void add(struct watch *watch, unsigned item, zsock_t *socket)
{
    watch->sockets[item] = socket;
    watch->fds[item] = socket != NULL ? zsock_fd(socket) : -1;
    watch->watched |= socket != NULL ? WATCH_BIT(item) : 0;
}

void watch_receiver(struct watch *watch, unsigned item, zsock_t *socket)
{
    add(watch, item, socket);
    watch->ready |= socket != NULL ? WATCH_BIT(item) : 0;
}

void watch_sender(struct watch *watch, unsigned item, zsock_t *socket)
{
    add(watch, item, socket);
    watch->senders |= socket != NULL ? WATCH_BIT(item) : 0;
}

void watch_descriptor(struct watch *watch, unsigned item, int fd)
{
    watch->fds[item] = fd;
    watch->watched |= WATCH_BIT(item);
    watch->ready |= WATCH_BIT(item);
}

/*
 * A send that fails has not always read the news, to save a system call: poll() would return again
 * and again until it has. Asking for the events reads them.
 */
static bool can_send(const struct watch *watch, unsigned item)
{
    return (zsock_events(watch->sockets[item]) & ZMQ_POLLOUT) != 0;
}

unsigned watch_wait(struct watch *watch, unsigned wanted, int timeout_ms)
{
    struct pollfd items[WATCH_MAX];
    for (unsigned i = 0; i < WATCH_MAX; i++) {
        bool is_wanted = (wanted & watch->watched & WATCH_BIT(i)) != 0;
        /* poll() passes over negative descriptors. */
        items[i] = (struct pollfd){.fd = is_wanted ? watch->fds[i] : -1, .events = POLLIN};
    }
    bool has_work = (watch->ready & wanted) != 0;
    int count = poll(items, WATCH_MAX, has_work ? 0 : timeout_ms);
    unsigned able = 0;
    for (unsigned i = 0; i < WATCH_MAX && count > 0; i++) {
        if ((items[i].revents & POLLIN) == 0) {
            continue;
        }
        if ((watch->senders & WATCH_BIT(i)) == 0) {
            watch->ready |= WATCH_BIT(i);
        } else if (can_send(watch, i)) {
            able |= WATCH_BIT(i);
        }
    }
    return (watch->ready & wanted) | able;
}

void watch_emptied(struct watch *watch, unsigned item)
{
    watch->ready &= ~WATCH_BIT(item);
}

void watch_touched(struct watch *watch, unsigned item)
{
    watch->ready |= watch->watched & WATCH_BIT(item);
}

bool watch_has_term(struct watch *watch, unsigned item)
{
    if ((watch->ready & WATCH_BIT(item)) == 0) {
        return false;
    }
    zmsg_t *command = zmsg_recv_nowait(watch->sockets[item]);
    bool has_term = command != NULL;
    zmsg_destroy(&command);
    watch_emptied(watch, item);
    return has_term;
}
