/* SPDX-License-Identifier: BSD-3-Clause -- data whose template has come, little by little. */
#include "ingest/decode/held_backlog.h"

#include "ingest/decode/held_data.h"
#include "ingest/decode/loss.h"

#include <stdlib.h>

enum {
    SET_HEADER_SIZE = 4
};

/* Of the datagram that it came with. */
static size_t wire_bytes(const struct held_set *held)
{
    return SET_HEADER_SIZE + held->size;
}

/* The template may have expired meanwhile. True: it is one of options. */
static bool decode_set(
    struct decode_context *context, const struct held_set *held, const struct template_key *key)
{
    const struct template *template = context->stream != NULL
                                          ? template_store_find(&context->exporter->templates, key,
                                                context->stream, held->received_ns)
                                          : NULL;
    if (template == NULL) {
        decode_drop(context, DECODE_TEMPLATE_MISSING);
        return false;
    }
    struct cursor set = cursor_of(held->bytes + HELD_HEADROOM, held->size);
    if (!data_set_fits(template, set)) {
        decode_drop(context, DECODE_SET_MISFIT);
        return false;
    }
    uint64_t flows_before = counter_get(&context->counters->flows);
    data_set_decode(context, &held->message, template, set);
    bool counts_records = held->message.type == FLOW_TYPE_IPFIX && !held->is_counted;
    loss_count_late(context, counts_records ? context->data_records : 0,
        counter_get(&context->counters->flows) - flows_before);
    return template->is_options;
}

/* As if its datagram came now, but received when it was. True: it was of options. */
static bool decode_oldest(const struct decode_context *context, struct held_queue *queue)
{
    struct exporter *exporter = queue->exporter;
    struct template_key key = queue->key;
    struct stream *stream = stream_table_numbered(&exporter->streams, queue->stream);
    struct held_set *held = held_data_take(queue);
    struct datagram datagram = {.source = exporter->address, .received_ns = held->received_ns};
    struct decode_context then = *context;
    then.datagram = &datagram;
    then.exporter = exporter;
    then.stream = stream;
    then.rule = exporter->rule;
    bool is_options = decode_set(&then, held, &key);
    free(held);
    return is_options;
}

void held_backlog_decode(
    const struct decode_context *context, struct held_pool *pool, size_t room_bytes)
{
    bool is_over = false;
    while (!is_over && pool->first_freed != NULL) {
        size_t bytes = wire_bytes(pool->first_freed->first);
        if (bytes > room_bytes) {
            return;
        }
        room_bytes -= bytes;
        is_over = decode_oldest(context, pool->first_freed);
    }
}
