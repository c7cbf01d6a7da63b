/* SPDX-License-Identifier: BSD-3-Clause -- IP and transport of sampled packets. */
#include "tests/support/flow_collector.h"
#include "tests/support/sampled_packet.h"

#include <criterion/criterion.h>

Test(packet_ip, ends_at_an_ipv4_header_too_short_to_be_one)
{
    struct build frame = {0};
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0);
    frame.bytes[0] = 0x44;
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR));
}

Test(packet_ip, ends_at_ipv4_options_beyond_the_snippet)
{
    struct build frame = {0};
    frame_ipv4(&frame, 6);
    frame.bytes[0] = 0x4f;
    frame_tcp(&frame, 0x12);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(sampled.proto, 6);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_PORT));
}

Test(packet_ip, ends_at_the_wrong_ip_version)
{
    struct build frame = {0};
    frame_ipv6(&frame, 6);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR));
}

Test(packet_ip, ends_in_endless_extension_headers)
{
    struct build frame = {0};
    frame_ipv6(&frame, 60);
    for (int i = 0; i < 1000; i++) {
        frame_extension(&frame, 60, 8);
    }
    sampled_read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(sampled.proto, 60);
}

Test(packet_ip, passes_over_ipv4_options)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0, 10);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert(sampled_is_ordinary());
}

Test(packet_ip, reads_no_ports_from_later_fragments)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0x2000 | 185, 0);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(sampled.fragment_offset, 185);
    cr_assert_eq(flow_number(&sampled, FLOW_FRAGMENT_FLAGS), 0x20);
    cr_assert_eq(sampled.fragment_id, FRAME_IPV4_ID);
    cr_assert_eq(sampled.proto, 6);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_PORT));
    cr_assert_not(flow_has(&sampled, FLOW_TCP_FLAGS));
}

Test(packet_ip, reads_ports_from_the_first_fragment)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0x2000, 0);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert(sampled_is_ordinary());
}

Test(packet_ip, tells_the_flags_of_fragments_alone)
{
    static const struct {
        uint16_t word;
        uint8_t flags;
    } WORDS[] = {
        {0, 0}, {0x4000, 0}, {0x2000, 0x20}, {0x6000, 0x60}, {185, 0}, {0x4000 | 185, 0x40}};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        struct build frame = {0};
        frame_ipv4_with(&frame, 6, WORDS[i].word, 0);
        frame_tcp(&frame, 0x02);
        sampled_read_frame(PACKET_IPV4, &frame);
        cr_assert_eq(flow_number(&sampled, FLOW_FRAGMENT_FLAGS), WORDS[i].flags);
    }
}

Test(packet_ip, reads_ipv6_fragments)
{
    for (uint16_t offset = 0; offset <= 100; offset += 100) {
        struct build frame = {0};
        frame_ipv6(&frame, 44);
        build_u16(&frame, 17 << 8);
        build_u16(&frame, (uint16_t)(offset << 3 | 1));
        build_u32(&frame, 0xdeadbeef);
        frame_udp(&frame, 53);
        sampled_read_frame(PACKET_IPV6, &frame);
        cr_assert_eq(sampled.proto, 17);
        cr_assert_eq(sampled.fragment_id, 0xdeadbeef);
        cr_assert_eq(flow_has(&sampled, FLOW_FRAGMENT_OFFSET), offset != 0);
        cr_assert_eq(flow_number(&sampled, FLOW_FRAGMENT_FLAGS), 0x20);
        cr_assert_eq(flow_has(&sampled, FLOW_DST_PORT), offset == 0);
    }
}

/* The units of an authentication header are words, less two. */
Test(packet_ip, reads_past_an_authentication_header)
{
    struct build frame = {0};
    frame_ipv6(&frame, 51);
    build_u8(&frame, 6);
    build_u8(&frame, 4);
    build_zeroes(&frame, 22);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(sampled.proto, 6);
    cr_assert_eq(sampled.dst_port, FRAME_DST_PORT);
}

/* The header has room for a TLV behind its two segments. */
Test(packet_ip, reads_srv6_segments)
{
    struct build frame = {0};
    frame_ipv6(&frame, 43);
    build_u32(&frame, UINT32_C(6) << 24 | 5 << 16 | 4 << 8 | 1); /* type 4, one segment left */
    build_u32(&frame, UINT32_C(1) << 24);                        /* last entry */
    for (uint8_t last = 1; last <= 2; last++) {
        build_u32(&frame, 0x20010db8);
        build_zeroes(&frame, 11);
        build_u8(&frame, last);
    }
    build_zeroes(&frame, 8);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(sampled.ipv6_routing_segments_left, 1);
    cr_assert_eq(sampled.ipv6_routing_addresses.count, 2);
    cr_assert_str_eq(collector_text(&sampled.ipv6_routing_addresses.values[1]), "2001:db8::2");
    cr_assert_eq(sampled.proto, 6);
    cr_assert_eq(sampled.dst_port, FRAME_DST_PORT);
}

Test(packet_ip, reads_icmp_of_both_families)
{
    struct build frame = {0};
    frame_ipv4(&frame, 1);
    build_u16(&frame, 3 << 8 | 4);
    sampled_read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(sampled.icmp_type, 3);
    cr_assert_eq(sampled.icmp_code, 4);
    cr_assert_not(flow_has(&sampled, FLOW_DST_PORT));
    frame = (struct build){0};
    frame_ipv6(&frame, 58);
    build_u16(&frame, 128 << 8);
    sampled_read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(sampled.icmp_type, 128);
}

Test(packet_ip, reads_ports_of_udp_sctp_dccp)
{
    static const uint8_t PROTOCOLS[] = {17, 33, 132, 136};
    for (size_t i = 0; i < sizeof PROTOCOLS; i++) {
        struct build frame = {0};
        frame_ipv4(&frame, PROTOCOLS[i]);
        frame_udp(&frame, 5060);
        sampled_read_frame(PACKET_IPV4, &frame);
        cr_assert_eq(sampled.proto, PROTOCOLS[i]);
        cr_assert_eq(sampled.src_port, FRAME_SRC_PORT);
        cr_assert_eq(sampled.dst_port, 5060);
    }
}
