/* SPDX-License-Identifier: BSD-3-Clause -- lists inside records (RFC 6313), the broken ones first.
 */
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

enum {
    OUTER_ID = 256,
    INNER_ID = 257,
    MIDDLE_ID = 258,
    OPTIONS_ID = 300,
    VARIABLE = TEMPLATE_VARIABLE,
    BYTES = 1500,
    ALL_OF = 3, /* semantics of RFC 6313 section 4.4 */
    ORDERED = 4,
    ENTERPRISE = 0x8000,
    LIST_MAX = 250
};

static struct flow_collector collector;
static struct packet packet;
static struct build list; /* what the record's list holds */

static void start(void)
{
    collector_start(&collector);
    list.size = 0;
}

static void stop(void)
{
    collector_stop(&collector);
}

TestSuite(record_list, .init = start, .fini = stop);

/* Templates of what may be inside: 257 of MAC address and ports, 258 of a list of anything. */
static void announce(void)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, INNER_ID, {0, 56, 6}, {0, 7, 2}, {0, 11, 2});
    PACKET_TEMPLATE(&packet, 2, MIDDLE_ID, {0, 82, VARIABLE}, {0, 292, VARIABLE}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
}

/* A record of source port 0, the first `size` bytes of the list, and BYTES octets. */
static const struct flow *decode_part(uint16_t kind, size_t size)
{
    const struct template_field fields[] = {{0, 7, 2}, {0, kind, VARIABLE}, {0, 1, 4}};
    packet_ipfix(&packet);
    packet_open_set(&packet, 2);
    packet_template(&packet, OUTER_ID, fields, 3);
    packet_close_set(&packet);
    packet_open_set(&packet, OUTER_ID);
    build_u16(&packet.wire, 0);
    build_u8(&packet.wire, (uint8_t)size);
    build_bytes(&packet.wire, list.bytes, size);
    build_u32(&packet.wire, BYTES);
    packet_close_set(&packet);
    packet_close(&packet);
    collector.flow_count = 0;
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK, "a list costs no record");
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), BYTES);
    return &collector.flows[0];
}

static const struct flow *decode(uint16_t kind)
{
    cr_assert_leq(list.size, LIST_MAX);
    return decode_part(kind, list.size);
}

static uint64_t unread(void)
{
    return counter_get(&decoder_counters(collector.decoder)->lists_unread);
}

static void open_basic_list(uint16_t element, uint16_t length)
{
    build_u8(&list, ALL_OF);
    build_u16(&list, element);
    build_u16(&list, length);
}

static void put_number(uint64_t value, size_t size)
{
    while (size-- > 0) {
        build_u8(&list, (uint8_t)(value >> 8 * size));
    }
}

/* A record of template 257. */
static void put_inner(uint16_t port)
{
    put_number(FLOW_FIELD_COUNT, 6);
    build_u16(&list, port);
    build_u16(&list, 443);
}

Test(record_list, list_cut_anywhere_is_counted_and_costs_no_record)
{
    announce();
    open_basic_list(483, 4);
    build_u32(&list, 0x10001);
    for (size_t size = 1; size < list.size; size++) {
        uint64_t before = unread();
        decode_part(291, size);
        /* An empty list of a known element is no fault. */
        cr_assert_eq(unread() - before, size == 5 ? 0 : 1, "%zu bytes", size);
    }
}

Test(record_list, sub_template_list_cut_anywhere_is_counted)
{
    announce();
    build_u8(&list, ALL_OF);
    build_u16(&list, INNER_ID);
    put_inner(1024);
    for (size_t size = 1; size < list.size; size++) {
        uint64_t before = unread();
        decode_part(292, size);
        cr_assert_eq(unread() - before, size == 3 ? 0 : 1, "%zu bytes", size);
    }
}

Test(record_list, multi_list_cut_anywhere_is_counted)
{
    announce();
    build_u8(&list, ALL_OF);
    build_u16(&list, INNER_ID);
    build_u16(&list, 14);
    put_inner(1024);
    for (size_t size = 2; size < list.size; size++) {
        uint64_t before = unread();
        decode_part(293, size);
        cr_assert_eq(unread() - before, 1, "%zu bytes", size);
    }
}

