/* SPDX-License-Identifier: BSD-3-Clause -- CRC-32C against the vectors of RFC 3720 B.4. */
#include "common/crc32c.h"

#include "tests/support/random_flow.h"

#include <criterion/criterion.h>

Test(crc32c, agrees_with_the_published_vectors)
{
    uint8_t bytes[32] = {0};
    cr_assert_eq(crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    cr_assert_eq(crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
    cr_assert_eq(crc32c_portable(0, "123456789", 9), 0xe3069283);
}

Test(crc32c, goes_on_where_it_stopped)
{
    cr_assert_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    cr_assert_eq(crc32c(0, "", 0), 0);
}

Test(crc32c, agrees_with_the_portable_one_at_every_size_and_place)
{
    enum {
        SIZE = 100000,
        ROUNDS = 2000
    };
    static uint8_t bytes[SIZE];
    struct random random = {1};
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)random_next(&random);
    }
    for (int i = 0; i < ROUNDS; i++) {
        size_t from = random_next(&random) % 64;
        /* Mostly around the few thousand bytes at which the way it is computed changes. */
        size_t size = random_next(&random) % (i % 20 == 0 ? SIZE - 64 : 27000);
        uint32_t before = (uint32_t)random_next(&random);
        cr_assert_eq(crc32c(before, bytes + from, size),
            crc32c_portable(before, bytes + from, size), "from %zu, %zu bytes", from, size);
    }
}
