/* SPDX-License-Identifier: BSD-3-Clause -- CRC-32C against the vectors of RFC 3720 B.4. */
#include "common/crc32c.h"

#include <criterion/criterion.h>

Test(crc32c, agrees_with_the_published_vectors)
{
    uint8_t bytes[32] = {0};
    cr_assert_eq(crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    cr_assert_eq(crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
}

Test(crc32c, goes_on_where_it_stopped)
{
    cr_assert_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    cr_assert_eq(crc32c(0, "", 0), 0);
}