Test(record_list, block_length_that_lies_is_counted)
{
    static const uint16_t LENGTHS[] = {0, 1, 3, 15, UINT16_MAX};
    announce();
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        list.size = 0;
        build_u8(&list, ALL_OF);
        build_u16(&list, INNER_ID);
        build_u16(&list, LENGTHS[i]);
        put_inner(1024);
        uint64_t before = unread();
        cr_assert_not(flow_has(decode(293), FLOW_SRC_PORT), "length %u", LENGTHS[i]);
        cr_assert_eq(unread() - before, 1, "length %u", LENGTHS[i]);
    }
}

Test(record_list, values_without_bytes_do_not_go_on_for_ever)
{
    open_basic_list(483, 0);
    build_u32(&list, 1);
    cr_assert_not(flow_has(decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 1);
    list.size = 0;
    open_basic_list(483, VARIABLE);
    build_zeroes(&list, 100); /* a hundred values of length 0 */
    cr_assert_not(flow_has(decode(291), FLOW_BGP_COMMUNITIES));
}

Test(record_list, values_of_a_wrong_length_are_left_out)
{
    static const uint16_t LENGTHS[] = {1, 3, 5, 15, 17};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        list.size = 0;
        open_basic_list(494, LENGTHS[i]);
        build_bytes(&list, "abcdefghijklmnopqrstuvwxyz", LENGTHS[i]);
        cr_assert_not(flow_has(decode(496), FLOW_IPV6_ROUTING_ADDRESSES));
    }
}

Test(record_list, unknown_template_is_counted)
{
    build_u8(&list, ALL_OF);
    build_u16(&list, 999);
    build_u32(&list, 1);
    decode(292);
    cr_assert_eq(unread(), 1);
}

Test(record_list, templates_of_options_are_not_read)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 7, 2}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&collector, &packet);
    build_u8(&list, ALL_OF);
    build_u16(&list, OPTIONS_ID);
    build_u32(&list, 0x04000050);
    cr_assert_not(flow_has(decode(292), FLOW_SRC_PORT));
}

/* Template 256 inside a record of template 256, whose places must not move. */
Test(record_list, record_may_hold_records_of_its_own_kind)
{
    build_u8(&list, ALL_OF);
    build_u16(&list, OUTER_ID);
    build_u16(&list, 1024);
    build_u8(&list, 0);
    build_u32(&list, 9999);
    const struct flow *flow = decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(unread(), 0);
}

static void nest(int depth)
{
    for (int i = 0; i < depth; i++) {
        open_basic_list(291, VARIABLE);
        build_u8(&list, (uint8_t)(6 * (depth - i) + 3)); /* of what follows */
    }
    open_basic_list(483, 4);
    build_u32(&list, 0x10001);
}

Test(record_list, lists_in_lists_are_read_two_deep)
{
    nest(1);
    cr_assert(flow_has(decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 0);
    list.size = 0;
    nest(2);
    cr_assert_not(flow_has(decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 1);
}

Test(record_list, communities_are_a_list)
{
    open_basic_list(483, 4);
    build_u32(&list, 64500U << 16 | 100);
    build_u32(&list, 64500U << 16 | 200);
    const struct flow *flow = decode(485);
    cr_assert(flow_has(flow, FLOW_BGP_COMMUNITIES));
    cr_assert_eq(flow->bgp_communities.count, 2);
    cr_assert_eq(flow->bgp_communities.values[0], 64500U << 16 | 100);
    cr_assert_eq(flow->bgp_communities.values[1], 64500U << 16 | 200);
}

Test(record_list, list_longer_than_the_flow_s_is_cut)
{
    open_basic_list(483, 2);
    for (uint16_t i = 1; i <= 2 * FLOW_LIST_MAX - 10; i++) {
        build_u16(&list, i);
    }
    cr_assert_eq(decode(485)->bgp_communities.count, FLOW_LIST_MAX);
}

Test(record_list, segments_are_a_list)
{
    build_u8(&list, ORDERED);
    build_u16(&list, 494);
    build_u16(&list, 16);
    for (uint8_t last = 1; last <= 2; last++) {
        put_number(UINT64_C(0x20010db800000000), 8);
        put_number(last, 8);
    }
    const struct flow *flow = decode(496);
    cr_assert_eq(flow->ipv6_routing_addresses.count, 2);
    cr_assert_str_eq(collector_text(&flow->ipv6_routing_addresses.values[1]), "2001:db8::2");
}

Test(record_list, labels_are_a_stack)
{
    open_basic_list(70, 3);
    put_number(16001 << 4, 3);
    put_number(24002 << 4 | 1, 3);
    const struct flow *flow = decode(291);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_COUNT), 2);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_1_LABEL), 16001);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_2_LABEL), 24002);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_LAST_LABEL), 24002);
}

