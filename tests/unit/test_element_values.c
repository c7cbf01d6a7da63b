/* SPDX-License-Identifier: BSD-3-Clause -- elements that one vendor or RFC alone knows, one by one.
 */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum {
    TEMPLATE_ID = 256,
    VALUE = 5,
    IPV4_SIZE = 4,
    IPV6_SIZE = 16
};

TestSuite(element_values, .init = fixture_start, .fini = fixture_stop);

/* Decodes a record of these fields; `write` gives it its bytes. */
static const struct flow *decode(
    const struct template_field *fields, size_t count, void (*write)(const struct template_field *))
{
    packet_ipfix(&packet);
    packet_open_set(&packet, 2);
    packet_template(&packet, TEMPLATE_ID, fields, count);
    packet_close_set(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    for (size_t i = 0; i < count; i++) {
        write(&fields[i]);
    }
    packet_close_set(&packet);
    packet_close(&packet);
    collector.flow_count = 0;
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_geq(collector.flow_count, 1);
    return &collector.flows[0];
}

static void write_value(const struct template_field *field)
{
    packet_number(&packet, VALUE, field->length);
}

static void write_address(const struct template_field *field)
{
    packet_address(&packet, field->length == IPV4_SIZE ? "192.0.2.5" : "2001:db8::5");
}

Test(element_values, numbers_reach_their_fields)
{
    static const struct {
        struct template_field element;
        enum flow_field field;
    } NUMBERS[] = {
        {{0, 190, 2}, FLOW_BYTES},
        {{0, 200, 1}, FLOW_MPLS_1_TTL},
        {{0, 224, 8}, FLOW_BYTES},
        {{0, 242, 2}, FLOW_LAYER2_BYTES},
        {{0, 255, 2}, FLOW_CUSTOMER_VLAN_ID},
        {{0, 296, 4}, FLOW_TUNNEL_ID},
        {{0, 417, 8}, FLOW_LAYER2_BYTES},
        {{0, 420, 8}, FLOW_LAYER2_BYTES},
        {{0, 430, 8}, FLOW_PACKETS},
        {{0, 431, 8}, FLOW_PACKETS},
        {{0, 457, 2}, FLOW_HTTP_STATUS},
        {{0, 498, 1}, FLOW_IPV6_ROUTING_SEGMENTS_LEFT},
        {{0, 507, 4}, FLOW_TUNNEL_ID},
        {{9, 12240, 2}, FLOW_SRC_PORT},
        {{9, 12241, 2}, FLOW_DST_PORT},
        {{637, 91, 2}, FLOW_INGRESS_VRF_ID},
        {{637, 92, 2}, FLOW_EGRESS_VRF_ID},
        {{6871, 14, 1}, FLOW_TCP_FLAGS},
        {{6871, 15, 1}, FLOW_TCP_FLAGS},
        {{6876, 880, 1}, FLOW_PROTO_ENCAP},
        {{6876, 886, 2}, FLOW_SRC_PORT_ENCAP},
        {{6876, 887, 2}, FLOW_DST_PORT_ENCAP},
        {{10704, 9, 2}, FLOW_POST_NAT_SRC_PORT},
        {{10704, 11, 2}, FLOW_POST_NAT_DST_PORT},
        {{35632, 106, 4}, FLOW_TUNNEL_ID},
        {{35632, 113, 1}, FLOW_PROTO_ENCAP},
        {{35632, 115, 2}, FLOW_SRC_PORT_ENCAP},
        {{35632, 117, 2}, FLOW_DST_PORT_ENCAP},
        {{35632, 118, 2}, FLOW_APPLICATION_ID},
        {{35632, 181, 2}, FLOW_HTTP_STATUS},
        {{41916, 4321, 8}, FLOW_INGRESS_VRF_ID},
    };
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        const struct template_field *element = &NUMBERS[i].element;
        const struct flow *flow = decode(element, 1, write_value);
        cr_assert_eq(flow_number(flow, NUMBERS[i].field), VALUE, "%" PRIu32 "/%u", element->pen,
            element->id);
    }
}

static const struct address *address_of(const struct flow *flow, enum flow_field field)
{
    return (const struct address *)((const uint8_t *)flow + FLOW_FIELDS[field].offset);
}

