/* SPDX-License-Identifier: BSD-3-Clause -- link layers, and the limits of the walk. */
#include "tests/support/corpus.h"
#include "tests/support/flow_collector.h"
#include "tests/support/sampled_packet.h"

#include <criterion/criterion.h>

/* VLAN, MPLS, IPv6 with extension headers, TCP. */
static void put_long_frame(struct build *frame)
{
    frame_ethernet(frame, 0x88a8);
    frame_tag(frame, 100, 0x8100);
    frame_tag(frame, 200, 0x8847);
    frame_label(frame, 16001, 60, false);
    frame_label(frame, 16002, 61, true);
    frame_ipv6(frame, 0);
    frame_extension(frame, 60, 16);
    frame_extension(frame, 6, 8);
    frame_tcp(frame, 0x12);
}

/* The original goflow crashed on a short header, VLAN tag, label stack or TCP header. */
Test(packet_header, survives_every_truncation)
{
    static const enum packet_protocol PROTOCOLS[] = {
        PACKET_ETHERNET, PACKET_PPP, PACKET_IPV4, PACKET_IPV6, PACKET_MPLS};
    struct build frame = {0};
    put_long_frame(&frame);
    for (size_t size = 0; size < frame.size; size++) {
        for (size_t i = 0; i < sizeof PROTOCOLS / sizeof PROTOCOLS[0]; i++) {
            sampled_read(PROTOCOLS[i], frame.bytes, size);
        }
        sampled_read(PACKET_ETHERNET, frame.bytes, size);
        cr_assert_eq(flow_has(&sampled, FLOW_DST_MAC), size >= 14, "%zu", size);
        cr_assert_eq(flow_has(&sampled, FLOW_VLAN_ID), size >= 18, "%zu", size);
        cr_assert_eq(flow_has(&sampled, FLOW_MPLS_2_LABEL), size >= 30, "%zu", size);
        cr_assert_eq(flow_has(&sampled, FLOW_SRC_ADDR), size >= 70, "%zu", size);
        cr_assert_eq(flow_has(&sampled, FLOW_SRC_PORT), size >= 98, "%zu", size);
        cr_assert_eq(flow_has(&sampled, FLOW_TCP_FLAGS), size >= 108, "%zu", size);
    }
}

/* An input of the fuzzer is a header protocol and a packet. */
static void read_fuzzed(const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        sampled_read((enum packet_protocol)bytes[0], bytes + 1, size - 1);
    }
}

Test(packet_header, survives_the_fuzzers_corpus)
{
    cr_assert_gt(corpus_replay("packet_header", read_fuzzed), 0);
}

Test(packet_header, ends_in_endless_vlan_tags)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8100);
    for (int i = 0; i < 1000; i++) {
        frame_tag(&frame, 5, 0x8100);
    }
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(sampled.vlan_id, 5);
    cr_assert_not(flow_has(&sampled, FLOW_ETYPE));
}

Test(packet_header, reads_ethernet_ipv4_tcp)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
    cr_assert_eq(sampled.src_mac, FRAME_SRC_MAC);
    cr_assert_eq(sampled.dst_mac, FRAME_DST_MAC);
    cr_assert_eq(sampled.ip_tos, FRAME_TOS);
    cr_assert_eq(sampled.ip_ttl, FRAME_IPV4_TTL);
    cr_assert_eq(sampled.fragment_id, FRAME_IPV4_ID);
    cr_assert_eq(sampled.tcp_flags, 0x18);
    cr_assert_not(flow_has(&sampled, FLOW_BYTES));
    cr_assert_not(flow_has(&sampled, FLOW_VLAN_ID));
}

Test(packet_header, reads_vlan_ids_without_priority_bits)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8100);
    frame_tag(&frame, 0xe000 | 100, 0x0800);
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
    cr_assert_eq(sampled.vlan_id, 100);
    cr_assert_not(flow_has(&sampled, FLOW_CUSTOMER_VLAN_ID));
}

Test(packet_header, takes_a_length_behind_a_tag_for_no_type)
{
    static const uint16_t LENGTHS[] = {0, 38, 1500, 1535};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct build frame = {0};
        frame_ethernet(&frame, 0x8100);
        frame_tag(&frame, 100, LENGTHS[i]);
        build_zeroes(&frame, 38);
        sampled_read_frame(PACKET_ETHERNET, &frame);
        cr_assert_eq(sampled.vlan_id, 100);
        cr_assert_not(flow_has(&sampled, FLOW_ETYPE), "%u", LENGTHS[i]);
    }
}

Test(packet_header, tells_outer_and_inner_vlan_apart)
{
    static const uint16_t TYPES[] = {0x88a8, 0x9100, 0x9200, 0x8100};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        struct build frame = {0};
        frame_ethernet(&frame, TYPES[i]);
        frame_tag(&frame, 100, 0x8100);
        frame_tag(&frame, 200, 0x0800);
        frame_ipv4(&frame, 6);
        frame_tcp(&frame, 0x02);
        sampled_read_frame(PACKET_ETHERNET, &frame);
        cr_assert(sampled_is_ordinary());
        cr_assert_eq(sampled.vlan_id, 100);
        cr_assert_eq(sampled.customer_vlan_id, 200);
    }
}

Test(packet_header, reads_ieee_802_3_with_snap)
{
    static const uint8_t SNAP[] = {0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00};
    struct build frame = {0};
    frame_ethernet(&frame, 100);
    build_bytes(&frame, SNAP, sizeof SNAP);
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
}

Test(packet_header, keeps_the_type_of_what_is_not_ip)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x0806);
    build_zeroes(&frame, 28);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(sampled.etype, 0x0806);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR));
}

Test(packet_header, reads_pppoe)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8864);
    build_u32(&frame, 0x11000001);
    build_u16(&frame, 42);
    build_u16(&frame, 0x0021);
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
    cr_assert_not(flow_has(&sampled, FLOW_HAS_PPP));
}

Test(packet_header, reads_ppp_with_and_without_address_and_compression)
{
    static const struct {
        uint8_t bytes[4];
        size_t size;
    } HEADERS[] = {{{0xff, 0x03, 0x00, 0x21}, 4}, {{0x00, 0x21}, 2}, {{0x21}, 1}};
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        struct build frame = {0};
        build_bytes(&frame, HEADERS[i].bytes, HEADERS[i].size);
        frame_ipv4(&frame, 6);
        frame_tcp(&frame, 0x02);
        sampled_read_frame(PACKET_PPP, &frame);
        cr_assert(sampled_is_ordinary());
    }
}

Test(packet_header, reads_tags_labels_and_extension_headers)
{
    struct build frame = {0};
    put_long_frame(&frame);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(sampled.etype, 0x86dd);
    cr_assert_str_eq(collector_text(&sampled.src_addr), "2001:db8::1");
    cr_assert_str_eq(collector_text(&sampled.dst_addr), "2001:db8::2");
    cr_assert_eq(sampled.proto, 6);
    cr_assert_eq(sampled.ip_tos, FRAME_TOS);
    cr_assert_eq(sampled.ip_ttl, FRAME_IPV6_TTL);
    cr_assert_eq(sampled.ipv6_flow_label, FRAME_FLOW_LABEL);
    cr_assert_eq(sampled.dst_port, FRAME_DST_PORT);
    cr_assert_eq(sampled.tcp_flags, 0x12);
    cr_assert_not(flow_has(&sampled, FLOW_FRAGMENT_ID));
}
