/* SPDX-License-Identifier: BSD-3-Clause -- addresses from and to text. */
#include "common/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <net/if.h>
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

static void check_zoned(const char *text, const char *expected, uint32_t zone)
{
    struct address address;
    char written[ADDRESS_ZONED_TEXT_SIZE];
    cr_assert_eq(address_parse_zoned(&address, text), ERR_OK, "%s", text);
    address_format_zoned(&address, written);
    cr_expect_str_eq(written, expected);
    cr_expect_eq(address_zone(&address), zone, "%s", text);
}

Test(address, keeps_the_zone_of_a_link_local_address)
{
    uint32_t lo = if_nametoindex("lo");
    cr_assert_gt(lo, 0);
    check_zoned("fe80::1%lo", "fe80::1%lo", lo);
    check_zoned("fe80::1%987654", "fe80::1%987654", 987654);
    check_zoned("fe80::1", "fe80::1", 0);
    check_zoned("192.0.2.1", "192.0.2.1", 0);
    struct address address;
    cr_assert_eq(address_parse_zoned(&address, "fe80::1%no-such-one"), ERR_NOT_FOUND);
    cr_assert_eq(address_parse_zoned(&address, "fe80::1%"), ERR_NOT_FOUND);
    cr_assert_eq(address_parse_zoned(&address, "2001:db8::1%lo"), ERR_NOT_FOUND);
    cr_assert_eq(address_parse_zoned(&address, "router%lo"), ERR_INVALID);
}

Test(address, of_a_socket_has_the_zone_and_rows_do_not)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_scope_id = 5};
    cr_assert_eq(inet_pton(AF_INET6, "fe80::a:b", &name.sin6_addr), 1);
    struct address first = address_from_sockaddr((struct sockaddr *)&name, NULL);
    name.sin6_scope_id = 6;
    struct address second = address_from_sockaddr((struct sockaddr *)&name, NULL);
    cr_assert_not(address_equal(&first, &second));
    cr_assert_eq(address_zone(&second), 6);
    struct address plain = address_without_zone(&first);
    struct address same = address_without_zone(&second);
    cr_assert(address_equal(&plain, &same));
    char text[ADDRESS_TEXT_SIZE];
    (void)address_format(&plain, text);
    cr_assert_str_eq(text, "fe80::a:b");
}

Test(address, knows_groups)
{
    static const struct {
        const char *text;
        bool is_multicast;
    } CASES[] = {{"224.0.0.1", true}, {"239.1.2.3", true}, {"240.0.0.1", false},
        {"223.255.255.255", false}, {"ff02::1", true}, {"fe80::1", false}, {"::", false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct address address;
        cr_assert_eq(address_parse(&address, CASES[i].text), ERR_OK);
        cr_expect_eq(address_is_multicast(&address), CASES[i].is_multicast, "%s", CASES[i].text);
    }
}
