/*
 * watch.h -- waits for several sockets with one system call.
 *
 * zmq_poll() asks each socket before and after it waits, two system calls a question: a thread with
 * five sockets makes twenty a turn. A watch waits for the sockets' descriptors alone. Such a
 * descriptor tells of news, not of messages: it is readable until the socket is used, and then no
 * more, though there may be messages. So a socket stays ready from when its descriptor was readable
 * until a receive has found nothing.
 * Source: libzmq's manual page zmq_getsockopt(3), ZMQ_FD.
 */
#pragma once

#include <czmq.h>

enum {
    WATCH_MAX = 8
};

/* A bit for each item. */
#define WATCH_BIT(item) (1U << (item))
#define WATCH_ALL       (WATCH_BIT(WATCH_MAX) - 1)

struct watch {
    zsock_t *sockets[WATCH_MAX]; /* borrowed; NULL: none */
    int fds[WATCH_MAX];
    unsigned watched;
    unsigned senders;
    unsigned ready; /* of those that receive */
};

/*
 * Items are numbers below WATCH_MAX; a socket that is NULL is never ready. What receives is ready
 * at first: messages may have come before. For the thread that uses the sockets.
 */
void watch_receiver(struct watch *watch, unsigned item, zsock_t *socket);
void watch_sender(struct watch *watch, unsigned item, zsock_t *socket);
/* A receiver that is several sockets: an epoll descriptor with each of their descriptors. */
void watch_descriptor(struct watch *watch, unsigned item, int fd);

/*
 * Waits until a wanted item is ready, `timeout_ms` at most (-1: for ever), or a signal comes. The
 * bits of all wanted items that are: a receiver may have a message, a sender can send one.
 */
unsigned watch_wait(struct watch *watch, unsigned wanted, int timeout_ms);

/*
 * A receive on this item found nothing, and the socket was not used since. Only for threads that no
 * signal disturbs (daemon_block_signals()): a receive cut short looks the same.
 */
void watch_emptied(struct watch *watch, unsigned item);
/* Something was sent on this receiver, which may have taken the news of a message away. */
void watch_touched(struct watch *watch, unsigned item);

/* For an actor's pipe, where the one command is $TERM from zactor_destroy(): it has come. */
bool watch_has_term(struct watch *watch, unsigned item);
