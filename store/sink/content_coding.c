/* SPDX-License-Identifier: BSD-3-Clause -- gzip, deflate, zstd and lz4 bodies. */
#include "store/sink/content_coding.h"

#include <lz4frame.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum {
    PIECE_SIZE = 65536,
    GZIP_WINDOW_BITS = MAX_WBITS + 16, /* zlib's way to ask for a gzip header */
    ANY_WINDOW_BITS = MAX_WBITS + 32,  /* gzip or zlib, whichever it is */
    ZLIB_INPUT_MAX = 1 << 30           /* zlib counts its input in 32 bits */
};

/* Gives zlib the next part of its input. */
static void feed(z_stream *stream, const struct buffer *body, size_t *used_p)
{
    if (stream->avail_in == 0 && *used_p < body->size) {
        size_t left = body->size - *used_p;
        size_t size = left < ZLIB_INPUT_MAX ? left : ZLIB_INPUT_MAX;
        stream->next_in = (Bytef *)body->bytes + *used_p;
        stream->avail_in = (uInt)size;
        *used_p += size;
    }
}

static enum err inflate_all(
    z_stream *stream, const struct buffer *body, size_t max_size, struct buffer *out)
{
    uint8_t piece[PIECE_SIZE];
    size_t used = 0;
    int code = Z_OK;
    while (code == Z_OK) {
        feed(stream, body, &used);
        stream->next_out = piece;
        stream->avail_out = sizeof piece;
        code = inflate(stream, Z_NO_FLUSH);
        size_t size = sizeof piece - stream->avail_out;
        if (size > max_size - out->size) {
            return ERR_FULL;
        }
        buffer_append(out, piece, size);
    }
    return code == Z_STREAM_END ? buffer_check(out) : ERR_CORRUPT;
}

static enum err decode_zlib(const struct buffer *body, size_t max_size, struct buffer *out)
{
    z_stream stream = {0};
    if (inflateInit2(&stream, ANY_WINDOW_BITS) != Z_OK) {
        return ERR_MEMORY;
    }
    enum err err = inflate_all(&stream, body, max_size, out);
    (void)inflateEnd(&stream);
    return err;
}

static enum err decode_zstd(const struct buffer *body, size_t max_size, struct buffer *out)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (context == NULL) {
        return ERR_MEMORY;
    }
    uint8_t piece[PIECE_SIZE];
    ZSTD_inBuffer in = {.src = body->bytes, .size = body->size};
    enum err err = ERR_OK;
    size_t left = 1;
    bool has_room_left = false;
    while (err == ERR_OK && (in.pos < in.size || (left != 0 && !has_room_left))) {
        ZSTD_outBuffer piece_out = {.dst = piece, .size = sizeof piece};
        left = ZSTD_decompressStream(context, &piece_out, &in);
        has_room_left = piece_out.pos < piece_out.size;
        if (ZSTD_isError(left)) {
            err = ERR_CORRUPT;
        } else if (piece_out.pos > max_size - out->size) {
            err = ERR_FULL;
        } else {
            buffer_append(out, piece, piece_out.pos);
        }
    }
    (void)ZSTD_freeDCtx(context);
    if (err == ERR_OK && left != 0) {
        return ERR_CORRUPT; /* the last frame is cut off */
    }
    return err != ERR_OK ? err : buffer_check(out);
}

static enum err decode_lz4(const struct buffer *body, size_t max_size, struct buffer *out)
{
    LZ4F_dctx *context = NULL;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        return ERR_MEMORY;
    }
    uint8_t piece[PIECE_SIZE];
    size_t used = 0;
    size_t left = 1;
    size_t got = 1;
    enum err err = ERR_OK;
    while (err == ERR_OK && left != 0 && (used < body->size || got > 0)) {
        size_t taken = body->size - used;
        got = sizeof piece;
        left = LZ4F_decompress(context, piece, &got, body->bytes + used, &taken, NULL);
        used += taken;
        if (LZ4F_isError(left)) {
            err = ERR_CORRUPT;
        } else if (got > max_size - out->size) {
            err = ERR_FULL;
        } else {
            buffer_append(out, piece, got);
        }
    }
    (void)LZ4F_freeDecompressionContext(context);
    if (err == ERR_OK && left != 0) {
        return ERR_CORRUPT;
    }
    return err != ERR_OK ? err : buffer_check(out);
}

