/* SPDX-License-Identifier: BSD-3-Clause -- CRC-32C, by the processor where it can. */
#include "common/crc32c.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)

/* Eight bytes in three cycles: a batch's CRC costs less than copying it. */
__attribute__((target("sse4.2"))) static uint32_t update_fast(
    uint32_t crc, const uint8_t *bytes, size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; size -= 8, bytes += 8) {
        uint64_t value;
        memcpy(&value, bytes, sizeof value);
        wide = __builtin_ia32_crc32di(wide, value);
    }
    crc = (uint32_t)wide;
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

/* Four bits at a time: small, and only for processors without the instruction. */
static uint32_t update_slow(uint32_t crc, const uint8_t *bytes, size_t size)
{
    static const uint32_t NIBBLES[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc,
        0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    for (; size > 0; size--, bytes++) {
        crc = NIBBLES[(crc ^ *bytes) & 15] ^ (crc >> 4);
        crc = NIBBLES[(crc ^ (*bytes >> 4)) & 15] ^ (crc >> 4);
    }
    return crc;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return ~(has_fast() ? update_fast(~crc, bytes, size) : update_slow(~crc, bytes, size));
}
