/* SPDX-License-Identifier: BSD-3-Clause -- filter expressions against flows. */
#include "common/flow_filter.h"

#include <criterion/criterion.h>

static struct address address(const char *text)
{
    struct address value;
    cr_assert_eq(address_parse(&value, text), ERR_OK);
    return value;
}

/* 10.1.2.3:40000 -> 192.0.2.1:443, TCP, 1500 octets, AS 64500 -> 64501. */
static struct flow web_flow(void)
{
    static struct flow flow;
    struct address from = address("10.1.2.3");
    struct address to = address("192.0.2.1");
    flow_begin(&flow);
    flow_set_etype(&flow, 0x0800);
    flow_set_proto(&flow, 6);
    flow_set_src_addr(&flow, &from);
    flow_set_dst_addr(&flow, &to);
    flow_set_src_port(&flow, 40000);
    flow_set_dst_port(&flow, 443);
    flow_set_bytes(&flow, 1500);
    flow_set_src_as(&flow, 64500);
    flow_set_dst_as(&flow, 64501);
    return flow;
}

static bool matches(const char *expression)
{
    struct flow flow = web_flow();
    flow_set_user_name(&flow, "Example", 7);
    struct flow_filter *filter = NULL;
    char why[FLOW_FILTER_WHY_SIZE];
    enum err err = flow_filter_parse(&filter, expression, why);
    cr_assert_eq(err, ERR_OK, "%s: %s", expression, why);
    bool result = flow_filter_matches(filter, &flow);
    flow_filter_destroy(&filter);
    return result;
}

static void check_refused(const char *expression, const char *reason)
{
    struct flow_filter *filter = NULL;
    char why[FLOW_FILTER_WHY_SIZE] = "";
    cr_assert_neq(flow_filter_parse(&filter, expression, why), ERR_OK, "%s", expression);
    cr_assert_null(filter);
    cr_assert_not_null(strstr(why, reason), "%s: %s", expression, why);
}

Test(flow_filter, refuses_with_the_word_that_was_wrong)
{
    check_refused("", "at 'the end'");
    check_refused("proto=", "a number is expected at 'the end'");
    check_refused("proto=tpc", "'tpc'");
    check_refused("nonsense = 1", "'nonsense'");
    check_refused("src 10.0.0.1", "host, net");
    check_refused("net 10.0.0.0/33", "prefix length");
    check_refused("net 10.0.0.0/x", "prefix length");
    check_refused("net 10.0.0", "an address");
    check_refused("(tcp", "parenthesis");
    check_refused("tcp udp", "'and' or 'or'");
    check_refused("SrcAddr < 10.0.0.1", "= and !=");
    check_refused("AsPath = 1", "lists");
    check_refused("tcp)", "'and' or 'or'");
    check_refused("bytes > 99999999999999999999999", "a number");
}

Test(flow_filter, refuses_to_order_texts)
{
    check_refused("UserName < a", "texts compare");
}

Test(flow_filter, bounds_length_and_nesting)
{
    char deep[512];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    check_refused(deep, "nested too deeply");

    char longest[4096] = "tcp";
    for (int i = 0; i < 200; i++) {
        strcat(longest, " and port 1");
    }
    check_refused(longest, "too long");
}

Test(flow_filter, compares_fields)
{
    cr_assert(matches("proto=tcp"));
    cr_assert(matches("Proto == 6"));
    cr_assert_not(matches("proto=udp"));
    cr_assert(matches("bytes >= 1500"));
    cr_assert_not(matches("bytes > 1500"));
    cr_assert(matches("bytes < 1501"));
    cr_assert(matches("BYTES <= 1500"));
    cr_assert(matches("bytes != 1"));
    cr_assert(matches("etype = 0x0800"));
    cr_assert(matches("vlanid = 0"), "an absent field compares as 0");
}

Test(flow_filter, compares_texts_in_any_case)
{
    cr_assert(matches("UserName = example"));
    cr_assert(matches("username != exampl"));
    cr_assert_not(matches("username = examples"));
    cr_assert_not(matches("HttpHost = example"), "an absent text is empty");
    cr_assert(matches("HttpHost != example"));
}

Test(flow_filter, knows_the_words_of_tcpdump)
{
    cr_assert(matches("tcp"));
    cr_assert(matches("ip"));
    cr_assert_not(matches("ip6"));
    cr_assert(matches("port 443"));
    cr_assert(matches("dst port 443"));
    cr_assert_not(matches("src port 443"));
    cr_assert(matches("host 10.1.2.3"));
    cr_assert_not(matches("dst host 10.1.2.3"));
    cr_assert(matches("src net 10.0.0.0/8"));
    cr_assert(matches("src net 10.1.2.0/23"));
    cr_assert_not(matches("src net 10.1.0.0/23"));
    cr_assert(matches("net 0.0.0.0/0"));
    cr_assert_not(matches("net 2001:db8::/32"));
    cr_assert(matches("dst as 64501"));
}

Test(flow_filter, joins_tests)
{
    cr_assert(matches("proto=tcp and src net 10.0.0.0/8"));
    cr_assert_not(matches("proto=tcp and dst net 10.0.0.0/8"));
    cr_assert(matches("udp or tcp and port 443"), "and binds closer than or");
    cr_assert_not(matches("(udp or tcp) and port 80"));
    cr_assert(matches("not udp && !(port 80)"));
    cr_assert(matches("SrcAddr = 10.1.2.3 and DstAddr != 10.0.0.0/8"));
}