Test(element_values, addresses_reach_their_fields)
{
    static const struct {
        struct template_field element;
        enum flow_field field;
    } ADDRESSES[] = {
        {{0, 44, IPV4_SIZE}, FLOW_SRC_ADDR},
        {{0, 45, IPV4_SIZE}, FLOW_DST_ADDR},
        {{0, 169, IPV6_SIZE}, FLOW_DST_ADDR},
        {{0, 170, IPV6_SIZE}, FLOW_SRC_ADDR},
        {{9, 12236, IPV4_SIZE}, FLOW_SRC_ADDR},
        {{9, 12237, IPV4_SIZE}, FLOW_DST_ADDR},
        {{9, 12238, IPV6_SIZE}, FLOW_SRC_ADDR},
        {{9, 12239, IPV6_SIZE}, FLOW_DST_ADDR},
        {{6876, 881, IPV4_SIZE}, FLOW_SRC_ADDR_ENCAP},
        {{6876, 882, IPV4_SIZE}, FLOW_DST_ADDR_ENCAP},
        {{6876, 883, IPV6_SIZE}, FLOW_SRC_ADDR_ENCAP},
        {{6876, 884, IPV6_SIZE}, FLOW_DST_ADDR_ENCAP},
        {{10704, 8, IPV4_SIZE}, FLOW_POST_NAT_SRC_ADDR},
        {{10704, 10, IPV4_SIZE}, FLOW_POST_NAT_DST_ADDR},
        {{35632, 114, IPV4_SIZE}, FLOW_SRC_ADDR_ENCAP},
        {{35632, 116, IPV4_SIZE}, FLOW_DST_ADDR_ENCAP},
        {{35632, 396, IPV6_SIZE}, FLOW_SRC_ADDR_ENCAP},
        {{35632, 397, IPV6_SIZE}, FLOW_DST_ADDR_ENCAP},
    };
    for (size_t i = 0; i < sizeof ADDRESSES / sizeof ADDRESSES[0]; i++) {
        const struct template_field *element = &ADDRESSES[i].element;
        const struct flow *flow = decode(element, 1, write_address);
        cr_assert(flow_has(flow, ADDRESSES[i].field), "%" PRIu32 "/%u", element->pen, element->id);
        const char *expected = element->length == IPV4_SIZE ? "192.0.2.5" : "2001:db8::5";
        cr_assert_str_eq(collector_text(address_of(flow, ADDRESSES[i].field)), expected);
    }
}

/* What NetFlow 9 has no enterprise numbers for: Cisco's elements, and nProbe's. */
Test(element_values, netflow9_knows_vendors_by_high_numbers)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 45004, 4}, {0, 45005, 4}, {0, 45008, 2},
        {0, 45009, 2}, {0, 57578, 4}, {0, 40001, 4}, {0, 40003, 2}, {0, 33002, 2}, {0, 40005, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "198.51.100.2");
    build_u16(&packet.wire, 50000);
    build_u16(&packet.wire, 443);
    build_u32(&packet.wire, 7001);
    packet_address(&packet, "203.0.113.4");
    build_u16(&packet.wire, 60000);
    build_u16(&packet.wire, 1001);
    build_u8(&packet.wire, 3);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&flow->dst_addr), "198.51.100.2");
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 50000);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 443);
    cr_assert_eq(flow_number(flow, FLOW_TUNNEL_ID), 7001);
    cr_assert_str_eq(collector_text(&flow->post_nat_src_addr), "203.0.113.4");
    cr_assert_eq(flow_number(flow, FLOW_POST_NAT_SRC_PORT), 60000);
    cr_assert_eq(flow_number(flow, FLOW_FIREWALL_EXTENDED_EVENT), 1001);
    cr_assert_eq(flow_number(flow, FLOW_FIREWALL_EVENT), 3);
}

Test(element_values, netflow9_knows_the_packet_in_a_tunnel_that_nprobe_saw)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 57585, 1}, {0, 57586, 4}, {0, 57587, 2},
        {0, 57588, 4}, {0, 57589, 2}, {0, 57590, 2}, {0, 57653, 2}, {0, 57868, 16}, {0, 57869, 16});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u8(&packet.wire, 6);
    packet_address(&packet, "192.0.2.1");
    build_u16(&packet.wire, 50000);
    packet_address(&packet, "0.0.0.0");
    build_u16(&packet.wire, 80);
    build_u16(&packet.wire, 7);
    build_u16(&packet.wire, 404);
    packet_address(&packet, "::");
    packet_address(&packet, "2001:db8::2");
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(flow, FLOW_PROTO_ENCAP), 6);
    cr_assert_str_eq(collector_text(&flow->src_addr_encap), "192.0.2.1");
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT_ENCAP), 50000);
    cr_assert_str_eq(collector_text(&flow->dst_addr_encap), "2001:db8::2");
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT_ENCAP), 80);
    cr_assert_eq(flow_number(flow, FLOW_APPLICATION_ID), 7);
    cr_assert_eq(flow_number(flow, FLOW_HTTP_STATUS), 404);
}

static void write_address_by_id(const struct template_field *field)
{
    packet_address(&packet, field->id == 8 ? "192.0.2.8" : "198.51.100.44");
}

