/*
 * flow_collector.h -- a decoder with a sink that keeps the flows, for tests.
 *
 * Datagrams are decoded from an allocation of exactly their size, so that a sanitizer sees every
 * read past their end.
 */
#pragma once

#include "ingest/decode/decode.h"
#include "ingest/decode/decode_counters.h"
#include "tests/support/packet_builder.h"

enum {
    COLLECTOR_FLOWS = 64
};

/* What the collector's clock says: half a second after PACKET_EXPORT_S. */
#define COLLECTOR_RECEIVED_NS (UINT64_C(1700000000500000000))

struct flow_collector {
    struct decoder *decoder;
    const char *source; /* address of the exporter */
    uint16_t source_port;
    uint64_t received_ns;
    enum decode_status status; /* of the last datagram */
    size_t flow_count;         /* seen, over all datagrams; the first ones are kept */
    struct flow flows[COLLECTOR_FLOWS];
};

/* With the default limits; the exporter is 203.0.113.9. */
void collector_start(struct flow_collector *collector);
void collector_start_with(struct flow_collector *collector, const struct decoder_options *options);
void collector_stop(struct flow_collector *collector);

void collector_decode(struct flow_collector *collector, const struct packet *packet);
void collector_decode_bytes(struct flow_collector *collector, const uint8_t *bytes, size_t size);
/* The first `size` bytes of it. */
void collector_decode_part(
    struct flow_collector *collector, const struct packet *packet, size_t size);

/* As decoder_catch_up(). */
bool collector_catch_up(struct flow_collector *collector);

uint64_t collector_dropped(const struct flow_collector *collector, enum decode_status reason);

/* The text of an address field, valid until the next call. */
const char *collector_text(const struct address *address);

/* What the flow has in Extra: "0/82=abc 0/83=d", valid until the next call. */
const char *collector_extra(const struct flow *flow);
