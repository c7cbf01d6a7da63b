/* SPDX-License-Identifier: BSD-3-Clause -- CRC-32C, by the processor where it can. */
#include "common/crc32c.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)

#define WITH_CRC __attribute__((target("sse4.2")))

/* Bytes; PAST_LANE is made for it. */
#define LANE ((size_t)4096)

/* What each bit of a CRC becomes when LANE zero bytes follow. */
static const uint32_t PAST_LANE[32] = {0xc2a5b65e, 0x80a71a4d, 0x04a2426b, 0x094484d6, 0x128909ac,
    0x25121358, 0x4a2426b0, 0x94484d60, 0x2d7cec31, 0x5af9d862, 0xb5f3b0c4, 0x6e0b1779, 0xdc162ef2,
    0xbdc02b15, 0x7e6c20db, 0xfcd841b6, 0xfc5cf59d, 0xfd559dcb, 0xff474d67, 0xfb62ec3f, 0xf329ae8f,
    0xe3bf2bef, 0xc292212f, 0x80c834af, 0x047c1faf, 0x08f83f5e, 0x11f07ebc, 0x23e0fd78, 0x47c1faf0,
    0x8f83f5e0, 0x1aeb9d31, 0x35d73a62};

static uint32_t past_lane(uint32_t crc)
{
    uint32_t past = 0;
    for (int bit = 0; bit < 32; bit++) {
        past ^= PAST_LANE[bit] & -(crc >> bit & 1);
    }
    return past;
}

WITH_CRC static uint64_t update_word(uint64_t crc, const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return __builtin_ia32_crc32di(crc, word);
}

/*
 * Each instruction waits three cycles for the one before, but one can start in every cycle: so
 * three lanes are taken at a time, and a CRC is linear, so that they can be joined afterwards.
 */
WITH_CRC static uint32_t update_lanes(uint32_t crc, const uint8_t *bytes)
{
    uint64_t lanes[3] = {crc, 0, 0};
#pragma GCC unroll 4
    for (const uint8_t *end = bytes + LANE; bytes < end; bytes += 8) {
        lanes[0] = update_word(lanes[0], bytes);
        lanes[1] = update_word(lanes[1], bytes + LANE);
        lanes[2] = update_word(lanes[2], bytes + 2 * LANE);
    }
    uint32_t joined = past_lane((uint32_t)lanes[0]) ^ (uint32_t)lanes[1];
    return past_lane(joined) ^ (uint32_t)lanes[2];
}

WITH_CRC static uint32_t update_fast(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (; size >= 3 * LANE; size -= 3 * LANE, bytes += 3 * LANE) {
        crc = update_lanes(crc, bytes);
    }
    for (; size >= 8; size -= 8, bytes += 8) {
        crc = (uint32_t)update_word(crc, bytes);
    }
    for (; size > 0; size--, bytes++) {
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    }
    return crc;
}

static bool has_fast(void)
{
    return __builtin_cpu_supports("sse4.2") != 0;
}

#else

static uint32_t update_fast(uint32_t crc, const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return crc;
}

static bool has_fast(void)
{
    return false;
}

#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return has_fast() ? ~update_fast(~crc, bytes, size) : crc32c_portable(crc, bytes, size);
}

/* Four bits at a time: small, for the processors that are left. */
uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t size)
{
    static const uint32_t NIBBLES[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc,
        0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    crc = ~crc;
    for (const uint8_t *byte = bytes; size > 0; size--, byte++) {
        crc = NIBBLES[(crc ^ *byte) & 15] ^ (crc >> 4);
        crc = NIBBLES[(crc ^ (*byte >> 4)) & 15] ^ (crc >> 4);
    }
    return ~crc;
}
