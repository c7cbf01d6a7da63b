/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow 9, the broken datagrams first. */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    HEADER_SIZE = 20,
    TEMPLATE_ID = 256,
    OPTIONS_ID = 300
};

TestSuite(netflow9, .init = fixture_start, .fini = fixture_stop);

/* Source and destination address, octets of 4 bytes, packets of 4 bytes: records of 16 bytes. */
static void write_template(uint16_t id)
{
    PACKET_TEMPLATE(&packet, 0, id, {0, 8, 4}, {0, 12, 4}, {0, 1, 4}, {0, 2, 4});
}

static void write_record(uint32_t octets)
{
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "198.51.100.7");
    build_u32(&packet.wire, octets);
    build_u32(&packet.wire, 10);
}

static void send_template(void)
{
    packet_netflow9(&packet);
    write_template(TEMPLATE_ID);
    collector_decode(&collector, &packet);
}

static void send_records(size_t count)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    for (size_t i = 0; i < count; i++) {
        write_record(1000 + (uint32_t)i);
    }
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

Test(netflow9, short_header_is_refused_at_every_length)
{
    packet_netflow9(&packet);
    for (size_t size = 2; size < HEADER_SIZE; size++) {
        collector_decode_part(&collector, &packet, size);
        cr_assert_eq(collector.status, DECODE_SHORT_HEADER, "%zu bytes", size);
    }
}

Test(netflow9, template_of_zero_fields_is_refused)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, 0);
    packet_template(&packet, TEMPLATE_ID, NULL, 0);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
    send_records(1);
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING);
}

Test(netflow9, template_of_zero_lengths_only_is_refused)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 0}, {0, 12, 0});
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
}

/* Each record would cost a thousand steps a byte: see tests/conformance/instructions.py. */
Test(netflow9, template_of_many_zero_lengths_is_refused)
{
    static struct template_field fields[TEMPLATE_MAX_EMPTY_FIELDS + 2] = {{0, 4, 1}};
    for (size_t count = TEMPLATE_MAX_EMPTY_FIELDS + 1; count <= TEMPLATE_MAX_EMPTY_FIELDS + 2;
         count++) {
        fields[count - 1].id = 95;
        packet_netflow9(&packet);
        packet_open_set(&packet, 0);
        packet_template(&packet, (uint16_t)(TEMPLATE_ID + count), fields, count);
        packet_close_set(&packet);
        collector_decode(&collector, &packet);
        cr_assert_eq(
            collector_dropped(&collector, DECODE_TEMPLATE), count == TEMPLATE_MAX_EMPTY_FIELDS + 2);
    }
}

Test(netflow9, zero_length_field_among_others_is_passed_over)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 4}, {0, 7, 0}, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    build_u32(&packet.wire, 1234);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 1234);
}

Test(netflow9, record_longer_than_any_datagram_is_refused)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 60000}, {0, 12, 6000});
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
}

Test(netflow9, template_below_256_is_refused)
{
    packet_netflow9(&packet);
    write_template(255);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
}

Test(netflow9, field_count_beyond_the_set_is_refused)
{
    packet_netflow9(&packet);
    write_template(TEMPLATE_ID);
    packet_overwrite(&packet, HEADER_SIZE + 6, UINT16_MAX);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
}

Test(netflow9, set_length_below_its_header_or_beyond_the_end_is_refused)
{
    static const uint16_t LENGTHS[] = {0, 1, 3, 100, UINT16_MAX};
    send_template();
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        packet_netflow9(&packet);
        packet_open_set(&packet, TEMPLATE_ID);
        write_record(1);
        packet_overwrite(&packet, HEADER_SIZE + 2, LENGTHS[i]);
        collector_decode(&collector, &packet);
        cr_assert_eq(collector.status, DECODE_SET_LENGTH, "length %u", LENGTHS[i]);
    }
    cr_assert_eq(collector.flow_count, 0);
}

Test(netflow9, reserved_set_id_costs_only_its_set)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, 17);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    write_template(TEMPLATE_ID);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_SET_ID);
    send_records(1);
    cr_assert_eq(collector.flow_count, 1);
}

