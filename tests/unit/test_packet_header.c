/* SPDX-License-Identifier: BSD-3-Clause -- link layers, IP and transport of sampled packets. */
#include "ingest/decode/packet_header.h"
#include "tests/support/corpus.h"
#include "tests/support/frame_builder.h"

#include <criterion/criterion.h>

static struct flow flow;

/* The bytes are copied to their own allocation, so that a sanitizer sees a read past the end. */
static void read_bytes(enum packet_protocol protocol, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    flow_begin(&flow);
    packet_header_read(&flow, protocol, cursor_of(copy, size));
    free(copy);
}

static void read_frame(enum packet_protocol protocol, const struct build *frame)
{
    read_bytes(protocol, frame->bytes, frame->size);
}

static void check_address(const struct address *address, const char *text)
{
    char found[ADDRESS_TEXT_SIZE];
    address_format(address, found);
    cr_assert_str_eq(found, text);
}

static void check_ipv4_tcp(void)
{
    cr_assert_eq(flow.etype, 0x0800);
    check_address(&flow.src_addr, "192.0.2.1");
    check_address(&flow.dst_addr, "198.51.100.2");
    cr_assert_eq(flow.proto, 6);
    cr_assert_eq(flow.src_port, FRAME_SRC_PORT);
    cr_assert_eq(flow.dst_port, FRAME_DST_PORT);
    cr_assert_not(flow_has(&flow, FLOW_HAS_ENCAP));
}

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
            read_bytes(PROTOCOLS[i], frame.bytes, size);
        }
        read_bytes(PACKET_ETHERNET, frame.bytes, size);
        cr_assert_eq(flow_has(&flow, FLOW_DST_MAC), size >= 14, "%zu", size);
        cr_assert_eq(flow_has(&flow, FLOW_VLAN_ID), size >= 18, "%zu", size);
        cr_assert_eq(flow_has(&flow, FLOW_MPLS_2_LABEL), size >= 30, "%zu", size);
        cr_assert_eq(flow_has(&flow, FLOW_SRC_ADDR), size >= 70, "%zu", size);
        cr_assert_eq(flow_has(&flow, FLOW_SRC_PORT), size >= 98, "%zu", size);
        cr_assert_eq(flow_has(&flow, FLOW_TCP_FLAGS), size >= 108, "%zu", size);
    }
}

/* An input of the fuzzer is a header protocol and a packet. */
static void read_fuzzed(const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        read_bytes((enum packet_protocol)bytes[0], bytes + 1, size - 1);
    }
}

Test(packet_header, survives_the_fuzzers_corpus)
{
    cr_assert_gt(corpus_replay("packet_header", read_fuzzed), 0);
}

Test(packet_header, ends_at_an_ipv4_header_too_short_to_be_one)
{
    struct build frame = {0};
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0);
    frame.bytes[0] = 0x44;
    read_frame(PACKET_IPV4, &frame);
    cr_assert_not(flow_has(&flow, FLOW_SRC_ADDR));
}

Test(packet_header, ends_at_ipv4_options_beyond_the_snippet)
{
    struct build frame = {0};
    frame_ipv4(&frame, 6);
    frame.bytes[0] = 0x4f;
    frame_tcp(&frame, 0x12);
    read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(flow.proto, 6);
    cr_assert_not(flow_has(&flow, FLOW_SRC_PORT));
}

Test(packet_header, ends_at_the_wrong_ip_version)
{
    struct build frame = {0};
    frame_ipv6(&frame, 6);
    read_frame(PACKET_IPV4, &frame);
    cr_assert_not(flow_has(&flow, FLOW_SRC_ADDR));
}

Test(packet_header, ends_at_a_label_stack_without_bottom)
{
    struct build frame = {0};
    for (int i = 0; i < 1000; i++) {
        frame_label(&frame, 16, 1, false);
    }
    read_frame(PACKET_MPLS, &frame);
    cr_assert_eq(flow.etype, 0x8847);
    cr_assert_eq(flow.mpls_count, 32);
    cr_assert_not(flow_has(&flow, FLOW_MPLS_LAST_LABEL));
}

