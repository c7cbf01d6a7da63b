/*
 * table_home.h -- which of several servers has the table.
 *
 * -ch.addr names replicas of one table. A server that lacks it may be new, or may have lost it. To
 * create it there would make a table of its own, and rows would be split over two. So the table is
 * looked for on every server before it is created on one. The writer's thread.
 */
#pragma once

#include "store/sink/sink_backend.h"

/*
 * *server_p is the server to prepare the table on: the first that has it, starting with the one
 * that answered last. Where none has it, it may be created there. SINK_RETRY: a server that does
 * not answer may have it, and the ones that answer keep replicated tables; `error` says what to do.
 */
enum sink_outcome table_home_find(
    struct sink_backend *backend, const char *table, size_t *server_p, struct buffer *error);
