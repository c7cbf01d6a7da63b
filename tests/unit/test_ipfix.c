/* SPDX-License-Identifier: BSD-3-Clause -- IPFIX, the broken messages first. */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    HEADER_SIZE = 16,
    TEMPLATE_ID = 256,
    OPTIONS_ID = 300,
    VARIABLE = TEMPLATE_VARIABLE,
    REVERSE = 29305
};

TestSuite(ipfix, .init = fixture_start_ipfix, .fini = fixture_stop);

static const struct flow *first(void)
{
    return &collector.flows[0];
}

Test(ipfix, short_header_is_refused_at_every_length)
{
    packet_close(&packet);
    for (size_t size = 2; size < HEADER_SIZE; size++) {
        collector_decode_part(&collector, &packet, size);
        cr_assert_eq(collector.status, DECODE_SHORT_HEADER, "%zu bytes", size);
    }
}

Test(ipfix, message_length_below_its_header_or_beyond_the_datagram_is_counted)
{
    static const uint16_t LENGTHS[] = {0, 15, 17, UINT16_MAX};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        packet_ipfix(&packet);
        packet_overwrite(&packet, 2, LENGTHS[i]);
        collector_decode(&collector, &packet);
        cr_assert_eq(collector.status, DECODE_LENGTH, "length %u", LENGTHS[i]);
    }
}

/* A datagram that was cut on its way: the sets that are whole still count. */
Test(ipfix, message_length_beyond_the_datagram_costs_no_whole_set)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1234);
    packet_close_set(&packet);
    packet_close(&packet);
    packet_overwrite(&packet, 2, UINT16_MAX);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 1234);
}

Test(ipfix, variable_length_that_runs_out_of_its_set_costs_only_its_set)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {0, 82, VARIABLE});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1);
    build_u8(&packet.wire, 200);
    packet_close_set(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1234);
    build_u8(&packet.wire, 3);
    build_bytes(&packet.wire, "eth", 3);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector_dropped(&collector, DECODE_SET_MISFIT), 1);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 1234);
}

Test(ipfix, variable_lengths_of_one_and_three_bytes_are_read)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 82, VARIABLE}, {0, 1, 4}, {0, 95, VARIABLE});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u8(&packet.wire, 0);
    build_u32(&packet.wire, 11);
    build_u8(&packet.wire, 4);
    build_u32(&packet.wire, 0x03000050);
    build_u8(&packet.wire, 255);
    build_u16(&packet.wire, 300);
    build_zeroes(&packet.wire, 300);
    build_u32(&packet.wire, 22);
    build_u8(&packet.wire, 0);
    build_zeroes(&packet.wire, 3); /* padding */
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 11);
    cr_assert_eq(flow_number(first(), FLOW_APPLICATION_ID), 0x03000050);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_BYTES), 22);
    cr_assert_not(flow_has(&collector.flows[1], FLOW_APPLICATION_ID));
}

/* The pair of addresses is placed for each record, its IPv6 half as well. */
Test(ipfix, both_families_behind_a_variable_field_are_read_in_their_place)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 82, VARIABLE}, {0, 8, 4}, {0, 27, 16});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u8(&packet.wire, 3);
    build_bytes(&packet.wire, "eth", 3);
    packet_address(&packet, "0.0.0.0");
    packet_address(&packet, "2001:db8::7");
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_str_eq(collector_text(&first()->src_addr), "2001:db8::7");
}

Test(ipfix, template_of_variable_fields_only_reads_no_endless_records)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 82, VARIABLE});
    packet_open_set(&packet, TEMPLATE_ID);
    for (int i = 0; i < 5; i++) {
        build_u8(&packet.wire, 1);
        build_u8(&packet.wire, 'x');
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 5);
}

Test(ipfix, enterprise_elements_leave_no_phantoms)
{
    PACKET_TEMPLATE(
        &packet, 2, TEMPLATE_ID, {5951, 1, 4}, {0, 1, 4}, {6876, 880, 1}, {6876, 881, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 9999);
    build_u32(&packet.wire, 42);
    build_u8(&packet.wire, 17);
    packet_address(&packet, "10.1.2.3");
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 42);
    cr_assert_eq(flow_number(first(), FLOW_PROTO_ENCAP), 17);
    cr_assert_str_eq(collector_text(&first()->src_addr_encap), "10.1.2.3");
}

Test(ipfix, withdrawn_templates_are_out_of_force_until_they_are_announced_again)
{
    static const struct template_field OCTETS = {0, 1, 4};
    PACKET_TEMPLATE(&packet, 2, 257, {0, 1, 4});
    packet_open_set(&packet, 2);
    packet_template(&packet, 257, NULL, 0);
    packet_template(&packet, 2, NULL, 0); /* all of the domain */
    packet_template(&packet, TEMPLATE_ID, &OCTETS, 1);
    packet_close_set(&packet);
    packet_open_set(&packet, 3);
    packet_template(&packet, 3, NULL, 0); /* all options templates */
    packet_close_set(&packet);
    for (uint16_t id = TEMPLATE_ID; id <= 257; id++) {
        packet_open_set(&packet, id);
        build_u32(&packet.wire, 42);
        packet_close_set(&packet);
    }
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING); /* 257 */
    cr_assert_eq(collector.flow_count, 1);
}

