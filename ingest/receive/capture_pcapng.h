/*
 * capture_pcapng.h -- the pcapng format: sections of blocks, several interfaces.
 *
 * Internal to the capture reader. Reads section headers, interface descriptions and the three
 * kinds of packet blocks; passes over all others. Format: draft-ietf-opsawg-pcapng.
 */
#pragma once

#include "ingest/receive/capture_input.h"

enum {
    CAPTURE_INTERFACES_MAX = 256
};

struct capture_interface {
    uint32_t link_type;
    uint32_t snap_size;   /* 0: no limit */
    uint64_t ticks_per_s; /* of its stamps */
    int64_t offset_s;     /* added to its stamps */
};

struct capture_pcapng {
    uint32_t interface_count; /* of the current section */
    uint64_t last_ns;         /* simple packets have no stamp: the last one seen stands in */
    struct capture_interface interfaces[CAPTURE_INTERFACES_MAX];
};

/* True when the file's first four bytes say pcapng. */
bool capture_pcapng_detect(const uint8_t magic[4]);

/* Reads the first section header after its magic number. ERR_CORRUPT, ERR_IO. */
MUST_CHECK enum err capture_pcapng_start(
    struct capture_pcapng *pcapng, struct capture_input *input);

/* ERR_END, ERR_CORRUPT (logged), ERR_IO (logged). */
MUST_CHECK enum err capture_pcapng_next(
    struct capture_pcapng *pcapng, struct capture_input *input, struct capture_frame *frame_p);
