/* SPDX-License-Identifier: BSD-3-Clause -- the operator's sampling rates, and what they give way
 * to. */
#include "ingest/decode/sampling_map.h"

#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    OPTIONS_ID = 257,
    TOLD = 100,
    MAPPED = 7
};

static struct sampling_map *map;

static void stop(void)
{
    collector_stop(&collector);
    sampling_map_destroy(&map);
}

TestSuite(sampling_map, .init = fixture_start, .fini = stop);

static void use(const char *text)
{
    struct text_fault fault;
    cr_assert_eq(sampling_map_parse(&map, text, &fault), ERR_OK, "line %u", fault.line);
    decoder_use_sampling_map(collector.decoder, map);
}

static void check_fault(const char *text, uint32_t line)
{
    struct text_fault fault;
    cr_expect_eq(sampling_map_parse(&map, text, &fault), ERR_INVALID, "%s", text);
    cr_expect_null(map);
    cr_expect_eq(fault.line, line, "%s: line %u", text, fault.line);
}

static void check_rule(const char *exporter, uint64_t rate, bool is_override)
{
    struct address address;
    cr_assert_eq(address_parse(&address, exporter), ERR_OK);
    struct sampling_rule rule = sampling_map_find(map, &address);
    cr_expect_eq(rule.rate, rate, "%s", exporter);
    cr_expect_eq(rule.is_override, is_override, "%s", exporter);
}

static void check_flow(uint64_t rate, enum flow_sampling_source source)
{
    cr_assert_gt(collector.flow_count, 0);
    const struct flow *flow = &collector.flows[collector.flow_count - 1];
    cr_expect_eq(flow_number(flow, FLOW_SAMPLING_RATE), rate);
    cr_expect_eq(flow_number(flow, FLOW_SAMPLING_SOURCE), source);
}

Test(sampling_map, refuses_what_it_does_not_understand_and_says_the_line)
{
    check_fault("192.0.2.0/24", 1);
    check_fault("# rates\n\n192.0.2.0/24 10\n192.0.2.1 ten\n", 4);
    check_fault("192.0.2.0/33 10", 1);
    check_fault("2001:db8::/129 10", 1);
    check_fault("192.0.2.0/ 10", 1);
    check_fault("192.0.2.0/-1 10", 1);
    check_fault("router1 10", 1);
    check_fault("192.0.2.1 0", 1);
    check_fault("192.0.2.1 4294967296", 1);
    check_fault("192.0.2.1 99999999999999999999999", 1);
    check_fault("192.0.2.1 10 always", 1);
    check_fault("192.0.2.1 10 default twice", 1);
}

Test(sampling_map, refuses_a_line_without_end)
{
    static char text[2048];
    memset(text, '1', sizeof text - 1);
    check_fault(text, 1);
}

Test(sampling_map, takes_the_longest_prefix_wherever_it_stands)
{
    use("0.0.0.0/0 1\n192.0.2.0/24 2 default # of a site\n192.0.2.7 3 override\r\n"
        "2001:db8::/33 4\n2001:db8::/32 5\n");
    check_rule("198.51.100.1", 1, false);
    check_rule("192.0.2.8", 2, false);
    check_rule("192.0.2.7", 3, true);
    check_rule("2001:db8:7fff::1", 4, false);
    check_rule("2001:db8:8000::1", 5, false);
    check_rule("2001:db9::1", 0, false);
}

Test(sampling_map, without_rules_has_none)
{
    use("# nothing\n");
    check_rule("192.0.2.1", 0, false);
}

static void send_netflow5(uint16_t rate)
{
    packet_netflow5(&packet, 1, rate);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
}

Test(sampling_map, default_stands_in_where_a_netflow5_header_has_no_rate)
{
    use("203.0.113.0/24 7");
    send_netflow5(0);
    check_flow(MAPPED, FLOW_SAMPLING_DEFAULT);
    send_netflow5(TOLD);
    check_flow(TOLD, FLOW_SAMPLING_HEADER);
}

Test(sampling_map, override_goes_before_a_netflow5_header)
{
    use("203.0.113.0/24 7 override");
    send_netflow5(TOLD);
    check_flow(MAPPED, FLOW_SAMPLING_OVERRIDE);
}