Test(packet_header, ends_in_endless_vlan_tags)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8100);
    for (int i = 0; i < 1000; i++) {
        frame_tag(&frame, 5, 0x8100);
    }
    read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(flow.vlan_id, 5);
    cr_assert_not(flow_has(&flow, FLOW_ETYPE));
}

Test(packet_header, ends_in_endless_extension_headers)
{
    struct build frame = {0};
    frame_ipv6(&frame, 60);
    for (int i = 0; i < 1000; i++) {
        frame_extension(&frame, 60, 8);
    }
    read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(flow.proto, 60);
}

Test(packet_header, reads_ethernet_ipv4_tcp)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
    cr_assert_eq(flow.src_mac, FRAME_SRC_MAC);
    cr_assert_eq(flow.dst_mac, FRAME_DST_MAC);
    cr_assert_eq(flow.ip_tos, FRAME_TOS);
    cr_assert_eq(flow.ip_ttl, FRAME_IPV4_TTL);
    cr_assert_eq(flow.fragment_id, FRAME_IPV4_ID);
    cr_assert_eq(flow.tcp_flags, 0x18);
    cr_assert_not(flow_has(&flow, FLOW_BYTES));
    cr_assert_not(flow_has(&flow, FLOW_VLAN_ID));
}

Test(packet_header, passes_over_ipv4_options)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0, 10);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_IPV4, &frame);
    check_ipv4_tcp();
}

Test(packet_header, reads_no_ports_from_later_fragments)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0x2000 | 185, 0);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(flow.fragment_offset, 185);
    cr_assert_eq(flow.fragment_id, FRAME_IPV4_ID);
    cr_assert_eq(flow.proto, 6);
    cr_assert_not(flow_has(&flow, FLOW_SRC_PORT));
    cr_assert_not(flow_has(&flow, FLOW_TCP_FLAGS));
}

Test(packet_header, reads_ports_from_the_first_fragment)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0x2000, 0);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_IPV4, &frame);
    check_ipv4_tcp();
}

Test(packet_header, reads_vlan_ids_without_priority_bits)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8100);
    frame_tag(&frame, 0xe000 | 100, 0x0800);
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
    cr_assert_eq(flow.vlan_id, 100);
    cr_assert_not(flow_has(&flow, FLOW_CUSTOMER_VLAN_ID));
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
        read_frame(PACKET_ETHERNET, &frame);
        check_ipv4_tcp();
        cr_assert_eq(flow.vlan_id, 100);
        cr_assert_eq(flow.customer_vlan_id, 200);
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
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
}

Test(packet_header, keeps_the_type_of_what_is_not_ip)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x0806);
    build_zeroes(&frame, 28);
    read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(flow.etype, 0x0806);
    cr_assert_not(flow_has(&flow, FLOW_SRC_ADDR));
}

Test(packet_header, reads_the_label_stack)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    for (uint32_t i = 1; i <= 5; i++) {
        frame_label(&frame, 16000 + i, (uint8_t)(60 + i), i == 5);
    }
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
    cr_assert_eq(flow.has_mpls, 1);
    cr_assert_eq(flow.mpls_count, 5);
    cr_assert_eq(flow.mpls_1_label, 16001);
    cr_assert_eq(flow.mpls_1_ttl, 61);
    cr_assert_eq(flow.mpls_2_label, 16002);
    cr_assert_eq(flow.mpls_3_ttl, 63);
    cr_assert_eq(flow.mpls_last_label, 16005);
    cr_assert_eq(flow.mpls_last_ttl, 65);
    cr_assert_eq(flow.mpls_label.count, 5);
    cr_assert_eq(flow.mpls_label.values[3], 16004);
    cr_assert_eq(flow.mpls_ttl.values[4], 65);
}

Test(packet_header, reads_ethernet_behind_a_control_word)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    frame_label(&frame, 16001, 60, true);
    build_u32(&frame, 0);
    frame_ordinary(&frame);
    frame.bytes[14 + 8 + 5] = 0x99; /* the inner frame's address is another */
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
    cr_assert_eq(flow.dst_mac, FRAME_DST_MAC);
}

