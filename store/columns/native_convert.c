/* SPDX-License-Identifier: BSD-3-Clause -- integers of one width as integers of another. */
#include "store/columns/native_values.h"

/* One loop for each pair of widths, simple enough for the compiler to use vectors. */
#define CONVERT(FROM, TO)                                                                          \
    static void convert_##FROM##_##TO(void *to, const void *from, size_t count, uint64_t max)      \
    {                                                                                              \
        const uint##FROM##_t *values = from;                                                       \
        uint##FROM##_t limit = max < UINT##FROM##_MAX ? (uint##FROM##_t)max : UINT##FROM##_MAX;    \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint##TO##_t value = (uint##TO##_t)(values[i] < limit ? values[i] : limit);            \
            memcpy((uint8_t *)to + i * sizeof value, &value, sizeof value);                        \
        }                                                                                          \
    }

CONVERT(8, 8)
CONVERT(8, 16)
CONVERT(8, 32)
CONVERT(8, 64)
CONVERT(16, 8)
CONVERT(16, 16)
CONVERT(16, 32)
CONVERT(16, 64)
CONVERT(32, 8)
CONVERT(32, 16)
CONVERT(32, 32)
CONVERT(32, 64)
CONVERT(64, 8)
CONVERT(64, 16)
CONVERT(64, 32)
CONVERT(64, 64)

typedef void convert_fn(void *to, const void *from, size_t count, uint64_t max);

static convert_fn *const CONVERSIONS[4][4] = {
    {convert_8_8, convert_8_16, convert_8_32, convert_8_64},
    {convert_16_8, convert_16_16, convert_16_32, convert_16_64},
    {convert_32_8, convert_32_16, convert_32_32, convert_32_64},
    {convert_64_8, convert_64_16, convert_64_32, convert_64_64},
};

void native_convert(const struct native_source *source, uint64_t max, void *to, uint32_t to_bytes)
{
    uint64_t highest = UINT64_MAX >> (64 - 8 * source->size_bytes);
    if (to_bytes == source->size_bytes && max >= highest) {
        memcpy(to, source->values, source->count * to_bytes);
        return;
    }
    convert_fn *convert = CONVERSIONS[__builtin_ctz(source->size_bytes)][__builtin_ctz(to_bytes)];
    convert(to, source->values, source->count, max);
}
