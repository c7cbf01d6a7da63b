/* SPDX-License-Identifier: BSD-3-Clause -- the writer as others see it. */
#include "store/write/write.h"

#include "common/log.h"
#include "store/write/write_thread.h"

#include <inttypes.h>
#include <stdlib.h>

struct writer {
    struct sink *sink;
    struct deadletter *deadletter;
    zsock_t *front; /* the puller's end */
    zsock_t *back;  /* the actor's end */
    zactor_t *actor;
    struct write_thread_options thread;
    struct write_counters counters;
};

static enum err start(struct writer *writer, const struct writer_options *options)
{
    writer->front = zsys_create_pipe(&writer->back);
    if (writer->front == NULL) {
        return ERR_MEMORY;
    }
    writer->thread = (struct write_thread_options){
        .loop =
            {
                .sink = write_sink_of(writer->sink),
                .deadletter = writer->deadletter,
                .counters = &writer->counters,
                .blocks_max = options->blocks_max,
                .retry_min_ms = options->retry_min_ms,
                .retry_max_ms = options->retry_max_ms,
                .stop_timeout_ms = options->stop_timeout_ms,
            },
        .blocks = writer->back,
        .mapping = options->mapping,
    };
    writer->actor = zactor_new(write_thread_run, &writer->thread);
    return writer->actor != NULL ? ERR_OK : ERR_MEMORY;
}

enum err writer_new(struct writer **writer_p, const struct writer_options *options)
{
    struct writer *writer = calloc(1, sizeof *writer);
    *writer_p = writer;
    if (writer == NULL) {
        return ERR_MEMORY;
    }
    enum err err = ERR_OK;
    if (options->deadletter_dir != NULL && options->deadletter_dir[0] != '\0') {
        err = deadletter_open(&writer->deadletter, options->deadletter_dir);
    }
    if (err == ERR_OK) {
        err = sink_open(&writer->sink, &options->sink);
    }
    if (err == ERR_OK) {
        err = start(writer, options);
    }
    if (err != ERR_OK) {
        writer_destroy(writer_p);
    }
    return err;
}

/* Blocks that nobody came to fetch. */
static void free_finished(struct writer *writer)
{
    for (struct block *block = writer_finished(writer); block != NULL;
         block = writer_finished(writer)) {
        block_destroy(&block);
    }
}

void writer_destroy(struct writer **writer_p)
{
    struct writer *writer = *writer_p;
    if (writer == NULL) {
        return;
    }
    if (writer->sink != NULL) {
        sink_interrupt(writer->sink); /* the stop has had its time: nobody waits for an answer */
    }
    zactor_destroy(&writer->actor);
    if (writer->front != NULL) {
        free_finished(writer);
    }
    zsock_destroy(&writer->front);
    zsock_destroy(&writer->back);
    sink_close(&writer->sink);
    deadletter_close(&writer->deadletter);
    free(writer);
    *writer_p = NULL;
}

void writer_use_mapping(struct writer *writer, struct mapping *mapping)
{
    (void)zsock_send(writer->actor, "sp", "MAPPING", mapping);
}

zsock_t *writer_socket(struct writer *writer)
{
    return writer->front;
}

enum err writer_submit(struct writer *writer, struct block *block)
{
    return zsock_send(writer->front, "p", block) == 0 ? ERR_OK : ERR_STOPPED;
}

struct block *writer_finished(struct writer *writer)
{
    if ((zsock_events(writer->front) & ZMQ_POLLIN) == 0) {
        return NULL;
    }
    void *block = NULL;
    return zsock_recv(writer->front, "p", &block) == 0 ? block : NULL;
}

struct sink *writer_sink(struct writer *writer)
{
    return writer->sink;
}

void writer_print_obstacles(const struct writer *writer, struct buffer *out)
{
    const struct write_counters *counters = &writer->counters;
    if (counter_get(&counters->is_up) == 0) {
        buffer_format(out, "the database takes nothing: %" PRIu64 " rows wait\n",
            counter_get(&counters->rows_waiting));
    }
}

void writer_collect(void *writer, struct metrics_page *page)
{
    const struct writer *self = writer;
    write_report(&self->counters, page);
}
