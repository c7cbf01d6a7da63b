/* SPDX-License-Identifier: BSD-3-Clause -- addresses from and to text. */
#include "common/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

static void check_round_trip(const char *text)
{
    struct address address;
    cr_assert_eq(address_parse(&address, text), ERR_OK, "%s", text);
    char out[ADDRESS_TEXT_SIZE];
    size_t length = address_format(&address, out);
    cr_assert_str_eq(out, text);
    cr_assert_eq(length, strlen(text));
}

Test(address, reads_as_people_write_it)
{
    check_round_trip("0.0.0.0");
    check_round_trip("192.0.2.1");
    check_round_trip("255.255.255.255");
    check_round_trip("10.20.100.9");
    check_round_trip("::");
    check_round_trip("2001:db8::1");
}

Test(address, refuses_what_is_no_address)
{
    struct address address;
    cr_assert_eq(address_parse(&address, ""), ERR_INVALID);
    cr_assert_eq(address_parse(&address, "192.0.2"), ERR_INVALID);
    cr_assert_eq(address_parse(&address, "192.0.2.256"), ERR_INVALID);
    cr_assert_eq(address_parse(&address, "[::1]"), ERR_INVALID);
}

Test(address, knows_both_unspecified_addresses)
{
    struct address address;
    cr_assert_eq(address_parse(&address, "0.0.0.0"), ERR_OK);
    cr_assert(address_is_unspecified(&address));
    cr_assert_eq(address_parse(&address, "::"), ERR_OK);
    cr_assert(address_is_unspecified(&address));
    cr_assert_eq(address_parse(&address, "::1"), ERR_OK);
    cr_assert_not(address_is_unspecified(&address));
}

/* Every pattern of zero groups, and groups of every length. */
Test(address, is_written_as_the_libc_writes_it)
{
    static const uint16_t GROUPS[] = {0x1, 0x10, 0x203, 0xabcd, 0xffff};
    for (unsigned i = 0; i < 256 * 5; i++) {
        struct address address;
        for (unsigned group = 0; group < 8; group++) {
            bool is_zero = (i >> group & 1) != 0;
            uint16_t value = is_zero ? 0 : GROUPS[(i / 256 + group) % 5];
            address.bytes[2 * group] = (uint8_t)(value >> 8);
            address.bytes[2 * group + 1] = (uint8_t)value;
        }
        char expected[ADDRESS_TEXT_SIZE];
        char text[ADDRESS_TEXT_SIZE];
        cr_assert_not_null(inet_ntop(AF_INET6, address.bytes, expected, sizeof expected));
        if (!address_is_ipv4(&address)) {
            cr_assert_eq(address_format(&address, text), strlen(expected));
            cr_assert_str_eq(text, expected);
        }
    }
}
