/* SPDX-License-Identifier: BSD-3-Clause -- no message is overlooked, and nothing spins. */
#include "common/watch.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>

enum {
    FIRST,
    SECOND,
    OUT
};

enum {
    LONG_MS = 20000 /* that no test waits for */
};

static zsock_t *near;
static zsock_t *far;
static struct watch watch;

static void open_pair(void)
{
    zsys_handler_set(NULL);
    near = zsys_create_pipe(&far);
    watch = (struct watch){0};
    watch_receiver(&watch, FIRST, near);
}

static void close_pair(void)
{
    zsock_destroy(&near);
    zsock_destroy(&far);
}

TestSuite(watch, .init = open_pair, .fini = close_pair);

/* All there is, and the watch knows. */
static int drain(void)
{
    int count = 0;
    for (char *text = zstr_recv_nowait(near); text != NULL; text = zstr_recv_nowait(near)) {
        zstr_free(&text);
        count++;
    }
    watch_emptied(&watch, FIRST);
    return count;
}

Test(watch, a_socket_without_messages_is_not_ready_twice)
{
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 0), WATCH_BIT(FIRST), "it may have had some");
    cr_assert_eq(drain(), 0);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 0), 0);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 1), 0);
}

Test(watch, no_socket_is_never_ready)
{
    drain();
    watch_receiver(&watch, SECOND, NULL);
    watch_sender(&watch, OUT, NULL);
    watch_touched(&watch, SECOND);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 1), 0);
}

Test(watch, messages_before_the_watch_are_seen)
{
    zstr_send(far, "early");
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(FIRST));
    cr_assert_eq(drain(), 1);
}

Test(watch, what_was_not_read_stays_ready)
{
    drain();
    zstr_send(far, "one");
    zstr_send(far, "two");
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(FIRST));
    char *text = zstr_recv_nowait(near);
    cr_assert_str_eq(text, "one");
    zstr_free(&text);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(FIRST));
    cr_assert_eq(drain(), 1);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 0), 0);
}

/* A send reads the news of what has come: libzmq's descriptor is quiet then. */
Test(watch, a_send_hides_no_message)
{
    for (int i = 0; i < 1000; i++) {
        drain();
        zstr_send(far, "question");
        zstr_send(near, "answer");
        watch_touched(&watch, FIRST);
        cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(FIRST));
        cr_assert_eq(drain(), 1);
        zstr_free(&(char *){zstr_recv(far)});
    }
}

Test(watch, what_is_not_wanted_is_kept_for_later)
{
    drain();
    zstr_send(far, "later");
    cr_assert_eq(watch_wait(&watch, WATCH_ALL & ~WATCH_BIT(FIRST), 1), 0);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(FIRST));
    cr_assert_eq(drain(), 1);
}

Test(watch, a_sender_is_ready_when_there_is_room)
{
    drain();
    zsock_t *push = zsock_new(ZMQ_PUSH);
    zsock_set_sndhwm(push, 1);
    zsock_set_immediate(push, 1);
    zsock_bind(push, "inproc://watch-%p", (void *)&watch);
    watch_sender(&watch, OUT, push);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, 1), 0, "nobody takes it");
    zsock_t *pull = zsock_new(ZMQ_PULL);
    zsock_set_rcvhwm(pull, 1);
    zsock_connect(pull, "inproc://watch-%p", (void *)&watch);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(OUT));
    while (zmq_send(zsock_resolve(push), "x", 1, ZMQ_DONTWAIT) == 1) {
    }
    uint64_t start_ns = clock_monotonic_ns();
    int turns = 0;
    for (; clock_monotonic_ns() - start_ns < 20 * NS_PER_MS; turns++) {
        cr_assert_eq(watch_wait(&watch, WATCH_ALL, 20), 0, "it is full");
    }
    cr_assert_leq(turns, 3, "it waits, and does not spin");
    for (int i = 0; i < 2; i++) {
        zstr_free(&(char *){zstr_recv(pull)});
    }
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), WATCH_BIT(OUT));
    zsock_destroy(&push);
    zsock_destroy(&pull);
}

static void do_nothing(int number)
{
    (void)number;
}

static void *interrupt(void *context)
{
    zclock_sleep(5);
    pthread_kill(*(pthread_t *)context, SIGUSR1);
    return NULL;
}

Test(watch, a_signal_ends_the_wait)
{
    drain();
    (void)sigaction(SIGUSR1, &(struct sigaction){.sa_handler = do_nothing}, NULL);
    pthread_t self = pthread_self();
    pthread_t other;
    cr_assert_eq(pthread_create(&other, NULL, interrupt, &self), 0);
    cr_assert_eq(watch_wait(&watch, WATCH_ALL, LONG_MS), 0);
    (void)pthread_join(other, NULL);
}

static void wait_for_term(zsock_t *pipe, void *context)
{
    (void)context;
    struct watch own = {0};
    watch_receiver(&own, FIRST, pipe);
    (void)zsock_signal(pipe, 0);
    while (!watch_has_term(&own, FIRST)) {
        (void)watch_wait(&own, WATCH_ALL, LONG_MS);
    }
}

Test(watch, an_actor_is_told_of_its_end)
{
    zactor_t *actor = zactor_new(wait_for_term, NULL);
    zactor_destroy(&actor);
    cr_assert_null(actor);
}
