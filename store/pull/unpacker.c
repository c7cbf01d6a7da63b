/* SPDX-License-Identifier: BSD-3-Clause -- payloads as they were before their compression. */
#include "store/pull/unpacker.h"

#include <stdlib.h>

enum {
    PAYLOAD_MAX = 128 * 1024 * 1024 /* one batch, whatever its header says */
};

enum err unpacker_init(struct unpacker *unpacker)
{
    *unpacker = (struct unpacker){.zstd = ZSTD_createDCtx()};
    return unpacker->zstd != NULL ? ERR_OK : ERR_MEMORY;
}

void unpacker_clear(struct unpacker *unpacker)
{
    (void)ZSTD_freeDCtx(unpacker->zstd);
    free(unpacker->scratch);
    *unpacker = (struct unpacker){0};
}

bool unpacker_takes(const struct link_header *header, const zmq_msg_t *payload)
{
    if (header->payload_size > PAYLOAD_MAX) {
        return false;
    }
    return header->is_compressed || header->payload_size == zmq_msg_size(payload);
}

static enum err make_room(struct unpacker *unpacker, size_t size)
{
    if (size <= unpacker->scratch_room) {
        return ERR_OK;
    }
    uint8_t *scratch = realloc(unpacker->scratch, size);
    if (scratch == NULL) {
        return ERR_MEMORY;
    }
    unpacker->scratch = scratch;
    unpacker->scratch_room = size;
    return ERR_OK;
}

enum err unpacker_open(struct unpacker *unpacker, const struct link_header *header,
    zmq_msg_t *payload, struct cursor *bytes_p)
{
    if (!header->is_compressed) {
        *bytes_p = cursor_of(zmq_msg_data(payload), zmq_msg_size(payload));
        return ERR_OK;
    }
    size_t size = header->payload_size;
    enum err err = make_room(unpacker, size);
    if (err != ERR_OK) {
        return err;
    }
    size_t unpacked = ZSTD_decompressDCtx(
        unpacker->zstd, unpacker->scratch, size, zmq_msg_data(payload), zmq_msg_size(payload));
    if (ZSTD_isError(unpacked) || unpacked != size) {
        return ERR_CORRUPT;
    }
    *bytes_p = cursor_of(unpacker->scratch, size);
    return ERR_OK;
}
