/* SPDX-License-Identifier: BSD-3-Clause -- the header of NetFlow 9 (RFC 3954 section 5.1). */
#include "ingest/decode/export_message.h"

/* After the version. The count is ignored: some exporters count sets, some records, some both. */
enum {
    HEADER_SIZE = 18,
    UPTIME_AT = 2,
    UNIX_SECONDS_AT = 6,
    SEQUENCE_AT = 10,
    SOURCE_ID_AT = 14
};

void netflow9_decode(struct decode_context *context, struct cursor cursor)
{
    cursor_skip(&cursor, 2);
    const uint8_t *header = cursor_take(&cursor, HEADER_SIZE);
    if (header == NULL) {
        decode_truncated(context, DECODE_SHORT_HEADER);
        return;
    }
    struct export_message message = {.type = FLOW_TYPE_NETFLOW9,
        .version = 9,
        .sequence = load_be32(header + SEQUENCE_AT),
        .domain = load_be32(header + SOURCE_ID_AT),
        .export_s = load_be32(header + UNIX_SECONDS_AT),
        .clock = {.export_ns = load_be32(header + UNIX_SECONDS_AT) * NS_PER_S,
            .uptime_ms = load_be32(header + UPTIME_AT),
            .has_uptime = true},
        .counters = &context->exporter->counters.versions[EXPORTER_NETFLOW9]};
    export_clock_check(&message.clock, context->datagram->received_ns);
    export_message_sets(context, &message, cursor);
}