/* Its first four bits are zero all the same. */
Test(packet_header, reads_ethernet_without_a_control_word)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    frame_label(&frame, 16001, 60, true);
    frame_ordinary(&frame);
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
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
    read_frame(PACKET_ETHERNET, &frame);
    check_ipv4_tcp();
    cr_assert_not(flow_has(&flow, FLOW_HAS_PPP));
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
        read_frame(PACKET_PPP, &frame);
        check_ipv4_tcp();
    }
}

Test(packet_header, reads_ipv6_through_its_extension_headers)
{
    struct build frame = {0};
    put_long_frame(&frame);
    read_frame(PACKET_ETHERNET, &frame);
    cr_assert_eq(flow.etype, 0x86dd);
    check_address(&flow.src_addr, "2001:db8::1");
    check_address(&flow.dst_addr, "2001:db8::2");
    cr_assert_eq(flow.proto, 6);
    cr_assert_eq(flow.ip_tos, FRAME_TOS);
    cr_assert_eq(flow.ip_ttl, FRAME_IPV6_TTL);
    cr_assert_eq(flow.ipv6_flow_label, FRAME_FLOW_LABEL);
    cr_assert_eq(flow.dst_port, FRAME_DST_PORT);
    cr_assert_eq(flow.tcp_flags, 0x12);
    cr_assert_not(flow_has(&flow, FLOW_FRAGMENT_ID));
}

Test(packet_header, reads_ipv6_fragments)
{
    for (uint16_t offset = 0; offset <= 100; offset += 100) {
        struct build frame = {0};
        frame_ipv6(&frame, 44);
        build_u16(&frame, 17 << 8);
        build_u16(&frame, (uint16_t)(offset << 3 | 1));
        build_u32(&frame, 0xdeadbeef);
        frame_udp(&frame, 53);
        read_frame(PACKET_IPV6, &frame);
        cr_assert_eq(flow.proto, 17);
        cr_assert_eq(flow.fragment_id, 0xdeadbeef);
        cr_assert_eq(flow_has(&flow, FLOW_FRAGMENT_OFFSET), offset != 0);
        cr_assert_eq(flow_has(&flow, FLOW_DST_PORT), offset == 0);
    }
}

/* The units of an authentication header are words, less two. */
Test(packet_header, reads_past_an_authentication_header)
{
    struct build frame = {0};
    frame_ipv6(&frame, 51);
    build_u8(&frame, 6);
    build_u8(&frame, 4);
    build_zeroes(&frame, 22);
    frame_tcp(&frame, 0x02);
    read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(flow.proto, 6);
    cr_assert_eq(flow.dst_port, FRAME_DST_PORT);
}

/* The header has room for a TLV behind its two segments. */
Test(packet_header, reads_srv6_segments)
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
    read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(flow.ipv6_routing_segments_left, 1);
    cr_assert_eq(flow.ipv6_routing_addresses.count, 2);
    check_address(&flow.ipv6_routing_addresses.values[1], "2001:db8::2");
    cr_assert_eq(flow.proto, 6);
    cr_assert_eq(flow.dst_port, FRAME_DST_PORT);
}

Test(packet_header, reads_icmp_of_both_families)
{
    struct build frame = {0};
    frame_ipv4(&frame, 1);
    build_u16(&frame, 3 << 8 | 4);
    read_frame(PACKET_IPV4, &frame);
    cr_assert_eq(flow.icmp_type, 3);
    cr_assert_eq(flow.icmp_code, 4);
    cr_assert_not(flow_has(&flow, FLOW_DST_PORT));
    frame = (struct build){0};
    frame_ipv6(&frame, 58);
    build_u16(&frame, 128 << 8);
    read_frame(PACKET_IPV6, &frame);
    cr_assert_eq(flow.icmp_type, 128);
}

Test(packet_header, reads_ports_of_udp_sctp_dccp)
{
    static const uint8_t PROTOCOLS[] = {17, 33, 132, 136};
    for (size_t i = 0; i < sizeof PROTOCOLS; i++) {
        struct build frame = {0};
        frame_ipv4(&frame, PROTOCOLS[i]);
        frame_udp(&frame, 5060);
        read_frame(PACKET_IPV4, &frame);
        cr_assert_eq(flow.proto, PROTOCOLS[i]);
        cr_assert_eq(flow.src_port, FRAME_SRC_PORT);
        cr_assert_eq(flow.dst_port, 5060);
    }
}
