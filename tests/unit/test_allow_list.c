/* SPDX-License-Identifier: BSD-3-Clause -- the exporters that may send. */
#include "ingest/receive/allow_list.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct allow_list *list;

static void stop(void)
{
    allow_list_destroy(&list);
}

TestSuite(allow_list, .fini = stop);

static void check_fault(const char *text, uint32_t line)
{
    struct text_fault fault;
    cr_expect_eq(allow_list_parse(&list, text, &fault), ERR_INVALID, "%s", text);
    cr_expect_null(list);
    cr_expect_eq(fault.line, line, "%s: line %u", text, fault.line);
    cr_expect_not_null(fault.reason, "%s", text);
}

static void use(const char *text)
{
    struct text_fault fault;
    cr_assert_eq(allow_list_parse(&list, text, &fault), ERR_OK, "line %u", fault.line);
}

static bool has(const char *exporter)
{
    struct address address;
    cr_assert_eq(address_parse_zoned(&address, exporter), ERR_OK, "%s", exporter);
    return allow_list_has(list, &address);
}

Test(allow_list, refuses_what_it_does_not_understand_and_reports_the_line)
{
    check_fault("192.0.2.0/24 1000\n", 1);
    check_fault("# exporters\n192.0.2.0/24\n192.0.2.0/33\n", 3);
    check_fault("router1\n", 1);
}

Test(allow_list, refuses_a_list_that_allows_nobody)
{
    check_fault("", 0);
    check_fault("# all commented out\n\n", 2);
}

Test(allow_list, allows_everybody_where_there_is_none)
{
    cr_assert(has("192.0.2.1"));
}

Test(allow_list, has_what_its_prefixes_have)
{
    use("198.51.100.7\n"
        "2001:db8::/32 # our own\n"
        "192.0.2.99/24\n");
    cr_assert(has("192.0.2.0"));
    cr_assert(has("192.0.2.255"));
    cr_assert_not(has("192.0.3.0"));
    cr_assert_not(has("192.0.1.255"));
    cr_assert(has("198.51.100.7"));
    cr_assert_not(has("198.51.100.8"));
    cr_assert(has("2001:db8:ffff::1"));
    cr_assert_not(has("2001:db9::"));
    cr_assert_not(has("::"));
    cr_assert_not(has("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

Test(allow_list, keeps_the_wider_of_two_prefixes_in_any_order)
{
    use("10.0.0.0/16\n10.0.0.0/8\n10.0.0.1\n10.255.0.0/16\n");
    cr_assert(has("10.0.0.1"));
    cr_assert(has("10.1.0.0"));
    cr_assert(has("10.255.255.255"));
    cr_assert_not(has("11.0.0.0"));
}

/* Against a look at each prefix in turn. */
Test(allow_list, finds_what_a_linear_search_finds)
{
    enum {
        PREFIXES = 300,
        LINE = 32
    };
    static char text[PREFIXES * LINE];
    static struct prefix prefixes[PREFIXES];
    srand(7);
    char *end = text;
    for (size_t i = 0; i < PREFIXES; i++) {
        char line[LINE];
        const char *reason;
        (void)snprintf(line, sizeof line, "10.%d.%d.%d/%d", rand() % 4, rand() % 256, rand() % 256,
            20 + rand() % 13);
        cr_assert_eq(prefix_parse(&prefixes[i], line, &reason), ERR_OK);
        end += sprintf(end, "%s\n", line);
    }
    use(text);
    uint32_t allowed = 0;
    for (int i = 0; i < 100000; i++) {
        const uint8_t bytes[4] = {10, (uint8_t)(rand() % 5), (uint8_t)rand(), (uint8_t)rand()};
        struct address address = address_from_ipv4(bytes);
        bool is_expected = false;
        for (size_t j = 0; j < PREFIXES && !is_expected; j++) {
            is_expected = prefix_has(&prefixes[j], &address);
        }
        cr_assert_eq(allow_list_has(list, &address), is_expected);
        allowed += is_expected;
    }
    cr_assert_gt(allowed, 1000);
    cr_assert_lt(allowed, 99000);
}