Test(netflow9, unknown_template_costs_only_its_set)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, 999);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    write_template(TEMPLATE_ID);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1000);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 1);
    cr_assert_eq(collector.flow_count, 1);
}

Test(netflow9, record_without_addresses_is_a_flow)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 56, 6}, {0, 80, 6}, {0, 256, 2}, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_number(&packet, UINT64_C(0x020000000001), 6);
    packet_number(&packet, UINT64_C(0x020000000002), 6);
    build_u16(&packet.wire, 0x0806);
    build_u32(&packet.wire, 60);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 1);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(flow_number(flow, FLOW_SRC_MAC), UINT64_C(0x020000000001));
    cr_assert_eq(flow_number(flow, FLOW_DST_MAC), UINT64_C(0x020000000002));
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0806);
    cr_assert_not(flow_has(flow, FLOW_SRC_ADDR));
}

Test(netflow9, every_truncation_gives_whole_records_or_none)
{
    send_template();
    packet_netflow9(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1);
    write_record(2);
    packet_close_set(&packet);
    for (size_t size = 0; size < packet.wire.size; size++) {
        collector_decode_part(&collector, &packet, size);
    }
    cr_assert_eq(collector.flow_count, 0); /* the set's length is wrong each time */
}

Test(netflow9, template_and_data_may_share_a_datagram)
{
    packet_netflow9(&packet);
    write_template(TEMPLATE_ID);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1000);
    write_record(2000);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 2);
    const struct flow *flow = &collector.flows[1];
    cr_assert_eq(flow_number(flow, FLOW_TYPE), FLOW_TYPE_NETFLOW9);
    cr_assert_eq(flow_number(flow, FLOW_SEQUENCE_NUM), PACKET_SEQUENCE);
    cr_assert_eq(flow_number(flow, FLOW_OBSERVATION_DOMAIN_ID), PACKET_DOMAIN);
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0800);
    cr_assert_eq(flow_number(flow, FLOW_BYTES), 2000);
    cr_assert_eq(flow_number(flow, FLOW_PACKETS), 10);
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&flow->dst_addr), "198.51.100.7");
    cr_assert_str_eq(collector_text(&flow->sampler_address), "203.0.113.9");
}

Test(netflow9, padding_at_the_end_of_a_set_is_no_record)
{
    send_template();
    packet_netflow9(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1000);
    build_zeroes(&packet.wire, 3);
    packet_close_set(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1000);
    build_zeroes(&packet.wire, 40); /* longer than a record: seen from NX-OS */
    packet_close_set(&packet);
    build_zeroes(&packet.wire, 8); /* and behind the last set */
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, 2);
}

Test(netflow9, record_that_ends_in_zeroes_is_no_padding)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 4}, {0, 1, 8});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    packet_u64(&packet, 0);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 1);
}

Test(netflow9, redefined_template_holds_from_then_on)
{
    send_template();
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 7, 2}, {0, 1, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u16(&packet.wire, 80);
    build_u16(&packet.wire, 555);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 555);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_SRC_ADDR));
}

Test(netflow9, templates_belong_to_their_source_id)
{
    send_template();
    packet_netflow9(&packet);
    packet_overwrite(&packet, 18, PACKET_DOMAIN + 1);
    packet_open_set(&packet, TEMPLATE_ID);
    write_record(1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING);
}

Test(netflow9, templates_belong_to_their_exporter)
{
    send_template();
    collector.source = "203.0.113.10";
    send_records(1);
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING);
}

Test(netflow9, data_may_come_from_another_port_than_its_template)
{
    send_template();
    collector.source_port = 4000;
    send_records(1);
    cr_assert_eq(collector.flow_count, 1);
}

Test(netflow9, processes_on_one_address_with_clashing_templates_are_told_apart)
{
    send_template();
    collector.source_port = 4000;
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 7, 2}, {0, 11, 2}, {0, 1, 4}, {0, 2, 8});
    collector_decode(&collector, &packet);
    collector.source_port = 2055;
    send_records(1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 1000);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_SRC_PORT));
}

