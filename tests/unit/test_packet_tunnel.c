/* SPDX-License-Identifier: BSD-3-Clause -- tunnels: outer and inner packet in one record. */
#include "tests/support/flow_collector.h"
#include "tests/support/sampled_packet.h"

#include <criterion/criterion.h>

static void read_frame(const struct build *frame)
{
    sampled_read_frame(PACKET_IPV4, frame);
}

static void check_outer(uint8_t protocol)
{
    cr_assert_eq(sampled.etype, 0x0800);
    cr_assert_str_eq(collector_text(&sampled.src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&sampled.dst_addr), "198.51.100.2");
    cr_assert_eq(sampled.proto, protocol);
    cr_assert_eq(sampled.ip_ttl, FRAME_IPV4_TTL);
}

static void check_tunnel(uint64_t type, uint64_t id)
{
    cr_assert(flow_has(&sampled, FLOW_HAS_ENCAP));
    cr_assert_eq(sampled.tunnel_type, type);
    cr_assert_eq(sampled.tunnel_id, id);
}

static void check_inner_ipv4(void)
{
    cr_assert_eq(sampled.etype_encap, 0x0800);
    cr_assert_str_eq(collector_text(&sampled.src_addr_encap), "10.0.0.1");
    cr_assert_str_eq(collector_text(&sampled.dst_addr_encap), "10.0.0.2");
    cr_assert_eq(sampled.proto_encap, 6);
    cr_assert_eq(sampled.ip_ttl_encap, FRAME_INNER_TTL);
    cr_assert_eq(sampled.ip_tos_encap, FRAME_TOS);
    cr_assert_eq(sampled.fragment_id_encap, FRAME_IPV4_ID);
    cr_assert_eq(sampled.src_port_encap, FRAME_SRC_PORT);
    cr_assert_eq(sampled.dst_port_encap, FRAME_DST_PORT);
    cr_assert_eq(sampled.tcp_flags_encap, 0x18);
}

static void put_inner_ipv4(struct build *frame)
{
    frame_inner_ipv4(frame, 6);
    frame_tcp(frame, 0x18);
}

static void put_inner_ethernet(struct build *frame)
{
    frame_ethernet(frame, 0x8100);
    frame_tag(frame, 300, 0x0800);
    put_inner_ipv4(frame);
}

/* An IPv4 packet with a GRE header of these flags; the optional words follow. */
static struct build gre(uint16_t flags, uint16_t etype)
{
    struct build frame = {0};
    frame_ipv4(&frame, 47);
    build_u16(&frame, flags);
    build_u16(&frame, etype);
    return frame;
}

/* IP in VXLAN, whose packet is inside GTP-U: the outermost and the innermost packet are told. */
static struct build two_tunnels(void)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 2152);
    build_u32(&frame, 0x30ff0000);
    build_u32(&frame, 4711);
    frame_ipv6(&frame, 17);
    frame_udp(&frame, 4789);
    frame_vxlan(&frame, 5001);
    return frame;
}

Test(packet_tunnel, tells_the_outermost_and_the_innermost_packet)
{
    struct build frame = two_tunnels();
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_outer(17);
    check_tunnel(5, 4711);
    check_inner_ipv4();
    cr_assert_eq(sampled.dst_port, 2152);
    cr_assert_not(flow_has(&sampled, FLOW_IPV6_FLOW_LABEL_ENCAP));
}

Test(packet_tunnel, mixes_no_packet_between_them_into_the_innermost_one)
{
    struct build frame = two_tunnels();
    frame_ethernet(&frame, 0x0806);
    read_frame(&frame);
    check_tunnel(5, 4711);
    cr_assert_eq(sampled.etype_encap, 0x0806);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR_ENCAP));
    cr_assert_not(flow_has(&sampled, FLOW_PROTO_ENCAP));
    cr_assert_not(flow_has(&sampled, FLOW_DST_PORT_ENCAP));
}

Test(packet_tunnel, keeps_the_packet_between_them_where_the_innermost_was_cut_off)
{
    struct build frame = two_tunnels();
    build_zeroes(&frame, 13);
    read_frame(&frame);
    check_tunnel(5, 4711);
    cr_assert_eq(sampled.etype_encap, 0x86dd);
    cr_assert_eq(sampled.proto_encap, 17);
    cr_assert_eq(sampled.dst_port_encap, 4789);
}

Test(packet_tunnel, ends_in_endless_tunnels)
{
    struct build frame = {0};
    for (int i = 0; i < 1000; i++) {
        frame_ipv4(&frame, 4);
    }
    read_frame(&frame);
    check_outer(4);
    check_tunnel(2, 0);
    cr_assert_eq(sampled.layer_stack.count, 16);
}

