/* SPDX-License-Identifier: BSD-3-Clause -- tells ThreadSanitizer that messages order threads. */
/*
 * libzmq hands messages over through lock-free queues which ThreadSanitizer, blind to the inside
 * of the library, takes for no synchronisation at all. These functions stand before libzmq's own:
 * whatever happened before a message was sent, happened before any that is received later.
 */
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <zmq.h>

static char order;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int zmq_msg_send(zmq_msg_t *message, void *socket, int flags)
{
    __tsan_release(&order);
    return REAL(zmq_msg_send)(message, socket, flags);
}

int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags)
{
    int size = REAL(zmq_msg_recv)(message, socket, flags);
    __tsan_acquire(&order);
    return size;
}

int zmq_send(void *socket, const void *bytes, size_t size, int flags)
{
    __tsan_release(&order);
    return REAL(zmq_send)(socket, bytes, size, flags);
}

int zmq_recv(void *socket, void *bytes, size_t size, int flags)
{
    int received = REAL(zmq_recv)(socket, bytes, size, flags);
    __tsan_acquire(&order);
    return received;
}

int zmq_sendmsg(void *socket, zmq_msg_t *message, int flags)
{
    __tsan_release(&order);
    return REAL(zmq_sendmsg)(socket, message, flags);
}

int zmq_recvmsg(void *socket, zmq_msg_t *message, int flags)
{
    int size = REAL(zmq_recvmsg)(socket, message, flags);
    __tsan_acquire(&order);
    return size;
}
