/*
 * cursor.h -- the only way to touch bytes that came from a wire.
 *
 * A cursor borrows a range of bytes. A read past the end fails the cursor; a failed cursor stays
 * failed, yields zeroes and has nothing left, so one check at the end of a header is enough.
 * Whatever has a length on the wire gets a child cursor: cursor_sub().
 * Fixed-size records: take the record once, then load_be16/32/64 at offsets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where a failed cursor begins and ends: how far it had come is forgotten. */
#define CURSOR_FAILED ((const uint8_t *)1)

/*
 * Two words, which compilers pass and return in registers. With a third, for the failure, cursors
 * went through memory: written as words and at once read as vectors, which stalls processors.
 */
struct cursor {
    const uint8_t *pos;
    const uint8_t *end;
};

static inline uint16_t load_be16(const uint8_t *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t load_be32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t load_be64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return __builtin_bswap64(value);
}

/* An unsigned integer of 1 to 8 bytes, most significant first; 0 for a size of 0. */
static inline uint64_t load_be(const uint8_t *p, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

/* Of nothing `bytes` may be NULL, to which not even 0 may be added. */
static inline struct cursor cursor_of(const void *bytes, size_t size)
{
    const uint8_t *start = bytes;
    return (struct cursor){.pos = start, .end = size > 0 ? start + size : start};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->pos);
}

static inline bool cursor_failed(const struct cursor *cursor)
{
    return cursor->end == CURSOR_FAILED;
}

static inline void cursor_fail(struct cursor *cursor)
{
    *cursor = (struct cursor){.pos = CURSOR_FAILED, .end = CURSOR_FAILED};
}

/* The next `size` bytes, lent from the input, or NULL (and the cursor fails). */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
    if (size > cursor_left(cursor)) {
        cursor_fail(cursor);
        return NULL;
    }
    const uint8_t *bytes = cursor->pos;
    cursor->pos += size;
    return bytes;
}

static inline void cursor_skip(struct cursor *cursor, size_t size)
{
    (void)cursor_take(cursor, size);
}

/* A child over the next `size` bytes; the parent moves past them. Too few: both are failed. */
static inline struct cursor cursor_sub(struct cursor *cursor, size_t size)
{
    const uint8_t *bytes = cursor_take(cursor, size);
    if (bytes == NULL) {
        return *cursor;
    }
    return cursor_of(bytes, size);
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 1);
    return bytes != NULL ? bytes[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 2);
    return bytes != NULL ? load_be16(bytes) : 0;
}

static inline uint32_t cursor_be32(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 4);
    return bytes != NULL ? load_be32(bytes) : 0;
}

static inline uint64_t cursor_be64(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 8);
    return bytes != NULL ? load_be64(bytes) : 0;
}
