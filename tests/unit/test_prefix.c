/* SPDX-License-Identifier: BSD-3-Clause -- prefixes of addresses. */
#include "common/prefix.h"

#include <criterion/criterion.h>

static void check_fault(const char *text, const char *part)
{
    struct prefix prefix;
    const char *reason;
    cr_expect_eq(prefix_parse(&prefix, text, &reason), ERR_INVALID, "%s", text);
    cr_expect(reason != NULL && strstr(reason, part) != NULL, "%s: %s", text, reason);
}

static bool has(const char *text, const char *address)
{
    struct prefix prefix;
    struct address parsed;
    const char *reason;
    cr_assert_eq(prefix_parse(&prefix, text, &reason), ERR_OK, "%s: %s", text, reason);
    cr_assert_eq(address_parse_zoned(&parsed, address), ERR_OK, "%s", address);
    return prefix_has(&prefix, &parsed);
}

Test(prefix, refuses_what_is_not_a_prefix)
{
    check_fault("", "not a prefix");
    check_fault("192.0.2", "not a prefix");
    check_fault("192.0.2.0/33", "prefix length");
    check_fault("192.0.2.0/", "prefix length");
    check_fault("2001:db8::/129", "prefix length");
    check_fault("2001:db8::/8x", "prefix length");
    check_fault("1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444:5555", "not a");
}

Test(prefix, counts_the_bits_of_ipv4_from_its_own_start)
{
    cr_assert(has("192.0.2.0/24", "192.0.2.255"));
    cr_assert_not(has("192.0.2.0/24", "192.0.3.0"));
    cr_assert(has("192.0.2.128/25", "192.0.2.128"));
    cr_assert_not(has("192.0.2.128/25", "192.0.2.127"));
    cr_assert(has("0.0.0.0/0", "203.0.113.1"));
    cr_assert_not(has("0.0.0.0/0", "2001:db8::1"));
    cr_assert(has("::/0", "203.0.113.1"));
    cr_assert(has("192.0.2.1", "192.0.2.1"));
    cr_assert_not(has("192.0.2.1", "192.0.2.2"));
}

Test(prefix, of_link_local_addresses_up_to_64_bits_holds_on_every_interface)
{
    cr_assert(has("fe80::/10", "fe80::1%lo"));
    cr_assert(has("fe80::/64", "fe80::1%7"));
    cr_assert(has("fe80::/64", "fe80::1"));
    cr_assert_not(has("fe80::/64", "2001:db8::1"));
}

Test(prefix, of_one_link_local_address_needs_its_interface)
{
    check_fault("fe80::1", "fe80::1%eth0");
    check_fault("fe80::1/128", "fe80::1%eth0");
    check_fault("fe80::1%no-such-one", "no interface");
    check_fault("2001:db8::1%lo", "no interface");
    cr_assert(has("fe80::1%7", "fe80::1%7"));
    cr_assert_not(has("fe80::1%7", "fe80::1%8"));
    cr_assert(has("fe80::%7/64", "fe80::2%7"));
    cr_assert_not(has("fe80::%7/64", "fe80::2%8"));
}
