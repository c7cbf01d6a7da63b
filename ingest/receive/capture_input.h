/*
 * capture_input.h -- the bytes of a capture file, in the file's byte order.
 *
 * Internal to the capture reader. The file may be a pipe, so it is only read forwards. Lengths in
 * the file are limits: whoever asks for more than CAPTURE_BLOCK_MAX bytes at once is refused.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    CAPTURE_BLOCK_MAX = 1 << 20 /* a frame of 256 KiB, tcpdump's largest, and generous options */
};

/* One captured frame; the bytes are lent until the next read from the input. */
struct capture_frame {
    const uint8_t *bytes;
    size_t size;
    uint32_t link_type; /* LINKTYPE_ value (tcpdump.org/linktypes.html) */
    uint64_t time_ns;   /* UTC */
};

struct capture_input {
    FILE *file;
    const char *path; /* for the log; borrowed */
    uint64_t offset;  /* bytes read so far */
    uint8_t *bytes;   /* CAPTURE_BLOCK_MAX, owned */
    bool is_big_endian;
};

/* "-" is standard input; `path` is borrowed until close. On failure one line is logged. */
MUST_CHECK enum err capture_input_open(struct capture_input *input, const char *path);
void capture_input_close(struct capture_input *input);

/*
 * The next `size` bytes into input->bytes. ERR_END: the file ends before the first of them;
 * ERR_SHORT: in between; ERR_FULL: more than CAPTURE_BLOCK_MAX asked for; ERR_IO.
 */
MUST_CHECK enum err capture_input_read(struct capture_input *input, size_t size);

/* Passes over `size` bytes. ERR_SHORT, ERR_IO. */
MUST_CHECK enum err capture_input_skip(struct capture_input *input, uint64_t size);

uint16_t capture_input_u16(const struct capture_input *input, const uint8_t *p);
uint32_t capture_input_u32(const struct capture_input *input, const uint8_t *p);

/* Logs what is wrong with the file and where; returns ERR_CORRUPT. */
MUST_CHECK enum err capture_input_damaged(const struct capture_input *input, const char *reason);