enum err content_decode(
    const char *coding, const struct buffer *body, size_t max_size, struct buffer *out)
{
    if (strcasecmp(coding, "gzip") == 0 || strcasecmp(coding, "deflate") == 0) {
        return decode_zlib(body, max_size, out);
    }
    if (strcasecmp(coding, "zstd") == 0) {
        return decode_zstd(body, max_size, out);
    }
    return strcasecmp(coding, "lz4") == 0 ? decode_lz4(body, max_size, out) : ERR_UNSUPPORTED;
}

static bool is_listed(const char *list, const char *coding)
{
    size_t length = strlen(coding);
    for (const char *p = strcasestr(list, coding); p != NULL; p = strcasestr(p + 1, coding)) {
        bool starts = p == list || strchr(", \t", p[-1]) != NULL;
        bool ends = p[length] == '\0' || strchr(", \t;", p[length]) != NULL;
        if (starts && ends) {
            return true;
        }
    }
    return false;
}

const char *content_choose(const char *accepted)
{
    static const char *const CODINGS[] = {"zstd", "lz4", "gzip", "deflate"};
    for (size_t i = 0; accepted != NULL && i < sizeof CODINGS / sizeof CODINGS[0]; i++) {
        if (is_listed(accepted, CODINGS[i])) {
            return CODINGS[i];
        }
    }
    return NULL;
}

static enum err deflate_all(z_stream *stream, const struct buffer *body, struct buffer *out)
{
    uint8_t piece[PIECE_SIZE];
    size_t used = 0;
    int code = Z_OK;
    while (code == Z_OK) {
        feed(stream, body, &used);
        stream->next_out = piece;
        stream->avail_out = sizeof piece;
        code = deflate(stream, used == body->size ? Z_FINISH : Z_NO_FLUSH);
        buffer_append(out, piece, sizeof piece - stream->avail_out);
    }
    return code == Z_STREAM_END ? buffer_check(out) : ERR_MEMORY;
}

static enum err encode_zlib(int window_bits, const struct buffer *body, struct buffer *out)
{
    z_stream stream = {0};
    int code = deflateInit2(
        &stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (code != Z_OK) {
        return ERR_MEMORY;
    }
    enum err err = deflate_all(&stream, body, out);
    (void)deflateEnd(&stream);
    return err;
}

static enum err encode_zstd(const struct buffer *body, struct buffer *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (context == NULL) {
        return ERR_MEMORY;
    }
    uint8_t piece[PIECE_SIZE];
    ZSTD_inBuffer in = {.src = body->bytes, .size = body->size};
    size_t left = 1;
    while (left != 0 && !ZSTD_isError(left)) {
        ZSTD_outBuffer piece_out = {.dst = piece, .size = sizeof piece};
        left = ZSTD_compressStream2(context, &piece_out, &in, ZSTD_e_end);
        buffer_append(out, piece, piece_out.pos);
    }
    (void)ZSTD_freeCCtx(context);
    return ZSTD_isError(left) ? ERR_MEMORY : buffer_check(out);
}

static enum err encode_lz4(const struct buffer *body, struct buffer *out)
{
    size_t bound = LZ4F_compressFrameBound(body->size, NULL);
    void *room = buffer_reserve(out, bound);
    if (room == NULL) {
        return ERR_MEMORY;
    }
    size_t size = LZ4F_compressFrame(room, bound, body->bytes, body->size, NULL);
    if (LZ4F_isError(size)) {
        return ERR_MEMORY;
    }
    out->size += size;
    return ERR_OK;
}

enum err content_encode(const char *coding, const struct buffer *body, struct buffer *out)
{
    if (strcmp(coding, "zstd") == 0) {
        return encode_zstd(body, out);
    }
    if (strcmp(coding, "lz4") == 0) {
        return encode_lz4(body, out);
    }
    bool is_gzip = strcmp(coding, "gzip") == 0;
    return encode_zlib(is_gzip ? GZIP_WINDOW_BITS : MAX_WBITS, body, out);
}