Test(element_values, address_of_the_packet_goes_before_any_other_in_either_order)
{
    static const struct template_field FIRST[] = {{0, 8, 4}, {0, 44, 4}};
    static const struct template_field LAST[] = {{9, 12236, 4}, {0, 8, 4}};
    const struct flow *flow = decode(FIRST, 2, write_address_by_id);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.8");
    flow = decode(LAST, 2, write_address_by_id);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.8");
}

static void write_dscp(const struct template_field *field)
{
    packet_number(&packet, field->id == 5 ? 0xb9 : 0xff, field->length);
}

Test(element_values, code_point_is_the_upper_part_of_the_type_of_service)
{
    static const struct template_field ALONE[] = {{0, 195, 1}};
    static const struct template_field BESIDE[] = {{0, 195, 1}, {0, 5, 1}, {0, 98, 1}};
    cr_assert_eq(flow_number(decode(ALONE, 1, write_dscp), FLOW_IP_TOS), 0xfc);
    cr_assert_eq(flow_number(decode(BESIDE, 3, write_dscp), FLOW_IP_TOS), 0xb9);
}

static void write_id(const struct template_field *field)
{
    packet_number(&packet, field->id, field->length);
}

Test(element_values, flags_of_first_and_other_packets_are_those_of_the_flow)
{
    static const struct template_field FIELDS[] = {
        {0, 1, 4}, {29305, 1, 4}, {6871, 14, 1}, {6871, 15, 1}, {6871, 16398, 1}};
    const struct flow *flow = decode(FIELDS, 5, write_id);
    cr_assert_eq(flow_number(flow, FLOW_TCP_FLAGS), 14 | 15);
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_TCP_FLAGS), 16398 & 0xff);
}

/* By its length: forwarding class 7, exceptions 194 and 3, no exception. */
static void write_property(const struct template_field *field)
{
    static const uint64_t PROPERTIES[] = {
        [1] = 0x0b, [2] = 0x08c2, [4] = 0x04000007, [3] = 0x080000};
    packet_number(&packet, PROPERTIES[field->length], field->length);
}

Test(element_values, exception_is_one_of_several_common_properties)
{
    static const struct template_field NONE[] = {{2636, 137, 4}, {2636, 137, 3}};
    static const struct template_field SHORT[] = {{2636, 137, 1}, {2636, 137, 4}};
    static const struct template_field SECOND[] = {{2636, 137, 4}, {2636, 137, 2}, {2636, 137, 4}};
    cr_assert_not(flow_has(decode(NONE, 2, write_property), FLOW_DROP_REASON));
    cr_assert_eq(flow_number(decode(SHORT, 2, write_property), FLOW_DROP_REASON), 3);
    cr_assert_eq(flow_number(decode(SECOND, 3, write_property), FLOW_DROP_REASON), 194);
}

static void write_hop(const struct template_field *field)
{
    packet_number(&packet, field->id < 302 ? field->id : 0, field->length);
}

Test(element_values, path_is_as_long_as_its_numbers)
{
    static const struct template_field FIELDS[] = {
        {35632, 300, 4}, {35632, 301, 4}, {35632, 302, 4}};
    const struct flow *flow = decode(FIELDS, 3, write_hop);
    cr_assert(flow_has(flow, FLOW_AS_PATH));
    cr_assert_eq(flow->as_path.count, 2);
    cr_assert_eq(flow->as_path.values[0], 300);
    cr_assert_eq(flow->as_path.values[1], 301);
}

Test(element_values, communities_and_segments_are_lists)
{
    static const struct template_field COMMUNITY[] = {{0, 483, 4}, {0, 483, 4}};
    static const struct template_field SEGMENT[] = {{0, 494, 16}};
    const struct flow *flow = decode(COMMUNITY, 2, write_value);
    cr_assert_eq(flow->bgp_communities.count, 2);
    cr_assert_eq(flow->bgp_communities.values[1], VALUE);
    flow = decode(SEGMENT, 1, write_address);
    cr_assert(flow_has(flow, FLOW_IPV6_ROUTING_ADDRESSES));
    cr_assert_str_eq(collector_text(&flow->ipv6_routing_addresses.values[0]), "2001:db8::5");
}

static void write_probability(const struct template_field *field)
{
    packet_number(&packet, UINT64_C(0x3f50624dd2f1a9fc), field->length); /* 0.001 */
}

Test(element_values, probability_is_the_rate_of_its_record)
{
    static const struct template_field FIELD[] = {{0, 311, 8}};
    const struct flow *flow = decode(FIELD, 1, write_probability);
    cr_assert_eq(flow_number(flow, FLOW_SAMPLING_RATE), 1000);
    cr_assert_eq(flow_number(flow, FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_RECORD);
}

Test(element_values, length_of_one_packet_gives_way_to_counters)
{
    static const struct template_field FIELDS[] = {{0, 224, 2}, {0, 1, 2}};
    cr_assert_eq(flow_number(decode(FIELDS, 2, write_id), FLOW_BYTES), 1);
}
