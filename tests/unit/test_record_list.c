/* SPDX-License-Identifier: BSD-3-Clause -- lists inside records (RFC 6313), the broken ones first.
 */
#include "tests/support/listed_record.h"

#include <criterion/criterion.h>

enum {
    OPTIONS_ID = 300
};

static struct packet packet;

static void start(void)
{
    listed_start(&(struct decoder_options){0});
}

TestSuite(record_list, .init = start, .fini = listed_stop);

static uint64_t unread(void)
{
    return counter_get(&decoder_counters(listed.decoder)->lists_unread);
}

/* A record of template 257. */
static void put_inner(uint16_t port)
{
    list_put_number(FLOW_FIELD_COUNT, 6);
    build_u16(&list, port);
    build_u16(&list, 443);
}

Test(record_list, list_cut_anywhere_is_counted_and_costs_no_record)
{
    listed_announce();
    list_open_basic(483, 4);
    build_u32(&list, 0x10001);
    for (size_t size = 1; size < list.size; size++) {
        uint64_t before = unread();
        listed_decode_part(291, size);
        /* An empty list of a known element is no fault. */
        cr_assert_eq(unread() - before, size == 5 ? 0 : 1, "%zu bytes", size);
    }
}

Test(record_list, sub_template_list_cut_anywhere_is_counted)
{
    listed_announce();
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    put_inner(1024);
    for (size_t size = 1; size < list.size; size++) {
        uint64_t before = unread();
        listed_decode_part(292, size);
        cr_assert_eq(unread() - before, size == 3 ? 0 : 1, "%zu bytes", size);
    }
}

Test(record_list, multi_list_cut_anywhere_is_counted)
{
    listed_announce();
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    build_u16(&list, 14);
    put_inner(1024);
    for (size_t size = 2; size < list.size; size++) {
        uint64_t before = unread();
        listed_decode_part(293, size);
        cr_assert_eq(unread() - before, 1, "%zu bytes", size);
    }
}

Test(record_list, block_length_that_lies_is_counted)
{
    static const uint16_t LENGTHS[] = {0, 1, 3, 15, UINT16_MAX};
    listed_announce();
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        list.size = 0;
        build_u8(&list, LIST_ALL_OF);
        build_u16(&list, LISTED_INNER);
        build_u16(&list, LENGTHS[i]);
        put_inner(1024);
        uint64_t before = unread();
        cr_assert_not(flow_has(listed_decode(293), FLOW_SRC_PORT), "length %u", LENGTHS[i]);
        cr_assert_eq(unread() - before, 1, "length %u", LENGTHS[i]);
    }
}

Test(record_list, values_without_bytes_do_not_go_on_for_ever)
{
    list_open_basic(483, 0);
    build_u32(&list, 1);
    cr_assert_not(flow_has(listed_decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 1);
    list.size = 0;
    list_open_basic(483, LIST_VARIABLE);
    build_zeroes(&list, 100); /* a hundred values of length 0 */
    cr_assert_not(flow_has(listed_decode(291), FLOW_BGP_COMMUNITIES));
}

Test(record_list, values_of_a_wrong_length_are_left_out)
{
    static const uint16_t LENGTHS[] = {1, 3, 5, 15, 17};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        list.size = 0;
        list_open_basic(494, LENGTHS[i]);
        build_bytes(&list, "abcdefghijklmnopqrstuvwxyz", LENGTHS[i]);
        cr_assert_not(flow_has(listed_decode(496), FLOW_IPV6_ROUTING_ADDRESSES));
    }
}

Test(record_list, unknown_template_is_counted)
{
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, 999);
    build_u32(&list, 1);
    listed_decode(292);
    cr_assert_eq(unread(), 1);
}

Test(record_list, templates_of_options_are_not_read)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 7, 2}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&listed, &packet);
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, OPTIONS_ID);
    build_u32(&list, 0x04000050);
    cr_assert_not(flow_has(listed_decode(292), FLOW_SRC_PORT));
}

/* Template 256 inside a record of template 256, whose places must not move. */
Test(record_list, record_may_hold_records_of_its_own_kind)
{
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_OUTER);
    build_u16(&list, 1024);
    build_u8(&list, 0);
    build_u32(&list, 9999);
    const struct flow *flow = listed_decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(unread(), 0);
}

static void nest(int depth)
{
    for (int i = 0; i < depth; i++) {
        list_open_basic(291, LIST_VARIABLE);
        build_u8(&list, (uint8_t)(6 * (depth - i) + 3)); /* of what follows */
    }
    list_open_basic(483, 4);
    build_u32(&list, 0x10001);
}

