/* SPDX-License-Identifier: BSD-3-Clause -- the header of IPFIX (RFC 7011 section 3.1). */
#include "ingest/decode/export_message.h"

enum {
    HEADER_SIZE = 16,
    LENGTH_AT = 2,
    EXPORT_TIME_AT = 4,
    SEQUENCE_AT = 8,
    DOMAIN_AT = 12
};

void ipfix_decode(struct decode_context *context, struct cursor cursor)
{
    size_t size = cursor_left(&cursor);
    const uint8_t *header = cursor_take(&cursor, HEADER_SIZE);
    if (header == NULL) {
        decode_truncated(context, DECODE_SHORT_HEADER);
        return;
    }
    struct export_message message = {.type = FLOW_TYPE_IPFIX,
        .version = 10,
        .sequence = load_be32(header + SEQUENCE_AT),
        .domain = load_be32(header + DOMAIN_AT),
        .export_s = load_be32(header + EXPORT_TIME_AT),
        .clock = {.export_ns = load_be32(header + EXPORT_TIME_AT) * NS_PER_S},
        .counters = &context->exporter->counters.versions[EXPORTER_IPFIX]};
    export_clock_check(&message.clock, context->datagram->received_ns);
    uint16_t length = load_be16(header + LENGTH_AT);
    if (length < HEADER_SIZE) {
        decode_drop(context, DECODE_LENGTH);
        return;
    }
    if (length > size) {
        decode_truncated(context, DECODE_LENGTH); /* the sets that are whole still count */
        length = (uint16_t)size;
    }
    export_message_sets(context, &message, cursor_sub(&cursor, length - HEADER_SIZE));
}
