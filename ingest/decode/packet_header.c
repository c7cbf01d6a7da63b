/* SPDX-License-Identifier: BSD-3-Clause -- runs the walk through a packet's headers. */
#include "ingest/decode/packet_header.h"
#include "ingest/decode/packet_reader.h"

/* More than any sane packet has; bounds the time a hostile one costs. */
enum {
    PACKET_STEPS_MAX = 32
};
_Static_assert((int)PACKET_STEPS_MAX <= FLOW_LIST_MAX, "LayerStack has room for every step");

static const struct {
    enum packet_step (*read)(struct packet_reader *);
    enum packet_layer layer;
} STEPS[] = {
#define PACKET_STEP_READER(step, name, its_layer)                                                  \
    [step] = {.read = packet_read_##name, .layer = (its_layer)},
    PACKET_STEP_LIST(PACKET_STEP_READER)
#undef PACKET_STEP_READER
};

static enum packet_step first_step(struct packet_reader *reader, enum packet_protocol protocol)
{
    switch (protocol) {
    case PACKET_ETHERNET:
        return PACKET_STEP_ETHERNET;
    case PACKET_PPP:
        return PACKET_STEP_PPP;
    case PACKET_LLC:
        return PACKET_STEP_SNAP;
    case PACKET_IPV4:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
    case PACKET_IPV6:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
    case PACKET_MPLS:
        return packet_follow_etype(reader, PACKET_ETYPE_MPLS);
    }
    return PACKET_STEP_END;
}

/* A header that the snippet cuts short counts with the octets that are there, if there are any. */
static void store_layer(struct packet_reader *reader, enum packet_layer layer, size_t size)
{
    bool is_there = size > 0 || !cursor_failed(&reader->cursor);
    if (is_there && layer != PACKET_LAYER_NONE) {
        reader->flow->layer_stack.values[reader->layers] = layer;
        reader->flow->layer_size.values[reader->layers] = (uint32_t)size;
        reader->layers++;
    }
}

/* Once a packet, as appending each layer to each list costs three times as much. */
static void finish_layers(struct packet_reader *reader)
{
    struct flow *flow = reader->flow;
    flow->layer_stack.count = reader->layers;
    flow->layer_size.count = reader->layers;
    flow_mark(flow, FLOW_LAYER_STACK, reader->layers > 0);
    flow_mark(flow, FLOW_LAYER_SIZE, reader->layers > 0);
}

uint32_t packet_header_read(struct flow *flow, enum packet_protocol protocol, struct cursor packet)
{
    struct packet_reader reader = {.flow = flow, .cursor = packet};
    enum packet_step step = first_step(&reader, protocol);
    for (int i = 0; i < PACKET_STEPS_MAX && step > PACKET_STEP_OTHER; i++) {
        size_t left = cursor_left(&reader.cursor);
        enum packet_step next = STEPS[step].read(&reader);
        if (next != PACKET_STEP_OTHER) {
            store_layer(&reader, STEPS[step].layer, left - cursor_left(&reader.cursor));
        }
        step = next;
    }
    finish_layers(&reader);
    return reader.ip_size;
}
