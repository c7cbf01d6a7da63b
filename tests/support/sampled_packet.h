/*
 * sampled_packet.h -- what the header reader makes of a packet, for tests.
 */
#pragma once

#include "ingest/decode/packet_header.h"
#include "tests/support/frame_builder.h"

/* Of the packet read last. */
extern struct flow sampled;

/* Whether it is what frame_ipv4() and frame_tcp() build, outside of any tunnel. */
bool sampled_is_ordinary(void);

/* The bytes are copied to their own allocation, so that a sanitizer sees a read past the end. */
void sampled_read(enum packet_protocol protocol, const uint8_t *bytes, size_t size);

/* The whole packet, after every truncation of it. */
void sampled_read_frame(enum packet_protocol protocol, const struct build *frame);
