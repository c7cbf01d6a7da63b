/* SPDX-License-Identifier: BSD-3-Clause -- parts of packets as elements of a record (RFC 7133). */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    VARIABLE = TEMPLATE_VARIABLE
};

TestSuite(packet_section, .init = fixture_start_ipfix, .fini = fixture_stop);

static const struct flow *first(void)
{
    return &collector.flows[0];
}

/* The first bytes of an IPv4 packet of UDP. */
static void put_ip_section(void)
{
    packet_number(&packet, UINT64_C(0x4500002800010000), 8);
    packet_number(&packet, 0x40110000, 4);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "198.51.100.7");
    build_u16(&packet.wire, 53);
    build_u16(&packet.wire, 5353);
}

Test(packet_section, beginning_behind_the_header_is_not_read)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 10, 4}, {0, 313, 24}, {0, 409, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    for (uint16_t offset = 0; offset < 2; offset++) {
        build_u32(&packet.wire, 9);
        put_ip_section();
        build_u16(&packet.wire, offset);
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SRC_PORT), 53);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_IN_IF), 9);
    cr_assert_not(flow_has(&collector.flows[1], FLOW_SRC_ADDR));
}

Test(packet_section, padding_is_no_header)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 410, 2}, {0, 313, 24});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u16(&packet.wire, 20);
    put_ip_section();
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_str_eq(collector_text(&first()->dst_addr), "198.51.100.7");
    cr_assert_not(flow_has(first(), FLOW_DST_PORT));
}

Test(packet_section, is_read_like_a_sampled_header)
{
    struct build *wire = &packet.wire;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 10, 4}, {0, 312, 2}, {0, 315, VARIABLE});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(wire, 9);
    build_u16(wire, 1514);
    build_u8(wire, 34);
    packet_number(&packet, UINT64_C(0x020000000002), 6);
    packet_number(&packet, UINT64_C(0x020000000001), 6);
    build_u16(wire, 0x0800);
    packet_number(&packet, UINT64_C(0x4500002800010000), 8);
    packet_number(&packet, 0x40060000, 4);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "198.51.100.7");
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(first(), FLOW_IN_IF), 9);
    cr_assert_eq(flow_number(first(), FLOW_BYTES), 1514);
    cr_assert_eq(flow_number(first(), FLOW_PACKETS), 1);
    cr_assert_eq(flow_number(first(), FLOW_ETYPE), 0x0800);
    cr_assert_eq(flow_number(first(), FLOW_PROTO), 6);
    cr_assert_str_eq(collector_text(&first()->dst_addr), "198.51.100.7");
}

Test(packet_section, of_another_frame_type_is_not_read)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 408, 2}, {0, 315, 14});
    packet_open_set(&packet, TEMPLATE_ID);
    for (uint16_t type = 0; type <= 2; type++) { /* unknown, Ethernet, 802.11 */
        build_u16(&packet.wire, type);
        packet_number(&packet, UINT64_C(0x020000000002), 6);
        packet_number(&packet, UINT64_C(0x020000000001), 6);
        build_u16(&packet.wire, 0x0806);
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 3);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_ETYPE), 0x0806);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_ETYPE), 0x0806);
    cr_assert_not(flow_has(&collector.flows[2], FLOW_ETYPE));
}