Test(ipfix, integers_of_any_size_are_read)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 3}, {0, 2, 5}, {0, 10, 1}, {0, 14, 8});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_number(&packet, 0x010203, 3);
    packet_number(&packet, UINT64_C(0x0504030201), 5);
    packet_number(&packet, 7, 1);
    packet_number(&packet, 9, 8);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 0x010203);
    cr_assert_eq(flow_number(first(), FLOW_PACKETS), UINT64_C(0x0504030201));
    cr_assert_eq(flow_number(first(), FLOW_IN_IF), 7);
    cr_assert_eq(flow_number(first(), FLOW_OUT_IF), 9);
}

Test(ipfix, data_offset_in_two_byte_tcp_flags_is_left_out)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 6, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u16(&packet.wire, 0x5102);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_TCP_FLAGS), 0x102);
}

/* A record with both families; "0.0.0.0" and "::" are absent ones. */
static void decode_both_families(const char *ipv4, const char *ipv6, uint8_t version)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 27, 16}, {0, 8, 4}, {0, 60, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, ipv6);
    packet_address(&packet, ipv4);
    build_u8(&packet.wire, version);
    packet_close_set(&packet);
    collector.flow_count = 0;
    fixture_decode();
}

Test(ipfix, of_two_families_the_address_that_is_there_counts)
{
    decode_both_families("192.0.2.1", "::", 0);
    cr_assert_str_eq(collector_text(&first()->src_addr), "192.0.2.1");
    cr_assert_eq(flow_number(first(), FLOW_ETYPE), 0x0800);
    decode_both_families("0.0.0.0", "2001:db8::1", 0);
    cr_assert_str_eq(collector_text(&first()->src_addr), "2001:db8::1");
    cr_assert_eq(flow_number(first(), FLOW_ETYPE), 0x86dd);
}

Test(ipfix, of_two_addresses_the_ip_version_decides)
{
    decode_both_families("192.0.2.1", "2001:db8::1", 6);
    cr_assert_str_eq(collector_text(&first()->src_addr), "2001:db8::1");
    decode_both_families("192.0.2.1", "2001:db8::1", 4);
    cr_assert_str_eq(collector_text(&first()->src_addr), "192.0.2.1");
}

Test(ipfix, ipv6_addresses_are_whole)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 27, 16}, {0, 28, 16}, {0, 62, 16}, {0, 31, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "2001:db8:1:2:3:4:5:6");
    packet_address(&packet, "2001:db8::9");
    packet_address(&packet, "::");
    build_u32(&packet.wire, 0xfff12345);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_str_eq(collector_text(&first()->src_addr), "2001:db8:1:2:3:4:5:6");
    cr_assert_str_eq(collector_text(&first()->dst_addr), "2001:db8::9");
    cr_assert_not(flow_has(first(), FLOW_NEXT_HOP));
    cr_assert_eq(flow_number(first(), FLOW_ETYPE), 0x86dd);
    cr_assert_eq(flow_number(first(), FLOW_IPV6_FLOW_LABEL), 0x12345);
}

Test(ipfix, logical_interface_goes_before_the_physical_one)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 252, 4}, {0, 10, 4}, {0, 253, 4}, {0, 14, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, 2);
    build_u32(&packet.wire, 3);
    build_u32(&packet.wire, 0);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_IN_IF), 2);
    cr_assert_eq(flow_number(first(), FLOW_OUT_IF), 3);
}

Test(ipfix, label_stack_is_read_top_first)
{
    PACKET_TEMPLATE(
        &packet, 2, TEMPLATE_ID, {0, 70, 3}, {0, 71, 3}, {0, 72, 3}, {0, 73, 3}, {0, 47, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_number(&packet, 16001 << 4, 3);
    packet_number(&packet, 24002 << 4 | 1, 3);
    packet_number(&packet, 0, 3);
    packet_number(&packet, 0, 3);
    packet_address(&packet, "192.0.2.77");
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_HAS_MPLS), 1);
    cr_assert_eq(flow_number(first(), FLOW_MPLS_COUNT), 2);
    cr_assert_eq(flow_number(first(), FLOW_MPLS_1_LABEL), 16001);
    cr_assert_eq(flow_number(first(), FLOW_MPLS_2_LABEL), 24002);
    cr_assert_eq(flow_number(first(), FLOW_MPLS_LAST_LABEL), 24002);
    cr_assert_eq(first()->mpls_label.count, 2);
    cr_assert_str_eq(collector_text(&first()->mpls_ip.values[0]), "192.0.2.77");
}

