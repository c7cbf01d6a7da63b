/* SPDX-License-Identifier: BSD-3-Clause -- runs the walk through a packet's headers. */
#include "ingest/decode/packet_header.h"
#include "ingest/decode/packet_reader.h"

/* More than any sane packet has; bounds the time a hostile one costs. */
enum {
    PACKET_STEPS_MAX = 32
};

static enum packet_step (*const READERS[])(struct packet_reader *) = {
#define PACKET_STEP_READER(step, name) [step] = packet_read_##name,
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
    case PACKET_IPV4:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV4);
    case PACKET_IPV6:
        return packet_follow_etype(reader, PACKET_ETYPE_IPV6);
    case PACKET_MPLS:
        return packet_follow_etype(reader, PACKET_ETYPE_MPLS);
    }
    return PACKET_STEP_END;
}

void packet_header_read(struct flow *flow, enum packet_protocol protocol, struct cursor packet)
{
    struct packet_reader reader = {.flow = flow, .cursor = packet};
    enum packet_step step = first_step(&reader, protocol);
    for (int i = 0; i < PACKET_STEPS_MAX && step != PACKET_STEP_END; i++) {
        step = READERS[step](&reader);
    }
}