Test(record_list, enterprise_elements_have_four_bytes_more)
{
    open_basic_list(ENTERPRISE | 300, 4);
    list.size -= 2;
    build_u16(&list, 4);
    build_u32(&list, 35632); /* nProbe: path to the destination */
    build_u32(&list, 64501);
    build_u32(&list, 64502);
    const struct flow *flow = decode(291);
    cr_assert_eq(flow->as_path.count, 2);
    cr_assert_eq(flow->as_path.values[1], 64502);
}

Test(record_list, first_value_fills_a_field_that_is_open)
{
    open_basic_list(8, 4);
    build_u32(&list, 0xc0000201);
    build_u32(&list, 0xc0000202);
    const struct flow *flow = decode(291);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0800);
    list.size = 0;
    open_basic_list(11, VARIABLE);
    put_number(UINT64_C(0x0201bb), 3); /* one of two bytes ... */
    put_number(UINT64_C(0x0150), 2);   /* ... and one of one */
    cr_assert_eq(flow_number(decode(291), FLOW_DST_PORT), 443);
}

Test(record_list, field_of_the_record_goes_before_those_in_its_lists)
{
    open_basic_list(1, 4);
    build_u32(&list, 7);
    cr_assert_eq(flow_number(decode(291), FLOW_BYTES), BYTES);
}

Test(record_list, first_record_of_a_list_fills_fields_that_are_open)
{
    announce();
    build_u8(&list, ALL_OF);
    build_u16(&list, INNER_ID);
    put_inner(1024);
    put_inner(1025);
    const struct flow *flow = decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_MAC), FLOW_FIELD_COUNT);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 443);
}

/* As YAF's: what is known of TCP is in a block of its own. */
Test(record_list, each_block_of_a_multi_list_fills_fields)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, MIDDLE_ID, {0, 184, 4}, {6871, 14, 1}, {6871, 15, 1});
    packet_close(&packet);
    collector_decode(&collector, &packet);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, INNER_ID, {0, 56, 6}, {0, 7, 2}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&collector, &packet);
    build_u8(&list, ALL_OF);
    build_u16(&list, MIDDLE_ID);
    build_u16(&list, 10);
    build_u32(&list, 123456);
    build_u16(&list, 0x0211);
    build_u16(&list, INNER_ID);
    build_u16(&list, 14);
    put_inner(1024);
    const struct flow *flow = decode(293);
    cr_assert_eq(flow_number(flow, FLOW_TCP_FLAGS), 0x13);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(unread(), 0);
}

Test(record_list, lists_of_records_inside_are_read_in_their_place)
{
    announce();
    build_u8(&list, ALL_OF);
    build_u16(&list, MIDDLE_ID);
    build_u8(&list, 3);
    build_bytes(&list, "eth", 3);
    build_u8(&list, 13);
    build_u8(&list, ALL_OF);
    build_u16(&list, INNER_ID);
    put_inner(1024);
    build_u16(&list, 8080);
    const struct flow *flow = decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 8080, "the outer one goes before");
    cr_assert_eq(unread(), 0);
}

Test(record_list, empty_list_says_nothing)
{
    decode(291);
    decode(292);
    decode(293);
    cr_assert_eq(unread(), 0);
}