Test(ipfix, icmp_type_and_code_are_told_apart)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 32, 2}, {0, 139, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u16(&packet.wire, 0);
    build_u16(&packet.wire, 0x8001);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_ICMP_TYPE), 0x80);
    cr_assert_eq(flow_number(first(), FLOW_ICMP_CODE), 1);
}

Test(ipfix, icmp_behind_a_variable_field_is_found)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 82, VARIABLE}, {0, 32, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u8(&packet.wire, 5);
    build_bytes(&packet.wire, "ge-0/", 5);
    build_u16(&packet.wire, 0x0302);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_ICMP_TYPE), 3);
    cr_assert_eq(flow_number(first(), FLOW_ICMP_CODE), 2);
}

Test(ipfix, delta_counters_go_before_totals)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 85, 8}, {0, 1, 8}, {0, 86, 8});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_u64(&packet, 999999);
    packet_u64(&packet, 1500);
    packet_u64(&packet, 3);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 1500);
    cr_assert_eq(flow_number(first(), FLOW_PACKETS), 3);
}

Test(ipfix, total_beside_a_delta_of_zero_is_not_counted_again)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 1, 8}, {0, 85, 8});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    packet_u64(&packet, 0);
    packet_u64(&packet, 65);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_not(flow_has(first(), FLOW_BYTES));
}

Test(ipfix, reverse_elements_are_a_second_flow)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 12, 4}, {0, 7, 2}, {0, 11, 2},
        {0, 1, 4}, {REVERSE, 1, 4}, {0, 2, 4}, {REVERSE, 2, 4}, {0, 6, 1}, {REVERSE, 6, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    for (uint32_t answer = 0; answer <= 500; answer += 500) {
        packet_address(&packet, "192.0.2.1");
        packet_address(&packet, "198.51.100.7");
        build_u16(&packet.wire, 1024);
        build_u16(&packet.wire, 443);
        build_u32(&packet.wire, 1500);
        build_u32(&packet.wire, answer);
        build_u32(&packet.wire, 3);
        build_u32(&packet.wire, answer / 100);
        build_u8(&packet.wire, 0x02);
        build_u8(&packet.wire, 0x12);
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 3, "the first record tells of no answer");
    const struct flow *answer = &collector.flows[2];
    cr_assert_str_eq(collector_text(&answer->src_addr), "198.51.100.7");
    cr_assert_str_eq(collector_text(&answer->dst_addr), "192.0.2.1");
    cr_assert_eq(flow_number(answer, FLOW_SRC_PORT), 443);
    cr_assert_eq(flow_number(answer, FLOW_DST_PORT), 1024);
    cr_assert_eq(flow_number(answer, FLOW_BYTES), 500);
    cr_assert_eq(flow_number(answer, FLOW_PACKETS), 5);
    cr_assert_eq(flow_number(answer, FLOW_TCP_FLAGS), 0x12);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_BYTES), 1500);
}

Test(ipfix, firewall_s_responder_octets_are_a_second_flow)
{
    PACKET_TEMPLATE(
        &packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 12, 4}, {0, 231, 4}, {0, 232, 4}, {0, 233, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "198.51.100.7");
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    build_u8(&packet.wire, 2);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 100);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_BYTES), 200);
    cr_assert_str_eq(collector_text(&collector.flows[1].src_addr), "198.51.100.7");
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_FIREWALL_EVENT), 2);
}

Test(ipfix, sampling_of_interval_and_space_is_their_ratio)
{
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 149, 4}, {0, 305, 4}, {0, 306, 4});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, PACKET_DOMAIN);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, 999);
    packet_close_set(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 42);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_SAMPLING_RATE), 1000);
    cr_assert_eq(flow_number(first(), FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_OPTIONS);
}

Test(ipfix, rate_from_another_domain_of_the_exporter_counts_for_want_of_a_nearer_one)
{
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 143, 4}, {0, 34, 8});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, 1);
    packet_u64(&packet, 64);
    packet_close_set(&packet);
    fixture_decode();
    packet_ipfix(&packet);
    packet_overwrite(&packet, 14, PACKET_DOMAIN + 1);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 42);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(flow_number(first(), FLOW_SAMPLING_RATE), 64);
}

Test(ipfix, next_hop_is_bgps_where_no_other_is_told)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 15, 4}, {0, 18, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "0.0.0.0");
    packet_address(&packet, "198.51.100.1");
    packet_address(&packet, "192.0.2.9");
    packet_address(&packet, "198.51.100.1");
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 2);
    char text[ADDRESS_TEXT_SIZE];
    (void)address_format(&collector.flows[0].next_hop, text);
    cr_assert_str_eq(text, "198.51.100.1");
    (void)address_format(&collector.flows[1].next_hop, text);
    cr_assert_str_eq(text, "192.0.2.9");
    (void)address_format(&collector.flows[1].bgp_next_hop, text);
    cr_assert_str_eq(text, "198.51.100.1");
}
