/*
 * unpacker.h -- the payload of a batch as it was before its compression.
 *
 * Internal to store/pull. An unpacker keeps what decompression needs from batch to batch, and grows
 * to the largest one. The puller's thread owns it. Format: docs/wire.md.
 */
#pragma once

#include "common/cursor.h"
#include "common/err.h"
#include "common/link_frame.h"

#include <zmq.h>
#include <zstd.h>

/* Zeroes are one that may be cleared. */
struct unpacker {
    ZSTD_DCtx *zstd;
    uint8_t *scratch; /* the payload unpacked last */
    size_t scratch_room;
};

MUST_CHECK enum err unpacker_init(struct unpacker *unpacker);
void unpacker_clear(struct unpacker *unpacker);

/* False: the header gives the payload a size that it cannot have. */
bool unpacker_takes(const struct link_header *header, const zmq_msg_t *payload);

/*
 * Of a payload that unpacker_takes(). The bytes are lent until the next call, or until the message
 * is closed. ERR_CORRUPT, ERR_MEMORY.
 */
MUST_CHECK enum err unpacker_open(struct unpacker *unpacker, const struct link_header *header,
    zmq_msg_t *payload, struct cursor *bytes_p);