Test(record_list, lists_in_lists_are_read_two_deep)
{
    nest(1);
    cr_assert(flow_has(listed_decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 0);
    list.size = 0;
    nest(2);
    cr_assert_not(flow_has(listed_decode(291), FLOW_BGP_COMMUNITIES));
    cr_assert_eq(unread(), 1);
}

Test(record_list, communities_are_a_list)
{
    list_open_basic(483, 4);
    build_u32(&list, 64500U << 16 | 100);
    build_u32(&list, 64500U << 16 | 200);
    const struct flow *flow = listed_decode(485);
    cr_assert(flow_has(flow, FLOW_BGP_COMMUNITIES));
    cr_assert_eq(flow->bgp_communities.count, 2);
    cr_assert_eq(flow->bgp_communities.values[0], 64500U << 16 | 100);
    cr_assert_eq(flow->bgp_communities.values[1], 64500U << 16 | 200);
}

static void put_path(uint16_t element)
{
    list.size = 0;
    list_open_basic(element, 4);
    build_u32(&list, 64500);
    build_u32(&list, 4200000000);
}

Test(record_list, path_to_the_destination_is_a_list)
{
    static const struct {
        uint16_t list;
        uint16_t element;
    } PATHS[] = {{512, 17}, {512, 16}, {291, 17}};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        put_path(PATHS[i].element);
        const struct flow *flow = listed_decode(PATHS[i].list);
        cr_assert(flow_has(flow, FLOW_AS_PATH), "%u in %u", PATHS[i].element, PATHS[i].list);
        cr_assert_eq(flow->as_path.count, 2);
        cr_assert_eq(flow->as_path.values[0], 64500);
        cr_assert_eq(flow->as_path.values[1], 4200000000);
        cr_assert_not(flow_has(flow, FLOW_DST_AS), "the first hop is not where it ends");
    }
}

Test(record_list, path_to_the_source_is_none_to_the_destination)
{
    static const struct {
        uint16_t list;
        uint16_t element;
    } PATHS[] = {{511, 16}, {511, 17}, {291, 16}};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        put_path(PATHS[i].element);
        const struct flow *flow = listed_decode(PATHS[i].list);
        cr_assert_not(flow_has(flow, FLOW_AS_PATH), "%u in %u", PATHS[i].element, PATHS[i].list);
        cr_assert_not(flow_has(flow, FLOW_SRC_AS));
        cr_assert_not(flow_has(flow, FLOW_DST_AS));
    }
}

Test(record_list, list_longer_than_the_flow_s_is_cut)
{
    list_open_basic(483, 2);
    for (uint16_t i = 1; i <= 2 * FLOW_LIST_MAX - 10; i++) {
        build_u16(&list, i);
    }
    cr_assert_eq(listed_decode(485)->bgp_communities.count, FLOW_LIST_MAX);
}

Test(record_list, segments_are_a_list)
{
    build_u8(&list, LIST_ORDERED);
    build_u16(&list, 494);
    build_u16(&list, 16);
    for (uint8_t last = 1; last <= 2; last++) {
        list_put_number(UINT64_C(0x20010db800000000), 8);
        list_put_number(last, 8);
    }
    const struct flow *flow = listed_decode(496);
    cr_assert_eq(flow->ipv6_routing_addresses.count, 2);
    cr_assert_str_eq(collector_text(&flow->ipv6_routing_addresses.values[1]), "2001:db8::2");
}

Test(record_list, labels_are_a_stack)
{
    list_open_basic(70, 3);
    list_put_number(16001 << 4, 3);
    list_put_number(24002 << 4 | 1, 3);
    const struct flow *flow = listed_decode(291);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_COUNT), 2);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_1_LABEL), 16001);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_2_LABEL), 24002);
    cr_assert_eq(flow_number(flow, FLOW_MPLS_LAST_LABEL), 24002);
}

Test(record_list, enterprise_elements_have_four_bytes_more)
{
    list_open_basic(LIST_ENTERPRISE | 300, 4);
    list.size -= 2;
    build_u16(&list, 4);
    build_u32(&list, 35632); /* nProbe: path to the destination */
    build_u32(&list, 64501);
    build_u32(&list, 64502);
    const struct flow *flow = listed_decode(291);
    cr_assert_eq(flow->as_path.count, 2);
    cr_assert_eq(flow->as_path.values[1], 64502);
}

