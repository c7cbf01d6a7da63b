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
        template_set_read(context, message, set, false);
    } else if (id == (is_ipfix ? IPFIX_OPTIONS_TEMPLATES : NETFLOW9_OPTIONS_TEMPLATES)) {
        counter_add(&message->counters->sets[EXPORTER_SET_OPTIONS_TEMPLATE], 1);
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

/* RFC 3954 counts datagrams, RFC 7011 data records: the number is that before the message. */
static void follow_sequence(struct decode_context *context, const struct export_message *message)
{
    bool is_ipfix = message->type == FLOW_TYPE_IPFIX;
    struct sequence_step step = {.type = (uint8_t)message->type,
        .has_units = !is_ipfix || !context->has_unread_records,
        .domain = message->domain,
        .number = message->sequence,
        .units = is_ipfix ? context->data_records : 1,
        .flows = is_ipfix ? context->data_records - context->options_records : 1,
        .origin = context->datagram->source_port};
    struct exporter *exporter = context->exporter;
    context->tracker =
        sequence_follow(&exporter->sequences, &exporter->counters.sequences[message->type], &step);
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

void export_message_sets(
    struct decode_context *context, const struct export_message *message, struct cursor sets)
{
    read_sets(context, message, sets);
    follow_sequence(context, message);
}