Test(netflow9, template_expires_when_it_is_not_announced_again)
{
    fixture_restart(&(struct decoder_options){.template_lifetime_s = 600});
    send_template();
    collector.received_ns += UINT64_C(601000000000);
    send_records(1);
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING);
}

Test(netflow9, templates_over_the_limit_are_refused)
{
    fixture_restart(&(struct decoder_options){.max_templates_per_exporter = 2});
    packet_netflow9(&packet);
    write_template(256);
    write_template(257);
    write_template(258);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_LIMIT), 1);
    write_template(257); /* known ones are renewed all the same */
    collector_decode(&collector, &packet);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_LIMIT), 2);
}

Test(netflow9, memory_of_all_templates_is_bounded)
{
    fixture_restart(&(struct decoder_options){.max_template_bytes = 4096});
    packet_netflow9(&packet);
    for (uint16_t id = 256; id < 300; id++) {
        write_template(id);
    }
    collector_decode(&collector, &packet);
    cr_assert_gt(collector_dropped(&collector, DECODE_TEMPLATE_LIMIT), 20);
}

Test(netflow9, times_count_from_the_uptime_in_the_header)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, PACKET_UPTIME_MS - 1500);
    build_u32(&packet.wire, PACKET_UPTIME_MS + 250);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), PACKET_EXPORT_S - 2);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START_NS), UINT64_C(1699999998500000000));
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END_NS), UINT64_C(1700000000250000000));
}

Test(netflow9, without_times_the_export_time_counts)
{
    send_template();
    send_records(1);
    const struct flow *flow = &collector.flows[0];
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), PACKET_EXPORT_S);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END), PACKET_EXPORT_S);
}

Test(netflow9, options_records_are_no_flows)
{
    packet_netflow9(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 1, 4}, {0, 34, 4}, {0, 35, 1});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, 0);
    build_u32(&packet.wire, 100);
    build_u8(&packet.wire, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, 0);
    cr_assert_eq(counter_get(&decoder_counters(collector.decoder)->options_records), 1);
}

Test(netflow9, sampling_rate_of_the_source_id_comes_from_options)
{
    packet_netflow9(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 1, 4}, {0, 34, 2}, {0, 35, 1});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, 0);
    build_u16(&packet.wire, 1000);
    build_u8(&packet.wire, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    send_template();
    send_records(1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 1000);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_OPTIONS);
}

/* Two samplers: 1 takes one in 100, 2 one in 2000. */
static void send_samplers(void)
{
    packet_netflow9(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 1, 4}, {0, 48, 1}, {0, 49, 1}, {0, 50, 4});
    packet_open_set(&packet, OPTIONS_ID);
    for (uint8_t sampler = 1; sampler <= 2; sampler++) {
        build_u32(&packet.wire, 0);
        build_u8(&packet.wire, sampler);
        build_u8(&packet.wire, 2);
        build_u32(&packet.wire, sampler == 1 ? 100 : 2000);
    }
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

Test(netflow9, the_record_s_sampler_decides_not_the_last_option)
{
    send_samplers();
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 4}, {0, 48, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    build_u16(&packet.wire, 1);
    packet_address(&packet, "192.0.2.2");
    build_u16(&packet.wire, 2);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 100);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_SAMPLER);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLER_ID), 1);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_SAMPLING_RATE), 2000);
}

Test(netflow9, samplers_that_disagree_leave_the_rate_unknown)
{
    send_samplers();
    send_template();
    send_records(1);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_SAMPLING_RATE));
}

Test(netflow9, rate_in_the_record_goes_before_all_options)
{
    send_samplers();
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 48, 1}, {0, 34, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u8(&packet.wire, 1);
    build_u32(&packet.wire, 7);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 7);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_RECORD);
}

Test(netflow9, rate_of_an_interface_counts_for_its_flows)
{
    packet_netflow9(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 2, 4}, {0, 34, 4});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, 5);
    build_u32(&packet.wire, 512);
    packet_close_set(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 4}, {0, 10, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    build_u16(&packet.wire, 5);
    packet_address(&packet, "192.0.2.1");
    build_u16(&packet.wire, 6);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 512);
    cr_assert_not(flow_has(&collector.flows[1], FLOW_SAMPLING_RATE));
}
