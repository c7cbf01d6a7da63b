/* SPDX-License-Identifier: BSD-3-Clause -- blocks to Native bytes, which go nowhere. */
#include "tests/support/native_writer.h"

#include <stdlib.h>
#include <string.h>

struct native_writer {
    zsock_t *front; /* the puller's end */
    zsock_t *back;  /* the actor's end */
    zactor_t *actor;
    struct native_plan *plan;
};

struct native_plan *native_writer_plan(const char *address_type)
{
    struct table_column table[FLOW_FIELD_COUNT] = {{.name = NULL}};
    size_t count = 0;
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        bool is_address = FLOW_FIELDS[i].kind == FLOW_KIND_ADDRESS;
        if (FLOW_FIELDS[i].column[0] != '\0') {
            table[count].name = strdup(FLOW_FIELDS[i].name);
            table[count++].type = strdup(is_address ? address_type : FLOW_FIELDS[i].column);
        }
    }
    struct native_plan *plan = NULL;
    struct buffer why = {0};
    if (native_plan_new(&plan, table, count, &why) != ERR_OK) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        free(table[i].name);
        free(table[i].type);
    }
    buffer_clear(&why);
    return plan;
}

static void write_blocks(zsock_t *pipe, void *context)
{
    struct native_writer *writer = context;
    struct buffer bytes = {0};
    (void)zsock_signal(pipe, 0);
    for (;;) {
        void *block = NULL;
        /* NULL ends it. */
        if (zsock_recv(writer->back, "p", &block) != 0 || block == NULL) {
            break;
        }
        struct block *written = block;
        bytes.size = 0;
        if (native_write(writer->plan, written->columns, &bytes) != ERR_OK) {
            abort();
        }
        written->outcome = BLOCK_STORED;
        (void)zsock_send(writer->back, "p", block);
    }
    buffer_clear(&bytes);
}

struct native_writer *native_writer_new(void)
{
    struct native_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        abort();
    }
    writer->plan = native_writer_plan("String");
    writer->front = zsys_create_pipe(&writer->back);
    writer->actor = zactor_new(write_blocks, writer);
    if (writer->front == NULL || writer->actor == NULL) {
        abort();
    }
    return writer;
}

void native_writer_destroy(struct native_writer **writer_p)
{
    struct native_writer *writer = *writer_p;
    (void)zsock_send(writer->front, "p", NULL);
    zactor_destroy(&writer->actor);
    zsock_destroy(&writer->front);
    zsock_destroy(&writer->back);
    native_plan_destroy(&writer->plan);
    free(writer);
    *writer_p = NULL;
}

static enum err submit(void *context, struct block *block)
{
    struct native_writer *writer = context;
    return zsock_send(writer->front, "p", block) == 0 ? ERR_OK : ERR_STOPPED;
}

static struct block *finished(void *context)
{
    struct native_writer *writer = context;
    void *block = NULL;
    if ((zsock_events(writer->front) & ZMQ_POLLIN) == 0 ||
        zsock_recv(writer->front, "p", &block) != 0) {
        return NULL;
    }
    return block;
}

struct block_exchange native_writer_exchange(struct native_writer *writer)
{
    return (struct block_exchange){
        .socket = writer->front, .submit = submit, .finished = finished, .context = writer};
}
