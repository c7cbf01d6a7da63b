/* SPDX-License-Identifier: BSD-3-Clause -- the writer's thread: sockets around the write loop. */
#include "store/write/write_thread.h"

#include "common/clock.h"

struct write_thread {
    struct write_loop loop;
    zsock_t *pipe;
    zsock_t *blocks;
    zpoller_t *poller;
    bool is_listening; /* for blocks */
};

static void give_back(void *context, struct block *block)
{
    struct write_thread *thread = context;
    /* The PAIR has more room than there are blocks. */
    (void)zsock_send(thread->blocks, "p", block);
}

static void receive_block(struct write_thread *thread)
{
    void *block = NULL;
    if (zsock_recv(thread->blocks, "p", &block) == 0 && block != NULL) {
        write_loop_append(&thread->loop, block);
    }
}

static void take_mapping(struct write_thread *thread)
{
    void *mapping = NULL;
    if (zsock_recv(thread->pipe, "p", &mapping) == 0) {
        write_loop_use_mapping(&thread->loop, mapping);
    }
}

/* Messages: "$TERM"; "MAPPING" and a mapping, which changes hands. */
static void answer(struct write_thread *thread)
{
    char *command = zstr_recv(thread->pipe);
    if (command == NULL || streq(command, "$TERM")) {
        write_loop_stop(&thread->loop, clock_monotonic_ns());
    } else if (streq(command, "MAPPING")) {
        take_mapping(thread);
    }
    zstr_free(&command);
}

/* Listens for blocks while there is room for them. */
static void listen_for_blocks(struct write_thread *thread)
{
    bool has_room = write_loop_has_room(&thread->loop);
    if (has_room && !thread->is_listening) {
        (void)zpoller_add(thread->poller, thread->blocks);
    } else if (!has_room && thread->is_listening) {
        (void)zpoller_remove(thread->poller, thread->blocks);
    }
    thread->is_listening = has_room;
}

static void poll_once(struct write_thread *thread)
{
    listen_for_blocks(thread);
    int wait_ms = write_loop_wait_ms(&thread->loop, clock_monotonic_ns());
    void *ready = zpoller_wait(thread->poller, wait_ms);
    if (ready == thread->blocks) {
        receive_block(thread);
    } else if (ready == thread->pipe) {
        answer(thread);
    }
}

static void open_loop(struct write_thread *thread, const struct write_thread_options *options)
{
    struct write_loop_options loop = options->loop;
    loop.give_back = give_back;
    loop.context = thread;
    write_loop_init(&thread->loop, &loop);
    write_loop_use_mapping(&thread->loop, options->mapping);
}

void write_thread_run(zsock_t *pipe, void *options)
{
    const struct write_thread_options *settings = options;
    struct write_thread thread = {.pipe = pipe, .blocks = settings->blocks};
    open_loop(&thread, settings);
    thread.poller = zpoller_new(pipe, NULL);
    /* zsys's signal handling is off, and its poller must not end on EINTR either. */
    if (thread.poller != NULL) {
        zpoller_set_nonstop(thread.poller, true);
    }
    (void)zsock_signal(pipe, thread.poller != NULL ? 0 : 1);
    while (thread.poller != NULL && !write_loop_is_over(&thread.loop, clock_monotonic_ns())) {
        poll_once(&thread);
        write_loop_attempt(&thread.loop, clock_monotonic_ns());
    }
    write_loop_clear(&thread.loop);
    zpoller_destroy(&thread.poller);
}
