/* SPDX-License-Identifier: BSD-3-Clause -- RFC 5103: what a record tells of the answer. */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    REVERSE = 29305
};

TestSuite(answers, .init = fixture_start_ipfix, .fini = fixture_stop);

/* The second flow of the record. */
static const struct flow *decode(void)
{
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, 2);
    return &collector.flows[1];
}

Test(answers, have_next_hops_of_their_own)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {REVERSE, 1, 4}, {0, 15, 4},
        {REVERSE, 15, 4}, {0, 18, 4}, {REVERSE, 18, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "0.0.0.0");
    packet_address(&packet, "192.0.2.2");
    packet_address(&packet, "198.51.100.9");
    const struct flow *answer = decode();
    cr_assert_str_eq(collector_text(&collector.flows[0].next_hop), "192.0.2.1");
    cr_assert_str_eq(collector_text(&collector.flows[0].bgp_next_hop), "192.0.2.2");
    cr_assert_str_eq(collector_text(&answer->bgp_next_hop), "198.51.100.9");
    cr_assert_str_eq(collector_text(&answer->next_hop), "198.51.100.9", "BGP's for want of one");
}

Test(answers, have_no_next_hop_of_the_other_direction)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {REVERSE, 1, 4}, {0, 15, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    packet_address(&packet, "192.0.2.1");
    cr_assert_not(flow_has(decode(), FLOW_NEXT_HOP));
}

/* Path and communities are the destination's; a security association has one direction. */
Test(answers, have_nothing_of_the_way_there)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {REVERSE, 1, 4}, {35632, 300, 4},
        {0, 483, 4}, {0, 197, 1}, {0, 295, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    build_u32(&packet.wire, 64500);
    build_u32(&packet.wire, 64500U << 16 | 100);
    build_u8(&packet.wire, 0x20);
    build_u32(&packet.wire, 4097);
    const struct flow *answer = decode();
    static const enum flow_field FIELDS[] = {
        FLOW_AS_PATH, FLOW_BGP_COMMUNITIES, FLOW_FRAGMENT_FLAGS, FLOW_IPSEC_SPI};
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        cr_assert(flow_has(&collector.flows[0], FIELDS[i]));
        cr_assert_not(flow_has(answer, FIELDS[i]), "%s", FLOW_FIELDS[FIELDS[i]].name);
    }
}

Test(answers, have_a_type_of_icmp)
{
    PACKET_TEMPLATE(
        &packet, 2, TEMPLATE_ID, {0, 1, 4}, {REVERSE, 1, 4}, {0, 32, 2}, {REVERSE, 32, 2});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    build_u16(&packet.wire, 0x0800);
    build_u16(&packet.wire, 0x0001);
    const struct flow *answer = decode();
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_ICMP_TYPE), 8);
    cr_assert_eq(flow_number(answer, FLOW_ICMP_TYPE), 0);
    cr_assert_eq(flow_number(answer, FLOW_ICMP_CODE), 1);
}

Test(answers, have_the_other_initiator)
{
    static const uint8_t DIRECTIONS[][2] = {{0, 0}, {1, 2}, {2, 1}, {3, 3}};
    for (size_t i = 0; i < sizeof DIRECTIONS / sizeof DIRECTIONS[0]; i++) {
        packet_ipfix(&packet);
        PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 231, 4}, {0, 232, 4}, {0, 239, 1});
        packet_open_set(&packet, TEMPLATE_ID);
        build_u32(&packet.wire, 100);
        build_u32(&packet.wire, 200);
        build_u8(&packet.wire, DIRECTIONS[i][0]);
        collector.flow_count = 0;
        const struct flow *answer = decode();
        cr_assert_eq(flow_number(&collector.flows[0], FLOW_BI_FLOW_DIRECTION), DIRECTIONS[i][0]);
        cr_assert_eq(flow_number(answer, FLOW_BI_FLOW_DIRECTION), DIRECTIONS[i][1]);
        cr_assert_eq(flow_number(answer, FLOW_BYTES), 200);
    }
}
