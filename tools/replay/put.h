/*
 * put.h -- writes numbers in network order, the counterpart of a cursor.
 *
 * For building exports: the caller has made sure that there is room.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct put {
    uint8_t *pos;
};

static inline void put_bytes(struct put *put, const void *bytes, size_t size)
{
    memcpy(put->pos, bytes, size);
    put->pos += size;
}

static inline void put_zeroes(struct put *put, size_t size)
{
    memset(put->pos, 0, size);
    put->pos += size;
}

static inline void put_u8(struct put *put, uint8_t value)
{
    *put->pos++ = value;
}

static inline void put_be16(struct put *put, uint16_t value)
{
    value = __builtin_bswap16(value);
    put_bytes(put, &value, sizeof value);
}

static inline void put_be32(struct put *put, uint32_t value)
{
    value = __builtin_bswap32(value);
    put_bytes(put, &value, sizeof value);
}

static inline void put_be64(struct put *put, uint64_t value)
{
    value = __builtin_bswap64(value);
    put_bytes(put, &value, sizeof value);
}

/* Over what was written before. */
static inline void put_be16_at(uint8_t *at, uint16_t value)
{
    struct put put = {at};
    put_be16(&put, value);
}
