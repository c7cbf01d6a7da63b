/* SPDX-License-Identifier: BSD-3-Clause -- the sets of a NetFlow 9 or IPFIX message. */
#include "ingest/decode/export_message.h"

enum {
    SET_HEADER_SIZE = 4,
    NETFLOW9_TEMPLATES = 0, /* RFC 3954 section 5.2 */
    NETFLOW9_OPTIONS_TEMPLATES = 1,
    IPFIX_TEMPLATES = 2, /* RFC 7011 section 3.3.2 */
    IPFIX_OPTIONS_TEMPLATES = 3
};

static void read_set(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t id)
{
    bool is_ipfix = message->version == 10;
    if (id >= TEMPLATE_FIRST_ID) {
        data_set_read(context, message, set, id);
    } else if (id == (is_ipfix ? IPFIX_TEMPLATES : NETFLOW9_TEMPLATES)) {
        counter_add(&message->counters->sets[EXPORTER_SET_TEMPLATE], 1);
        stream_announce(context->stream, message->clock.uptime_ms, message->export_s);
        template_set_read(context, message, set, false);
    } else if (id == (is_ipfix ? IPFIX_OPTIONS_TEMPLATES : NETFLOW9_OPTIONS_TEMPLATES)) {
        counter_add(&message->counters->sets[EXPORTER_SET_OPTIONS_TEMPLATE], 1);
        stream_announce(context->stream, message->clock.uptime_ms, message->export_s);
        template_set_read(context, message, set, true);
    } else {
        decode_drop(context, DECODE_SET_ID);
    }
}

static void read_cut_set(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t id)
{
    bool is_ipfix = message->version == 10;
    if (id == (is_ipfix ? IPFIX_TEMPLATES : NETFLOW9_TEMPLATES)) {
        template_set_void(context, message, set, false);
    } else if (id == (is_ipfix ? IPFIX_OPTIONS_TEMPLATES : NETFLOW9_OPTIONS_TEMPLATES)) {
        template_set_void(context, message, set, true);
    }
}

static struct sequence_step step_of(
    const struct decode_context *context, const struct export_message *message)
{
    return (struct sequence_step){.type = (uint8_t)message->type,
        .has_units = true,
        .domain = message->domain,
        .number = message->sequence,
        .units = 1,
        .flows = 1,
        .uptime_ms = message->clock.uptime_ms,
        .export_s = message->export_s,
        .origin = context->datagram->source_port,
        .received_ns = context->datagram->received_ns};
}

/* RFC 3954 counts datagrams, RFC 7011 data records: the number is that before the message. */
static void follow_sequence(struct decode_context *context, const struct export_message *message,
    struct sequence_step *step)
{
    if (message->type == FLOW_TYPE_IPFIX) {
        step->has_units = !context->has_unread_records;
        step->units = context->data_records;
        step->flows = context->data_records - context->options_records;
    }
    struct exporter_counters *counters = &context->exporter->counters;
    stream_follow(context->stream, &counters->sequences[message->type], step);
}

static void read_sets(
    struct decode_context *context, const struct export_message *message, struct cursor sets)
{
    const uint8_t *padding = padding_start(sets);
    while (cursor_left(&sets) >= SET_HEADER_SIZE && sets.pos < padding) {
        uint16_t id = cursor_be16(&sets);
        uint16_t length = cursor_be16(&sets);
        /* In both cases nothing tells where the next one begins. */
        if (length < SET_HEADER_SIZE) {
            decode_drop(context, DECODE_SET_LENGTH);
            return;
        }
        if (length - SET_HEADER_SIZE > (int)cursor_left(&sets)) {
            decode_truncated(context, DECODE_SET_LENGTH);
            read_cut_set(context, message, sets, id);
            return;
        }
        read_set(context, message, cursor_sub(&sets, length - SET_HEADER_SIZE), id);
    }
}

/* Of a stream beyond the limit: its data is decoded all the same. */
static void read_untracked(
    struct decode_context *context, const struct export_message *message, struct cursor sets)
{
    struct stream untracked = STREAM_UNTRACKED;
    context->stream = &untracked;
    read_sets(context, message, sets);
    context->stream = NULL;
}

void export_message_sets(
    struct decode_context *context, const struct export_message *message, struct cursor sets)
{
    struct sequence_step step = step_of(context, message);
    context->stream = exporter_find_stream(context->exporter, &step);
    if (context->stream == NULL) {
        read_untracked(context, message, sets);
        return;
    }
    read_sets(context, message, sets);
    follow_sequence(context, message, &step);
}
