/*
 * capture_packet.h -- from a captured frame to the IP packet in it.
 *
 * Internal to the capture reader. Pure functions over cursors; what is no IP packet, or is cut
 * short, is an outcome and not an error.
 */
#pragma once

#include "ingest/receive/capture_fragments.h"
#include "ingest/receive/capture_input.h"

/*
 * Moves past the link layer. ERR_UNSUPPORTED: a link type we do not read, or no IP in it.
 * ERR_SHORT: cut.
 */
MUST_CHECK enum err capture_link_parse(const struct capture_frame *frame, struct cursor *packet_p);

/* An IP packet, as the one fragment of it that it is. */
struct capture_packet {
    struct fragment fragment;
    bool is_fragment; /* false: the payload is whole */
};

/* Reads IPv4, or IPv6 with its extension headers. ERR_UNSUPPORTED, ERR_SHORT. */
MUST_CHECK enum err capture_packet_parse(struct capture_packet *packet_p, struct cursor cursor);