/* RFC 4302 section 3.1.1: to IPv4 the header is a protocol, 51, and what it protects follows. */
Test(packet_tunnel, reads_behind_an_authentication_header)
{
    struct build frame = {0};
    frame_ipv4(&frame, 51);
    build_u32(&frame, 0x04040000);
    build_zeroes(&frame, 20);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_outer(51);
    check_tunnel(2, 0);
    check_inner_ipv4();
}

Test(packet_tunnel, takes_no_vxlan_without_its_flag)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 4789);
    build_zeroes(&frame, 8);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_outer(17);
    cr_assert_not(flow_has(&sampled, FLOW_HAS_ENCAP));
}

Test(packet_tunnel, takes_no_gtp_but_user_data)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 2152);
    build_u32(&frame, 0x30010000); /* echo request */
    build_u32(&frame, 0);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    cr_assert_not(flow_has(&sampled, FLOW_HAS_ENCAP));
}

Test(packet_tunnel, survives_gtp_extensions_of_no_size)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 2152);
    build_u32(&frame, 0x34ff0000);
    build_u32(&frame, 77);
    build_u32(&frame, 0x85);
    build_zeroes(&frame, 40);
    read_frame(&frame);
    check_tunnel(5, 77);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR_ENCAP));
}

Test(packet_tunnel, reads_ipip_and_6in4)
{
    struct build frame = {0};
    frame_ipv4(&frame, 4);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_outer(4);
    check_tunnel(2, 0);
    check_inner_ipv4();
    frame = (struct build){0};
    frame_ipv4(&frame, 41);
    frame_ipv6(&frame, 17);
    frame_udp(&frame, 53);
    read_frame(&frame);
    check_outer(41);
    check_tunnel(2, 0);
    cr_assert_eq(sampled.etype_encap, 0x86dd);
    cr_assert_str_eq(collector_text(&sampled.dst_addr_encap), "2001:db8::2");
    cr_assert_eq(sampled.ipv6_flow_label_encap, FRAME_FLOW_LABEL);
    cr_assert_eq(sampled.dst_port_encap, 53);
}

Test(packet_tunnel, reads_gre_with_every_option)
{
    static const struct {
        uint16_t flags;
        int words_before_key;
        int words_after_key;
    } CASES[] = {{0x0000, 0, 0}, {0x8000, 1, 0}, {0x2000, 0, 0}, {0x1000, 0, 1}, {0xb000, 1, 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct build frame = gre(CASES[i].flags, 0x0800);
        bool has_key = (CASES[i].flags & 0x2000) != 0;
        build_zeroes(&frame, (size_t)CASES[i].words_before_key * 4);
        build_bytes(&frame, "\x00\x00\x12\x34", has_key ? 4 : 0);
        build_zeroes(&frame, (size_t)CASES[i].words_after_key * 4);
        put_inner_ipv4(&frame);
        read_frame(&frame);
        check_outer(47);
        cr_assert(flow_has(&sampled, FLOW_HAS_ENCAP), "%zu", i);
        cr_assert_eq(sampled.tunnel_type, 1);
        cr_assert_eq(flow_has(&sampled, FLOW_TUNNEL_ID), has_key);
        check_inner_ipv4();
    }
}

Test(packet_tunnel, stops_at_source_routes_in_gre)
{
    struct build frame = gre(0x4000, 0x0800);
    build_zeroes(&frame, 4);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_tunnel(1, sampled.tunnel_id);
    cr_assert_not(flow_has(&sampled, FLOW_SRC_ADDR_ENCAP));
}

Test(packet_tunnel, reads_pptp)
{
    struct build frame = gre(0x3081, 0x880b);
    build_u32(&frame, 100 << 16 | 55); /* payload length, call id */
    build_zeroes(&frame, 8);           /* sequence, acknowledgement */
    build_u32(&frame, 0xff030021);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_outer(47);
    check_tunnel(1, 55);
    cr_assert(flow_has(&sampled, FLOW_HAS_PPP));
    cr_assert_eq(sampled.ppp_address_control, 0xff03);
    check_inner_ipv4();
}

Test(packet_tunnel, reads_nvgre_and_erspan)
{
    struct build frame = gre(0x2000, 0x6558);
    build_u32(&frame, 5001 << 8 | 9);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_tunnel(8, 5001);
    check_inner_ipv4();
    cr_assert_not(flow_has(&sampled, FLOW_DST_MAC));
    cr_assert_not(flow_has(&sampled, FLOW_VLAN_ID));
    frame = gre(0x1000, 0x88be);
    build_zeroes(&frame, 4 + 8);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    cr_assert_eq(sampled.tunnel_type, 1);
    check_inner_ipv4();
}

Test(packet_tunnel, reads_vxlan_on_both_ports)
{
    static const uint16_t PORTS[] = {4789, 8472};
    for (size_t i = 0; i < sizeof PORTS / sizeof PORTS[0]; i++) {
        struct build frame = {0};
        frame_ipv4(&frame, 17);
        frame_udp(&frame, PORTS[i]);
        frame_vxlan(&frame, 5001);
        put_inner_ethernet(&frame);
        read_frame(&frame);
        check_outer(17);
        cr_assert_eq(sampled.dst_port, PORTS[i]);
        check_tunnel(3, 5001);
        check_inner_ipv4();
    }
}

Test(packet_tunnel, reads_geneve_past_its_options)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 6081);
    frame_geneve(&frame, 5002);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_tunnel(4, 5002);
    check_inner_ipv4();
}

