/*
 * write_thread.h -- the writer's thread: sockets and the clock around the write loop.
 *
 * Internal to store/write.
 */
#pragma once

#include "store/write/write_loop.h"

#include <czmq.h>

/* What the actor gets; borrowed, except for the mapping. */
struct write_thread_options {
    struct write_loop_options loop; /* without give_back */
    zsock_t *blocks;                /* the writer's end of the PAIR to the puller */
    struct mapping *mapping;        /* at the start; NULL: none */
};

/* A zactor_fn; `options` is a struct write_thread_options that outlives the actor. */
void write_thread_run(zsock_t *pipe, void *options);
