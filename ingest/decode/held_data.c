/* SPDX-License-Identifier: BSD-3-Clause -- data sets that wait for their template. */
#include "ingest/decode/held_data.h"

#include <stdlib.h>

/* More than the templates of any exporter that are in use at one time. */
enum {
    MAX_QUEUES = 64
};

static size_t held_bytes(size_t set_size)
{
    return sizeof(struct held_set) + HELD_HEADROOM + set_size;
}

static struct held_queue *find_queue(
    const struct held_list *list, const struct template_key *key, uint32_t stream)
{
    struct held_queue *queue = list->queues;
    while (queue != NULL && (queue->stream != stream || !template_key_equal(&queue->key, key))) {
        queue = queue->next;
    }
    return queue;
}

/* The queue of that template, a new one if need be; NULL: one too many, or out of memory. */
static struct held_queue *take_queue(
    struct exporter *exporter, const struct template_key *key, uint32_t stream)
{
    struct held_list *list = &exporter->held;
    struct held_queue *queue = find_queue(list, key, stream);
    if (queue != NULL || list->queue_count == MAX_QUEUES) {
        return queue;
    }
    queue = calloc(1, sizeof *queue);
    if (queue != NULL) {
        queue->exporter = exporter;
        queue->key = *key;
        queue->stream = stream;
        queue->next = list->queues;
        list->queues = queue;
        list->queue_count++;
    }
    return queue;
}

/* Most often it is the first of them. */
static void leave_pool(struct held_pool *pool, struct held_queue *queue)
{
    struct held_queue *before = NULL;
    struct held_queue **link = &pool->first_freed;
    while (*link != queue) {
        before = *link;
        link = &before->next_freed;
    }
    *link = queue->next_freed;
    if (pool->last_freed == queue) {
        pool->last_freed = before;
    }
}

static void free_queue(struct held_list *list, struct held_queue *queue)
{
    struct held_queue **link = &list->queues;
    while (*link != queue) {
        link = &(*link)->next;
    }
    *link = queue->next;
    list->queue_count--;
    if (queue->is_freed) {
        leave_pool(list->pool, queue);
    }
    free(queue);
}

static void append(struct held_list *list, struct held_queue *queue, struct held_set *held)
{
    if (queue->last != NULL) {
        queue->last->next = held;
    } else {
        queue->first = held;
    }
    queue->last = held;
    list->bytes += held_bytes(held->size);
    list->pool->bytes += held_bytes(held->size);
    counter_add(list->limits->waiting, 1);
}

static struct held_set *take_first(struct held_list *list, struct held_queue *queue)
{
    struct held_set *held = queue->first;
    queue->first = held->next;
    list->bytes -= held_bytes(held->size);
    list->pool->bytes -= held_bytes(held->size);
    counter_add(list->limits->waiting, UINT64_MAX); /* one less */
    return held;
}

static void drop_first(struct held_list *list, struct held_queue *queue)
{
    struct held_set *held = take_first(list, queue);
    enum decode_status reason = held->is_misfit ? DECODE_SET_MISFIT : DECODE_TEMPLATE_MISSING;
    counter_add(&list->limits->dropped[reason], 1);
    free(held);
}

static void drop_queue(struct held_list *list, struct held_queue *queue)
{
    while (queue->first != NULL) {
        drop_first(list, queue);
    }
    free_queue(list, queue);
}

/* A capture's clock may jump back. */
static bool is_too_old(const struct held_list *list, const struct held_set *held, uint64_t now_ns)
{
    return now_ns > held->received_ns && now_ns - held->received_ns > list->limits->max_age_ns;
}

static bool has_room(const struct held_list *list, size_t bytes)
{
    uint64_t max_bytes = list->limits->max_bytes;
    uint64_t used_bytes = list->pool->bytes;
    return used_bytes + bytes <= max_bytes && list->bytes + bytes <= max_bytes - used_bytes;
}

bool held_data_keep(struct decode_context *context, const struct export_message *message,
    struct cursor set, const struct template_key *key, enum decode_status reason)
{
    struct held_list *list = &context->exporter->held;
    size_t size = cursor_left(&set);
    if (!has_room(list, held_bytes(size))) {
        return false;
    }
    struct held_set *held = calloc(1, held_bytes(size));
    struct held_queue *queue =
        held != NULL ? take_queue(context->exporter, key, context->stream->number) : NULL;
    if (queue == NULL) {
        free(held);
        return false;
    }
    held->message = *message;
    held->is_counted = queue->is_freed;
    held->is_misfit = reason == DECODE_SET_MISFIT;
    held->received_ns = context->datagram->received_ns;
    held->size = size;
    memcpy(held->bytes + HELD_HEADROOM, set.pos, size);
    append(list, queue, held);
    return true;
}

static void free_to_decode(struct held_pool *pool, struct held_queue *queue)
{
    struct held_queue **link =
        pool->last_freed != NULL ? &pool->last_freed->next_freed : &pool->first_freed;
    *link = queue;
    pool->last_freed = queue;
    queue->is_freed = true;
}

void held_data_free(struct decode_context *context, const struct template_key *key)
{
    struct exporter *exporter = context->exporter;
    struct held_list *list = &exporter->held;
    uint64_t now_ns = context->datagram->received_ns;
    held_list_expire(list, now_ns);
    for (struct held_queue *queue = list->queues; queue != NULL; queue = queue->next) {
        const struct stream *stream = !queue->is_freed && template_key_equal(&queue->key, key)
                                          ? stream_table_numbered(&exporter->streams, queue->stream)
                                          : NULL;
        if (stream != NULL &&
            template_store_find(&exporter->templates, key, stream, now_ns) != NULL) {
            free_to_decode(list->pool, queue);
        }
    }
}

bool held_data_is_due(const struct held_list *list, const struct template_key *key, uint32_t stream)
{
    if (list->queue_count == 0) {
        return false;
    }
    const struct held_queue *queue = find_queue(list, key, stream);
    return queue != NULL && queue->is_freed;
}

void held_data_forget(struct held_list *list, const struct template_key *key, uint32_t stream)
{
    if (held_data_is_due(list, key, stream)) {
        drop_queue(list, find_queue(list, key, stream));
    }
}

void held_data_forget_stream(struct held_list *list, uint32_t stream)
{
    struct held_queue *next = NULL;
    for (struct held_queue *queue = list->queues; queue != NULL; queue = next) {
        next = queue->next;
        if (queue->stream == stream) {
            drop_queue(list, queue);
        }
    }
}

struct held_set *held_data_take(struct held_queue *queue)
{
    struct held_list *list = &queue->exporter->held;
    struct held_set *held = take_first(list, queue);
    if (queue->first == NULL) {
        free_queue(list, queue);
    }
    return held;
}

void held_list_expire(struct held_list *list, uint64_t now_ns)
{
    struct held_queue *next = NULL;
    for (struct held_queue *queue = list->queues; queue != NULL; queue = next) {
        next = queue->next;
        while (!queue->is_freed && queue->first != NULL && is_too_old(list, queue->first, now_ns)) {
            drop_first(list, queue);
        }
        if (queue->first == NULL) {
            free_queue(list, queue);
        }
    }
}

void held_list_clear(struct held_list *list)
{
    while (list->queues != NULL) {
        drop_queue(list, list->queues);
    }
}
