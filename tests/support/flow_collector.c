/* SPDX-License-Identifier: BSD-3-Clause -- a decoder whose flows are kept. */
#include "tests/support/flow_collector.h"

#include <stdio.h>
#include <stdlib.h>

static void keep(void *context, const struct flow *flow)
{
    struct flow_collector *collector = context;
    if (collector->flow_count < COLLECTOR_FLOWS) {
        collector->flows[collector->flow_count] = *flow;
    }
    collector->flow_count++;
}

void collector_start(struct flow_collector *collector)
{
    collector_start_with(collector, &(struct decoder_options){0});
}

void collector_start_with(struct flow_collector *collector, const struct decoder_options *options)
{
    *collector = (struct flow_collector){
        .source = "203.0.113.9", .source_port = 2055, .received_ns = COLLECTOR_RECEIVED_NS};
    if (decoder_new(&collector->decoder, options) != ERR_OK) {
        abort();
    }
}

void collector_stop(struct flow_collector *collector)
{
    decoder_destroy(&collector->decoder);
}

void collector_decode(struct flow_collector *collector, const struct packet *packet)
{
    collector_decode_part(collector, packet, packet->wire.size);
}

void collector_decode_part(
    struct flow_collector *collector, const struct packet *packet, size_t size)
{
    collector_decode_bytes(collector, packet->wire.bytes, size);
}

void collector_decode_bytes(struct flow_collector *collector, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, size);
    struct datagram datagram = {.bytes = copy,
        .size = size,
        .source_port = collector->source_port,
        .received_ns = collector->received_ns};
    if (address_parse(&datagram.source, collector->source) != ERR_OK) {
        abort();
    }
    struct flow_sink sink = {.take = keep, .context = collector};
    collector->status = decoder_decode(collector->decoder, &datagram, &sink);
    free(copy);
}

bool collector_catch_up(struct flow_collector *collector)
{
    struct flow_sink sink = {.take = keep, .context = collector};
    return decoder_catch_up(collector->decoder, &sink);
}

uint64_t collector_dropped(const struct flow_collector *collector, enum decode_status reason)
{
    return counter_get(&decoder_counters(collector->decoder)->dropped[reason]);
}

const char *collector_text(const struct address *address)
{
    static char text[ADDRESS_TEXT_SIZE];
    (void)address_format(address, text);
    return text;
}

const char *collector_extra(const struct flow *flow)
{
    static char text[512];
    size_t size = 0;
    uint32_t count = flow_has(flow, FLOW_EXTRA) ? flow->extra.count : 0;
    const uint8_t *p = flow->extra.bytes;
    text[0] = '\0';
    for (uint32_t i = 0; i < count && size < sizeof text; i++) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%.*s=%.*s", i > 0 ? " " : "",
            entry.key_size, entry.key, entry.value_size, entry.value);
    }
    return text;
}
