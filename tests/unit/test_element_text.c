/* SPDX-License-Identifier: BSD-3-Clause -- values of information elements as text. */
#include "ingest/decode/element_text.h"

#include "ingest/decode/elements.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void check(enum element_type type, const void *bytes, size_t length, const char *expected)
{
    char text[ELEMENT_TEXT_MAX(64) + 1];
    text[element_text_put(text, type, bytes, length)] = '\0';
    cr_assert_str_eq(text, expected);
}

#define CHECK(type, bytes, expected) check(ELEMENT_TYPE_##type, bytes, sizeof(bytes) - 1, expected)

Test(element_text, gives_hexadecimal_digits_where_the_length_does_not_fit)
{
    CHECK(UNSIGNED, "123456789", "0x313233343536373839");
    CHECK(ADDRESS, "12345", "0x3132333435");
    CHECK(MAC, "12345", "0x3132333435");
    CHECK(FLOAT, "123", "0x313233");
    CHECK(TIME_NTP_NS, "1234", "0x31323334");
    CHECK(TIME_S, "123456789", "0x313233343536373839");
}

Test(element_text, gives_nothing_for_nothing)
{
    for (int type = ELEMENT_TYPE_UNKNOWN; type <= ELEMENT_TYPE_TIME_NTP_NS; type++) {
        check((enum element_type)type, "", 0, "");
    }
}

Test(element_text, knows_the_types_of_iana_and_no_others)
{
    cr_assert_eq(element_type_of(0, 0), ELEMENT_TYPE_UNKNOWN);
    cr_assert_eq(element_type_of(0, 1), ELEMENT_TYPE_UNSIGNED);
    cr_assert_eq(element_type_of(0, 8), ELEMENT_TYPE_ADDRESS);
    cr_assert_eq(element_type_of(0, 82), ELEMENT_TYPE_STRING);
    cr_assert_eq(element_type_of(0, 320), ELEMENT_TYPE_FLOAT);
    cr_assert_eq(element_type_of(0, 434), ELEMENT_TYPE_SIGNED);
    cr_assert_eq(element_type_of(0, 491), ELEMENT_TYPE_OCTETS);
    cr_assert_eq(element_type_of(0, 495), ELEMENT_TYPE_ADDRESS);
    cr_assert_eq(element_type_of(0, 507), ELEMENT_TYPE_UNSIGNED);
    cr_assert_eq(element_type_of(0, 529), ELEMENT_TYPE_OCTETS);
    cr_assert_eq(element_type_of(0, 530), ELEMENT_TYPE_UNKNOWN);
    cr_assert_eq(element_type_of(0, 65535), ELEMENT_TYPE_UNKNOWN);
    cr_assert_eq(element_type_of(9, 82), ELEMENT_TYPE_UNKNOWN);
    cr_assert_eq(element_type_of(ELEMENT_REVERSE_PEN, 82), ELEMENT_TYPE_STRING);
}

Test(element_text, communities_are_as_routers_print_them)
{
    CHECK(COMMUNITY, "\xfd\xe8\0\x64", "65000:100");
    CHECK(LARGE_COMMUNITY, "\0\x01\0\0\0\0\0\x01\xff\xff\xff\xff", "65536:1:4294967295");
    CHECK(COMMUNITY, "\xfd\xe8\0", "0xfde800");
    CHECK(LARGE_COMMUNITY, "\0\x01", "0x0001");
}

Test(element_text, gives_numbers_of_any_length)
{
    CHECK(UNSIGNED, "\x2a", "42");
    CHECK(UNSIGNED, "\x01\x00\x00", "65536");
    CHECK(UNSIGNED, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    CHECK(SIGNED, "\xff", "-1");
    CHECK(SIGNED, "\x7f\xff", "32767");
    CHECK(SIGNED, "\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808");
    CHECK(FLOAT, "\x3f\xc0\x00\x00", "1.5");
    CHECK(FLOAT, "\xbf\xf8\x00\x00\x00\x00\x00\x00", "-1.5");
    CHECK(FLOAT, "\x7f\xf0\x00\x00\x00\x00\x00\x00", "inf");
}

Test(element_text, gives_addresses_as_people_write_them)
{
    CHECK(ADDRESS, "\xc0\x00\x02\x01", "192.0.2.1");
    CHECK(ADDRESS, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1");
    CHECK(MAC, "\x00\x00\x5e\x00\x53\xff", "00:00:5e:00:53:ff");
}

Test(element_text, keeps_strings_but_for_what_is_no_text)
{
    CHECK(STRING, "xe-0/0/1\0\0\0", "xe-0/0/1");
    CHECK(STRING, "z\xc3\xbcrich", "z\xc3\xbcrich");
    CHECK(STRING, "a\nb\x7f\xff\xc3", "a?b???");
    CHECK(STRING, "\0abc", "");
    CHECK(OCTETS, "\x00\xab", "0x00ab");
    CHECK(UNKNOWN, "\x01", "0x01");
}

Test(element_text, gives_times_with_the_decimals_of_their_type)
{
    CHECK(TIME_S, "\x65\x53\xf1\x00", "2023-11-14 22:13:20");
    CHECK(TIME_MS, "\x00\x00\x01\x8b\xcf\xe5\x68\x7b", "2023-11-14 22:13:20.123");
    CHECK(TIME_NTP_US, "\xe8\xfe\x6f\x80\x80\x00\x00\x00", "2023-11-14 22:13:20.500000");
    CHECK(TIME_NTP_NS, "\xe8\xfe\x6f\x80\x40\x00\x00\x00", "2023-11-14 22:13:20.250000000");
    CHECK(TIME_S, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
}

Test(element_text, agrees_with_the_calendar_of_the_c_library)
{
    for (uint64_t day = 0; day * 86400 <= UINT64_C(253402300799); day++) {
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        uint64_t bytes = __builtin_bswap64((uint64_t)seconds);
        struct tm parts;
        char expected[64];
        char text[ELEMENT_TEXT_MAX(8) + 1];
        cr_assert_not_null(gmtime_r(&seconds, &parts));
        (void)strftime(expected, sizeof expected, "%Y-%m-%d %H:%M:%S", &parts);
        text[element_text_put(text, ELEMENT_TYPE_TIME_S, (const uint8_t *)&bytes, 8)] = '\0';
        if (strcmp(text, expected) != 0) {
            cr_assert_str_eq(text, expected);
        }
    }
}