Test(record_list, first_value_fills_a_field_that_is_open)
{
    list_open_basic(8, 4);
    build_u32(&list, 0xc0000201);
    build_u32(&list, 0xc0000202);
    const struct flow *flow = listed_decode(291);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0800);
    list.size = 0;
    list_open_basic(11, LIST_VARIABLE);
    list_put_number(UINT64_C(0x0201bb), 3); /* one of two bytes ... */
    list_put_number(UINT64_C(0x0150), 2);   /* ... and one of one */
    cr_assert_eq(flow_number(listed_decode(291), FLOW_DST_PORT), 443);
}

Test(record_list, field_of_the_record_goes_before_those_in_its_lists)
{
    list_open_basic(1, 4);
    build_u32(&list, 7);
    cr_assert_eq(flow_number(listed_decode(291), FLOW_BYTES), LISTED_BYTES);
}

Test(record_list, first_record_of_a_list_fills_fields_that_are_open)
{
    listed_announce();
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    put_inner(1024);
    put_inner(1025);
    const struct flow *flow = listed_decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_MAC), FLOW_FIELD_COUNT);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 443);
}

/* As YAF's: what is known of TCP is in a block of its own. */
Test(record_list, each_block_of_a_multi_list_fills_fields)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, LISTED_MIDDLE, {0, 184, 4}, {6871, 14, 1}, {6871, 15, 1});
    packet_close(&packet);
    collector_decode(&listed, &packet);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, LISTED_INNER, {0, 56, 6}, {0, 7, 2}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&listed, &packet);
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_MIDDLE);
    build_u16(&list, 10);
    build_u32(&list, 123456);
    build_u16(&list, 0x0211);
    build_u16(&list, LISTED_INNER);
    build_u16(&list, 14);
    put_inner(1024);
    const struct flow *flow = listed_decode(293);
    cr_assert_eq(flow_number(flow, FLOW_TCP_FLAGS), 0x13);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(unread(), 0);
}

Test(record_list, lists_of_records_inside_are_read_in_their_place)
{
    listed_announce();
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_MIDDLE);
    build_u8(&list, 3);
    build_bytes(&list, "eth", 3);
    build_u8(&list, 13);
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    put_inner(1024);
    build_u16(&list, 8080);
    const struct flow *flow = listed_decode(292);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 8080, "the outer one goes before");
    cr_assert_eq(unread(), 0);
}

Test(record_list, empty_list_says_nothing)
{
    listed_decode(291);
    listed_decode(292);
    listed_decode(293);
    cr_assert_eq(unread(), 0);
}

/* RFC 5103: a record with a list, and the answer counted beside it. */
static void decode_both_ways(uint16_t kind)
{
    const struct template_field fields[] = {
        {0, 7, 2}, {0, kind, LIST_VARIABLE}, {0, 1, 4}, {29305, 1, 4}};
    packet_ipfix(&packet);
    packet_open_set(&packet, 2);
    packet_template(&packet, LISTED_OUTER, fields, 4);
    packet_close_set(&packet);
    packet_open_set(&packet, LISTED_OUTER);
    build_u16(&packet.wire, 5000);
    build_u8(&packet.wire, (uint8_t)list.size);
    build_bytes(&packet.wire, list.bytes, list.size);
    build_u32(&packet.wire, LISTED_BYTES);
    build_u32(&packet.wire, 60);
    packet_close_set(&packet);
    packet_close(&packet);
    listed.flow_count = 0;
    collector_decode(&listed, &packet);
    cr_assert_eq(listed.flow_count, 2);
    cr_assert_eq(flow_number(&listed.flows[1], FLOW_BYTES), 60);
}

Test(record_list, reverse_values_of_a_list_are_those_of_the_answer)
{
    list_open_basic(LIST_ENTERPRISE | 6, 1);
    build_u32(&list, 29305);
    build_u8(&list, 0x12);
    decode_both_ways(291);
    cr_assert_not(flow_has(&listed.flows[0], FLOW_TCP_FLAGS));
    cr_assert_eq(flow_number(&listed.flows[1], FLOW_TCP_FLAGS), 0x12);
}

Test(record_list, reverse_fields_of_its_records_are_those_of_the_answer)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, LISTED_INNER, {0, 6, 1}, {29305, 6, 1});
    packet_close(&packet);
    collector_decode(&listed, &packet);
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    build_u16(&list, 0x0212);
    decode_both_ways(292);
    cr_assert_eq(flow_number(&listed.flows[0], FLOW_TCP_FLAGS), 0x02);
    cr_assert_eq(flow_number(&listed.flows[1], FLOW_TCP_FLAGS), 0x12);
}
