/*
 * capture_pcap.h -- the classic pcap format: one header, then records.
 *
 * Internal to the capture reader. Both byte orders, stamps in micro- or nanoseconds. Format:
 * draft-ietf-opsawg-pcap.
 */
#pragma once

#include "ingest/receive/capture_input.h"

struct capture_pcap {
    uint32_t link_type;
    uint32_t ns_per_tick;
};

/* True when the file's first four bytes say pcap; then the input's byte order is set. */
bool capture_pcap_detect(
    struct capture_pcap *pcap, struct capture_input *input, const uint8_t magic[4]);

/* Reads the header after its magic number. ERR_CORRUPT, ERR_IO. */
MUST_CHECK enum err capture_pcap_start(struct capture_pcap *pcap, struct capture_input *input);

/* ERR_END, ERR_CORRUPT (logged), ERR_IO (logged). */
MUST_CHECK enum err capture_pcap_next(
    const struct capture_pcap *pcap, struct capture_input *input, struct capture_frame *frame_p);