Test(packet_tunnel, reads_gtp_past_its_extensions)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 2152);
    build_u32(&frame, 0x34ff0000);
    build_u32(&frame, 77);
    build_u32(&frame, 0x85);       /* sequence, N-PDU, a PDU session container */
    build_u32(&frame, 0x01100900); /* one word, the last */
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_tunnel(5, 77);
    check_inner_ipv4();
}

Test(packet_tunnel, reads_teredo_past_its_indications)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 3544);
    build_u32(&frame, 0x00010000);
    build_zeroes(&frame, 9);
    build_zeroes(&frame, 8);
    frame_ipv6(&frame, 6);
    frame_tcp(&frame, 0x18);
    read_frame(&frame);
    check_tunnel(6, 0);
    cr_assert_str_eq(collector_text(&sampled.src_addr_encap), "2001:db8::1");
    cr_assert_eq(sampled.tcp_flags_encap, 0x18);
}

Test(packet_tunnel, reads_l2tp)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 1701);
    build_u16(&frame, 0x4802); /* length and sequence present */
    build_u16(&frame, 0);
    build_u16(&frame, 1);
    build_u16(&frame, 4711);
    build_u32(&frame, 0);
    build_u32(&frame, 0xff030021);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_tunnel(7, 4711);
    check_inner_ipv4();
    cr_assert_not(flow_has(&sampled, FLOW_HAS_PPP));
    frame = (struct build){0};
    frame_ipv4(&frame, 115);
    build_u32(&frame, 99);
    read_frame(&frame);
    check_tunnel(7, 99);
}

Test(packet_tunnel, takes_no_etherip_of_another_version)
{
    struct build frame = {0};
    frame_ipv4(&frame, 97);
    build_u16(&frame, 0x4000);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_outer(97);
    cr_assert_not(flow_has(&sampled, FLOW_HAS_ENCAP));
}

Test(packet_tunnel, reads_etherip)
{
    struct build frame = {0};
    frame_ipv4(&frame, 97);
    build_u16(&frame, 0x3000);
    put_inner_ethernet(&frame);
    read_frame(&frame);
    check_outer(97);
    check_tunnel(10, 0);
    check_inner_ipv4();
    cr_assert_not(flow_has(&sampled, FLOW_DST_MAC));
}

Test(packet_tunnel, reads_mpls_in_ip_and_in_udp)
{
    static const uint8_t PROTOCOLS[] = {137, 17};
    for (size_t i = 0; i < sizeof PROTOCOLS; i++) {
        struct build frame = {0};
        frame_ipv4(&frame, PROTOCOLS[i]);
        if (PROTOCOLS[i] == 17) {
            frame_udp(&frame, 6635);
        }
        frame_label(&frame, 16001, 60, false);
        frame_label(&frame, 16002, 61, true);
        put_inner_ipv4(&frame);
        read_frame(&frame);
        check_outer(PROTOCOLS[i]);
        check_tunnel(9, 0);
        cr_assert_eq(sampled.mpls_count, 2);
        cr_assert_eq(sampled.mpls_last_label, 16002);
        check_inner_ipv4();
    }
}

/* Carriers wrap labels into GRE; the stack is read, the packet below it is the inner one. */
Test(packet_tunnel, reads_mpls_in_gre)
{
    struct build frame = gre(0, 0x8847);
    frame_label(&frame, 16001, 60, true);
    put_inner_ipv4(&frame);
    read_frame(&frame);
    check_outer(47);
    cr_assert_eq(sampled.mpls_1_label, 16001);
    check_inner_ipv4();
}
