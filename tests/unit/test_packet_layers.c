/* SPDX-License-Identifier: BSD-3-Clause -- LayerStack and LayerSize: which headers a packet has. */
#include "tests/support/sampled_packet.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* The layers as "layer:octets", outermost first. */
static void check_layers(const char *expected)
{
    char found[1024] = "";
    size_t length = 0;
    uint32_t count = flow_has(&sampled, FLOW_LAYER_STACK) ? sampled.layer_stack.count : 0;
    cr_assert_eq(flow_has(&sampled, FLOW_LAYER_SIZE) ? sampled.layer_size.count : 0, count);
    for (uint32_t i = 0; i < count; i++) {
        length += (size_t)snprintf(found + length, sizeof found - length, "%s%u:%u",
            i > 0 ? " " : "", sampled.layer_stack.values[i], sampled.layer_size.values[i]);
    }
    cr_assert_str_eq(found, expected);
}

static void check_frame(
    enum packet_protocol protocol, const struct build *frame, const char *expected)
{
    sampled_read(protocol, frame->bytes, frame->size);
    check_layers(expected);
}

Test(packet_layers, are_none_where_nothing_was_sampled)
{
    sampled_read(PACKET_ETHERNET, (const uint8_t *)"", 0);
    check_layers("");
}

Test(packet_layers, of_a_header_cut_short_have_the_octets_that_are_there)
{
    static const struct {
        size_t size;
        const char *expected;
    } CUTS[] = {{1, "0:1"}, {14, "0:14"}, {15, "0:14 1:1"}, {34, "0:14 1:20"},
        {40, "0:14 1:20 3:6"}, {53, "0:14 1:20 3:19"}, {54, "0:14 1:20 3:20"}};
    struct build frame = {0};
    frame_ordinary(&frame);
    for (size_t i = 0; i < sizeof CUTS / sizeof CUTS[0]; i++) {
        sampled_read(PACKET_ETHERNET, frame.bytes, CUTS[i].size);
        check_layers(CUTS[i].expected);
    }
}

Test(packet_layers, end_before_bytes_that_are_not_the_header_they_should_be)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x0800);
    frame_ipv6(&frame, 6);
    check_frame(PACKET_ETHERNET, &frame, "0:14");
    frame = (struct build){0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 4789);
    build_zeroes(&frame, 50); /* no VXLAN: its flag is not set */
    check_frame(PACKET_IPV4, &frame, "1:20 4:8");
}

Test(packet_layers, are_as_many_as_steps_at_most)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8100);
    for (int i = 0; i < 1000; i++) {
        frame_tag(&frame, 5, 0x8100);
    }
    sampled_read(PACKET_ETHERNET, frame.bytes, frame.size);
    cr_assert_eq(sampled.layer_stack.count, 32);
    cr_assert_eq(sampled.layer_size.count, 32);
}

/* Of a sample with two raw headers, say. */
Test(packet_layers, are_those_of_the_last_packet_read)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    sampled_read(PACKET_ETHERNET, frame.bytes, frame.size);
    (void)packet_header_read(&sampled, PACKET_IPV4, cursor_of(frame.bytes + 14, frame.size - 14));
    check_layers("1:20 3:20");
}

Test(packet_layers, count_options)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x0800);
    frame_ipv4_with(&frame, 6, 0, 3);
    frame_tcp(&frame, 0x02);
    frame.bytes[14 + 32 + 12] = 8 << 4;
    build_zeroes(&frame, 100);
    check_frame(PACKET_ETHERNET, &frame, "0:14 1:32 3:32");
}

Test(packet_layers, of_transport_protocols)
{
    static const struct {
        uint8_t protocol;
        const char *expected;
    } CASES[] = {{1, "1:20 7:8"}, {6, "1:20 3:20"}, {17, "1:20 4:8"}, {33, "1:20 99:12"},
        {132, "1:20 99:12"}, {136, "1:20 99:8"}, {50, "1:20"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct build frame = {0};
        frame_ipv4(&frame, CASES[i].protocol);
        build_zeroes(&frame, 64);
        check_frame(PACKET_IPV4, &frame, CASES[i].expected);
    }
}

Test(packet_layers, end_with_ip_on_later_fragments)
{
    struct build frame = {0};
    frame_ipv4_with(&frame, 6, 0x2000 | 185, 0);
    frame_tcp(&frame, 0x02);
    check_frame(PACKET_IPV4, &frame, "1:20");
}

Test(packet_layers, of_each_tag_and_of_a_whole_label_stack)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x88a8);
    frame_tag(&frame, 100, 0x8100);
    frame_tag(&frame, 200, 0x8847);
    frame_label(&frame, 16001, 60, false);
    frame_label(&frame, 16002, 61, true);
    frame_ipv6(&frame, 58);
    build_zeroes(&frame, 8);
    check_frame(PACKET_ETHERNET, &frame, "0:14 6:4 6:4 5:8 2:40 8:8");
}

