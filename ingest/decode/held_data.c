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

static struct held_queue *find_queue(const struct held_list *list, const struct template_key *key)
{
    struct held_queue *queue = list->queues;
    while (queue != NULL && !template_key_equal(&queue->key, key)) {
        queue = queue->next;
    }
    return queue;
}

/* The queue of that template, a new one if need be; NULL: one too many, or out of memory. */
static struct held_queue *take_queue(struct held_list *list, const struct template_key *key)
{
    struct held_queue *queue = find_queue(list, key);
    if (queue != NULL || list->queue_count == MAX_QUEUES) {
        return queue;
    }
    queue = calloc(1, sizeof *queue);
    if (queue != NULL) {
        queue->key = *key;
        queue->next = list->queues;
        list->queues = queue;
        list->queue_count++;
    }
    return queue;
}

static void free_queue(struct held_list *list, struct held_queue *queue)
{
    struct held_queue **link = &list->queues;
    while (*link != queue) {
        link = &(*link)->next;
    }
    *link = queue->next;
    list->queue_count--;
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
    list->budget->bytes += held_bytes(held->size);
    counter_add(list->limits->waiting, 1);
}

/* Takes the oldest set out of the queue; the caller owns it then. */
static struct held_set *take_first(struct held_list *list, struct held_queue *queue)
{
    struct held_set *held = queue->first;
    queue->first = held->next;
    queue->last = queue->first != NULL ? queue->last : NULL;
    list->bytes -= held_bytes(held->size);
    list->budget->bytes -= held_bytes(held->size);
    counter_add(list->limits->waiting, UINT64_MAX); /* one less */
    return held;
}

static void drop_first(struct held_list *list, struct held_queue *queue)
{
    free(take_first(list, queue));
    counter_add(list->limits->dropped, 1);
}

/* A capture's clock may jump back. */
static bool is_too_old(const struct held_list *list, const struct held_set *held, uint64_t now_ns)
{
    return now_ns > held->received_ns && now_ns - held->received_ns > list->limits->max_age_ns;
}

static bool has_room(const struct held_list *list, size_t bytes)
{
    uint64_t max_bytes = list->limits->max_bytes;
    uint64_t used_bytes = list->budget->bytes;
    return used_bytes + bytes <= max_bytes && list->bytes + bytes <= max_bytes - used_bytes;
}

bool held_data_keep(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t template_id)
{
    struct held_list *list = &context->exporter->held;
    size_t size = cursor_left(&set);
    if (!has_room(list, held_bytes(size))) {
        return false;
    }
    struct template_key key = {
        .domain = message->domain, .id = template_id, .version = message->version};
    struct held_set *held = calloc(1, held_bytes(size));
    struct held_queue *queue = held != NULL ? take_queue(list, &key) : NULL;
    if (queue == NULL) {
        free(held);
        return false;
    }
    held->message = *message;
    held->source_port = context->datagram->source_port;
    held->received_ns = context->datagram->received_ns;
    held->size = size;
    memcpy(held->bytes + HELD_HEADROOM, set.pos, size);
    append(list, queue, held);
    return true;
}

/* As if it came now, but received when it was. */
static void decode_held(
    struct decode_context *context, const struct held_set *held, uint16_t template_id)
{
    struct datagram datagram = *context->datagram;
    datagram.source_port = held->source_port;
    datagram.received_ns = held->received_ns;
    struct decode_context then = *context;
    then.datagram = &datagram;
    data_set_read(
        &then, &held->message, cursor_of(held->bytes + HELD_HEADROOM, held->size), template_id);
    context->status = then.status;
}

void held_data_release(struct decode_context *context, const struct template_key *key)
{
    struct held_list *list = &context->exporter->held;
    held_list_expire(list, context->datagram->received_ns);
    struct held_queue *queue = find_queue(list, key);
    if (queue == NULL) {
        return;
    }
    while (queue->first != NULL) {
        struct held_set *held = take_first(list, queue);
        decode_held(context, held, key->id);
        free(held);
    }
    free_queue(list, queue);
}

void held_list_expire(struct held_list *list, uint64_t now_ns)
{
    struct held_queue *next = NULL;
    for (struct held_queue *queue = list->queues; queue != NULL; queue = next) {
        next = queue->next;
        while (queue->first != NULL && is_too_old(list, queue->first, now_ns)) {
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
        while (list->queues->first != NULL) {
            drop_first(list, list->queues);
        }
        free_queue(list, list->queues);
    }
}
