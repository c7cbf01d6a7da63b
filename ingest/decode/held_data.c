/* SPDX-License-Identifier: BSD-3-Clause -- data sets that wait for their template. */
#include "ingest/decode/held_data.h"

#include <stdlib.h>

/* Of one exporter: each new template looks through them all. */
enum {
    MAX_SETS = 256
};

static size_t held_bytes(const struct held_set *held)
{
    return sizeof *held + HELD_HEADROOM + held->size;
}

/* Takes the set behind `before` (NULL: the first) out of the list; the caller owns it then. */
static struct held_set *detach(struct held_list *list, struct held_set *before)
{
    struct held_set *held = before != NULL ? before->next : list->first;
    if (before != NULL) {
        before->next = held->next;
    } else {
        list->first = held->next;
    }
    if (list->last == held) {
        list->last = before;
    }
    list->count--;
    list->budget->bytes -= held_bytes(held);
    return held;
}

static void append(struct held_list *list, struct held_set *held)
{
    if (list->last != NULL) {
        list->last->next = held;
    } else {
        list->first = held;
    }
    list->last = held;
    list->count++;
    list->budget->bytes += held_bytes(held);
}

static void count_waiting(const struct decode_context *context, int change)
{
    counter_add(&context->counters->held_sets, (uint64_t)(int64_t)change);
}

static void drop_first(struct decode_context *context, struct held_list *list)
{
    free(detach(list, NULL));
    count_waiting(context, -1);
    decode_drop(context, DECODE_TEMPLATE_MISSING);
}

/* The oldest are first; the capture's clock may jump back. */
static void drop_old(struct decode_context *context, struct held_list *list)
{
    uint64_t now_ns = context->datagram->received_ns;
    while (list->first != NULL && now_ns > list->first->received_ns &&
           now_ns - list->first->received_ns > list->limits->max_age_ns) {
        drop_first(context, list);
    }
}

bool held_data_keep(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t template_id)
{
    struct held_list *list = &context->exporter->held;
    size_t size = cursor_left(&set);
    size_t bytes = sizeof(struct held_set) + HELD_HEADROOM + size;
    if (list->limits->max_bytes == 0) {
        return false;
    }
    drop_old(context, list);
    if (list->count == MAX_SETS) {
        drop_first(context, list);
    }
    if (list->budget->bytes + bytes > list->limits->max_bytes) {
        return false;
    }
    struct held_set *held = calloc(1, bytes);
    if (held == NULL) {
        return false;
    }
    held->message = *message;
    held->template_id = template_id;
    held->source_port = context->datagram->source_port;
    held->received_ns = context->datagram->received_ns;
    held->size = size;
    memcpy(held->bytes + HELD_HEADROOM, set.pos, size);
    append(list, held);
    count_waiting(context, 1);
    return true;
}

/* As if it came now, but received when it was. */
static void decode_held(struct decode_context *context, const struct held_set *held)
{
    struct datagram datagram = *context->datagram;
    datagram.source_port = held->source_port;
    datagram.received_ns = held->received_ns;
    struct decode_context then = *context;
    then.datagram = &datagram;
    data_set_read(&then, &held->message, cursor_of(held->bytes + HELD_HEADROOM, held->size),
        held->template_id);
    context->status = then.status;
}

void held_data_release(struct decode_context *context, const struct template_key *key)
{
    struct held_list *list = &context->exporter->held;
    drop_old(context, list);
    struct held_set *before = NULL;
    struct held_set *held = list->first;
    while (held != NULL) {
        bool is_wanted = held->template_id == key->id && held->message.domain == key->domain &&
                         held->message.version == key->version;
        if (!is_wanted) {
            before = held;
            held = held->next;
            continue;
        }
        struct held_set *taken = detach(list, before);
        held = taken->next;
        count_waiting(context, -1);
        decode_held(context, taken);
        free(taken);
    }
}

void held_list_clear(struct held_list *list)
{
    while (list->first != NULL) {
        free(detach(list, NULL));
    }
}
