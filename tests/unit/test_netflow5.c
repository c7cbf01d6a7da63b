/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow 5, the broken datagrams first. */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    HEADER_SIZE = 24,
    RECORD_SIZE = 48
};

TestSuite(netflow5, .init = fixture_start, .fini = fixture_stop);

Test(netflow5, short_header_is_refused_at_every_length)
{
    packet_netflow5(&packet, 1, 0);
    for (size_t size = 2; size < HEADER_SIZE; size++) {
        collector_decode_part(&collector, &packet, size);
        cr_assert_eq(collector.status, DECODE_SHORT_HEADER, "%zu bytes", size);
    }
    cr_assert_eq(collector.flow_count, 0);
}

Test(netflow5, missing_records_are_no_flows)
{
    packet_netflow5(&packet, 2, 0);
    packet_netflow5_record(&packet, 1);
    for (size_t size = HEADER_SIZE; size <= HEADER_SIZE + RECORD_SIZE; size++) {
        collector_decode_part(&collector, &packet, size);
        cr_assert_eq(collector.status, DECODE_COUNT, "%zu bytes", size);
    }
    cr_assert_eq(collector.flow_count, 0);
}

Test(netflow5, count_of_zero_and_of_the_maximum_are_refused)
{
    packet_netflow5(&packet, 0, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    packet_overwrite(&packet, 2, UINT16_MAX);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector_dropped(&collector, DECODE_COUNT), 2);
    cr_assert_eq(collector.flow_count, 0);
}

Test(netflow5, records_beyond_the_count_are_counted_and_left_out)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    packet_netflow5_record(&packet, 2);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_COUNT);
    cr_assert_eq(collector.flow_count, 1);
}

Test(netflow5, every_field_of_a_record_arrives)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(flow_number(flow, FLOW_TYPE), FLOW_TYPE_NETFLOW5);
    cr_assert_eq(flow_number(flow, FLOW_TIME_RECEIVED), PACKET_EXPORT_S);
    cr_assert_eq(flow_number(flow, FLOW_SEQUENCE_NUM), PACKET_SEQUENCE);
    cr_assert_eq(flow_number(flow, FLOW_OBSERVATION_DOMAIN_ID), 0x0102);
    cr_assert_str_eq(collector_text(&flow->sampler_address), "203.0.113.9");
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&flow->dst_addr), "198.51.100.7");
    cr_assert_str_eq(collector_text(&flow->next_hop), "203.0.113.254");
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0800);
    cr_assert_eq(flow_number(flow, FLOW_IN_IF), 3);
    cr_assert_eq(flow_number(flow, FLOW_OUT_IF), 4);
    cr_assert_eq(flow_number(flow, FLOW_PACKETS), 10);
    cr_assert_eq(flow_number(flow, FLOW_BYTES), 1500);
    cr_assert_eq(flow_number(flow, FLOW_SRC_PORT), 1024);
    cr_assert_eq(flow_number(flow, FLOW_DST_PORT), 443);
    cr_assert_eq(flow_number(flow, FLOW_TCP_FLAGS), 0x1b);
    cr_assert_eq(flow_number(flow, FLOW_PROTO), 6);
    cr_assert_eq(flow_number(flow, FLOW_IP_TOS), 0x28);
    cr_assert_eq(flow_number(flow, FLOW_SRC_AS), 64512);
    cr_assert_eq(flow_number(flow, FLOW_DST_AS), 64513);
    cr_assert_eq(flow_number(flow, FLOW_SRC_NET), 24);
    cr_assert_eq(flow_number(flow, FLOW_DST_NET), 16);
}

Test(netflow5, times_are_exact_to_the_millisecond)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), PACKET_EXPORT_S - 3);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START_NS), UINT64_C(1699999997250000000));
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END_NS), UINT64_C(1699999999250000000));
}