Test(sampling_map, is_for_the_exporters_it_names)
{
    use("203.0.113.10 7 override");
    send_netflow5(TOLD);
    check_flow(TOLD, FLOW_SAMPLING_HEADER);
}

Test(sampling_map, taken_away_leaves_what_the_exporter_tells)
{
    use("203.0.113.0/24 7 override");
    send_netflow5(TOLD);
    decoder_use_sampling_map(collector.decoder, NULL);
    send_netflow5(TOLD);
    check_flow(TOLD, FLOW_SAMPLING_HEADER);
}

/* One record; a `rate` other than 0 is told in the record itself. */
static void send_netflow9(uint32_t rate)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 1, 4}, {0, 34, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1500);
    build_u32(&packet.wire, rate);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

/* Records that say nothing of sampling. */
static void send_plain_netflow9(void)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID + 2, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID + 2);
    build_u32(&packet.wire, 1500);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

static void send_options(uint32_t rate)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 149, 4}, {0, 34, 4});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, PACKET_DOMAIN);
    build_u32(&packet.wire, rate);
    packet_close_set(&packet);
    fixture_decode();
}

Test(sampling_map, default_gives_way_to_options_and_these_to_the_record)
{
    use("203.0.113.9 7 default");
    send_plain_netflow9();
    check_flow(MAPPED, FLOW_SAMPLING_DEFAULT);
    send_netflow9(0);
    check_flow(MAPPED, FLOW_SAMPLING_DEFAULT);
    send_options(50);
    send_plain_netflow9();
    check_flow(50, FLOW_SAMPLING_OPTIONS);
    send_netflow9(0);
    check_flow(50, FLOW_SAMPLING_OPTIONS);
    send_netflow9(TOLD);
    check_flow(TOLD, FLOW_SAMPLING_RECORD);
}

Test(sampling_map, override_goes_before_options_and_record)
{
    use("203.0.113.9 7 override");
    send_options(50);
    send_plain_netflow9();
    check_flow(MAPPED, FLOW_SAMPLING_OVERRIDE);
    send_netflow9(TOLD);
    check_flow(MAPPED, FLOW_SAMPLING_OVERRIDE);
}

/* One sample of format 1 (of packets) or 5 (a discarded packet), sent by an agent or a proxy. */
static void send_sflow(uint32_t format, uint32_t rate, const char *agent)
{
    packet = (struct packet){.set_at = 0};
    const uint32_t sampled[] = {1, 3, rate, 1000, 0, 3, 4, 0};
    const uint32_t discarded[] = {1, 0, 3, 0, 3, 4, 256, 0};
    const uint32_t *words = format == 1 ? sampled : discarded;
    build_u32(&packet.wire, 5);
    build_u32(&packet.wire, 1);
    packet_address(&packet, agent);
    build_u32(&packet.wire, 0);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, 1000);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, format);
    build_u32(&packet.wire, 8 * 4);
    for (size_t i = 0; i < 8; i++) {
        build_u32(&packet.wire, words[i]);
    }
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK, "%s", decode_status_text(collector.status));
}

Test(sampling_map, is_for_sflow_agents_too)
{
    use("203.0.113.9 7 override\n198.51.100.0/24 8 default");
    send_sflow(1, TOLD, "203.0.113.9");
    check_flow(MAPPED, FLOW_SAMPLING_OVERRIDE);
    send_sflow(1, TOLD, "198.51.100.1");
    check_flow(TOLD, FLOW_SAMPLING_HEADER);
    send_sflow(1, 0, "198.51.100.1");
    check_flow(8, FLOW_SAMPLING_DEFAULT);
    send_sflow(1, TOLD, "192.0.2.1");
    check_flow(TOLD, FLOW_SAMPLING_HEADER);
}

Test(sampling_map, does_not_scale_packets_that_are_told_one_by_one)
{
    use("203.0.113.9 7 override");
    send_sflow(5, 0, "203.0.113.9");
    check_flow(0, FLOW_SAMPLING_UNKNOWN);
}
