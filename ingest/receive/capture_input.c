/* SPDX-License-Identifier: BSD-3-Clause -- the bytes of a capture file. */
#include "ingest/receive/capture_input.h"

#include "common/cursor.h"
#include "common/log.h"
#include "common/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum err capture_input_open(struct capture_input *input, const char *path)
{
    *input = (struct capture_input){.path = path};
    input->bytes = malloc(CAPTURE_BLOCK_MAX);
    if (input->bytes == NULL) {
        log_error("capture", "no memory to read the file", "path=%s", path);
        return ERR_MEMORY;
    }
    input->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (input->file == NULL) {
        const struct refusal refusal = {
            .component = "capture", .flag = "-read", .key = "file", .value = path, .cause = errno};
        enum err err = refuse_file(&refusal);
        capture_input_close(input);
        return err;
    }
    return ERR_OK;
}

void capture_input_close(struct capture_input *input)
{
    if (input->file != NULL && input->file != stdin) {
        (void)fclose(input->file);
    }
    free(input->bytes);
    *input = (struct capture_input){0};
}

static enum err end_reason(const struct capture_input *input, size_t got)
{
    if (ferror(input->file)) {
        log_error("capture", "cannot read", "path=%s error=\"%s\"", input->path, strerror(errno));
        return ERR_IO;
    }
    return got == 0 ? ERR_END : ERR_SHORT;
}

enum err capture_input_read(struct capture_input *input, size_t size)
{
    if (size > CAPTURE_BLOCK_MAX) {
        return ERR_FULL;
    }
    size_t got = fread(input->bytes, 1, size, input->file);
    input->offset += got;
    return got == size ? ERR_OK : end_reason(input, got);
}

enum err capture_input_skip(struct capture_input *input, uint64_t size)
{
    while (size > 0) {
        size_t part = size < CAPTURE_BLOCK_MAX ? (size_t)size : CAPTURE_BLOCK_MAX;
        enum err err = capture_input_read(input, part);
        if (err != ERR_OK) {
            return err == ERR_END ? ERR_SHORT : err;
        }
        size -= part;
    }
    return ERR_OK;
}

uint16_t capture_input_u16(const struct capture_input *input, const uint8_t *p)
{
    uint16_t value = load_be16(p);
    return input->is_big_endian ? value : __builtin_bswap16(value);
}

uint32_t capture_input_u32(const struct capture_input *input, const uint8_t *p)
{
    uint32_t value = load_be32(p);
    return input->is_big_endian ? value : __builtin_bswap32(value);
}

enum err capture_input_damaged(const struct capture_input *input, const char *reason)
{
    log_error("capture", "damaged file", "path=%s offset=%" PRIu64 " reason=\"%s\"", input->path,
        input->offset, reason);
    return ERR_CORRUPT;
}