Test(netflow5, flow_that_began_before_the_uptime_wrapped_is_not_49_days_early)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    packet_overwrite(&packet, 4, 0); /* the exporter is up for 2 s since the wrap */
    packet_overwrite(&packet, 6, 2000);
    packet_overwrite(&packet, HEADER_SIZE + 24, 0xffff); /* first: 1 s before it */
    packet_overwrite(&packet, HEADER_SIZE + 26, (uint16_t)-1000);
    collector_decode(&collector, &packet);
    cr_assert_eq(
        flow_number(&collector.flows[0], FLOW_TIME_FLOW_START_NS), UINT64_C(1699999997250000000));
}

Test(netflow5, time_a_little_after_the_header_is_kept)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    packet_overwrite(&packet, 4, 0);
    packet_overwrite(&packet, 6, 2000);
    packet_overwrite(&packet, HEADER_SIZE + 28, 0);
    packet_overwrite(&packet, HEADER_SIZE + 30, 2500);
    collector_decode(&collector, &packet);
    cr_assert_eq(
        flow_number(&collector.flows[0], FLOW_TIME_FLOW_END_NS), UINT64_C(1700000000750000000));
}

Test(netflow5, sampling_rate_is_without_the_mode_bits)
{
    packet_netflow5(&packet, 1, 0x4000 | 1000);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 1000);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_HEADER);
}

Test(netflow5, no_rate_in_the_header_is_unknown)
{
    packet_netflow5(&packet, 1, 0x4000);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_SAMPLING_RATE));
    cr_assert_not(flow_has(&collector.flows[0], FLOW_SAMPLING_SOURCE));
}

Test(netflow5, next_hop_of_zero_is_none)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    memset(packet.wire.bytes + HEADER_SIZE + 8, 0, 4);
    collector_decode(&collector, &packet);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_NEXT_HOP));
}

Test(netflow5, icmp_type_and_code_come_from_the_destination_port)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    packet.wire.bytes[HEADER_SIZE + 38] = 1;
    packet_overwrite(&packet, HEADER_SIZE + 34, 0x0301);
    collector_decode(&collector, &packet);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_ICMP_TYPE), 3);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_ICMP_CODE), 1);
}

Test(netflow5, a_full_datagram_gives_thirty_flows)
{
    packet_netflow5(&packet, 30, 0);
    for (uint8_t i = 0; i < 30; i++) {
        packet_netflow5_record(&packet, i);
    }
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 30);
    cr_assert_str_eq(collector_text(&collector.flows[29].src_addr), "192.0.2.29");
}

Test(netflow5, netflow_7_has_longer_records_and_no_sampling)
{
    packet_netflow5(&packet, 2, 1000);
    packet_overwrite(&packet, 0, 7);
    for (uint8_t i = 1; i <= 2; i++) {
        packet_netflow5_record(&packet, i);
        build_u32(&packet.wire, 0xc0000263); /* the router that was short cut */
    }
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[1];
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(flow_number(flow, FLOW_TYPE), FLOW_TYPE_NETFLOW7);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.2");
    cr_assert_eq(flow_number(flow, FLOW_BYTES), 1500);
    cr_assert_eq(flow_number(flow, FLOW_DST_AS), 64513);
    cr_assert_not(flow_has(flow, FLOW_SAMPLING_RATE));
}

Test(netflow5, netflow_1_has_a_shorter_header_and_flags_behind_the_tos)
{
    packet_netflow5(&packet, 1, 0);
    packet_overwrite(&packet, 0, 1);
    packet.wire.size = 16;
    packet_netflow5_record(&packet, 9);
    packet.wire.bytes[16 + 37] = 0;
    packet.wire.bytes[16 + 40] = 0x12;
    build_u32(&packet.wire, 0);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(flow_number(flow, FLOW_TYPE), FLOW_TYPE_NETFLOW1);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.9");
    cr_assert_eq(flow_number(flow, FLOW_TCP_FLAGS), 0x12);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END_NS), UINT64_C(1699999999250000000));
    cr_assert_not(flow_has(flow, FLOW_SRC_AS));
}