Test(packet_layers, of_a_pseudowire)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    frame_label(&frame, 16001, 60, true);
    build_u32(&frame, 0);
    frame_ordinary(&frame);
    frame.bytes[14 + 8 + 5] = 0x99; /* no type that looks like one without a control word */
    check_frame(PACKET_ETHERNET, &frame, "0:14 5:4 99:4 0:14 1:20 3:20");
}

Test(packet_layers, of_snap_and_pppoe)
{
    static const uint8_t SNAP[] = {0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00};
    struct build frame = {0};
    frame_ethernet(&frame, 100);
    build_bytes(&frame, SNAP, sizeof SNAP);
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 53);
    check_frame(PACKET_ETHERNET, &frame, "0:14 99:8 1:20 4:8");
    frame = (struct build){0};
    frame_ethernet(&frame, 0x8864);
    build_u32(&frame, 0x11000001);
    build_u16(&frame, 42);
    build_u16(&frame, 0x0021);
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 53);
    check_frame(PACKET_ETHERNET, &frame, "0:14 99:6 99:2 1:20 4:8");
}

Test(packet_layers, of_ipv6_extension_headers)
{
    struct build frame = {0};
    frame_ipv6(&frame, 0);
    frame_extension(&frame, 43, 16); /* hop by hop */
    frame_extension(&frame, 44, 24); /* routing */
    frame_extension(&frame, 60, 8);  /* fragment: the first */
    frame_extension(&frame, 51, 8);  /* destination */
    build_u32(&frame, 0x06040000);   /* authentication of 24 octets, then TCP */
    build_zeroes(&frame, 20);
    frame_tcp(&frame, 0x02);
    check_frame(PACKET_IPV6, &frame, "2:40 99:16 10:24 11:8 99:8 99:24 3:20");
    cr_assert_eq(sampled.proto, 6);
    cr_assert_eq(sampled.dst_port, FRAME_DST_PORT);
}

Test(packet_layers, go_on_inside_tunnels)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 4789);
    frame_vxlan(&frame, 5001);
    frame_ordinary(&frame);
    check_frame(PACKET_IPV4, &frame, "1:20 4:8 99:8 0:14 1:20 3:20");
    frame = (struct build){0};
    frame_ipv4(&frame, 41);
    frame_ipv6(&frame, 17);
    frame_udp(&frame, 53);
    check_frame(PACKET_IPV4, &frame, "1:20 2:40 4:8");
}

Test(packet_layers, of_gre_with_its_key_and_erspan_behind_its_sequence_number)
{
    struct build frame = {0};
    frame_ipv4(&frame, 47);
    build_u32(&frame, 0x20000800);
    build_u32(&frame, 4711);
    frame_inner_ipv4(&frame, 17);
    frame_udp(&frame, 53);
    check_frame(PACKET_IPV4, &frame, "1:20 9:8 1:20 4:8");
    frame = (struct build){0};
    frame_ipv4(&frame, 47);
    build_u32(&frame, 0x100088be);
    build_zeroes(&frame, 4 + 8);
    frame_ordinary(&frame);
    check_frame(PACKET_IPV4, &frame, "1:20 9:8 99:8 0:14 1:20 3:20");
}

Test(packet_layers, of_geneve_with_its_options_and_of_teredo_even_without_octets)
{
    struct build frame = {0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 6081);
    frame_geneve(&frame, 5002);
    frame_ordinary(&frame);
    check_frame(PACKET_IPV4, &frame, "1:20 4:8 12:16 0:14 1:20 3:20");
    frame = (struct build){0};
    frame_ipv4(&frame, 17);
    frame_udp(&frame, 3544);
    frame_ipv6(&frame, 6);
    frame_tcp(&frame, 0x18);
    check_frame(PACKET_IPV4, &frame, "1:20 4:8 13:0 2:40 3:20");
}

Test(packet_layers, go_on_inside_tunnels_in_tunnels)
{
    struct build frame = {0};
    frame_ipv4(&frame, 4);
    frame_inner_ipv4(&frame, 47);
    build_u32(&frame, 0x0800);
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x18);
    check_frame(PACKET_IPV4, &frame, "1:20 1:20 9:4 1:20 3:20");
}
