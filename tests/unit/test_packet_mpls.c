/* SPDX-License-Identifier: BSD-3-Clause -- label stacks of sampled packets. */
#include "tests/support/sampled_packet.h"

#include <criterion/criterion.h>

Test(packet_mpls, ends_at_a_label_stack_without_bottom)
{
    struct build frame = {0};
    for (int i = 0; i < 1000; i++) {
        frame_label(&frame, 16, 1, false);
    }
    sampled_read_frame(PACKET_MPLS, &frame);
    cr_assert_eq(sampled.etype, 0x8847);
    cr_assert_eq(sampled.mpls_count, 32);
    cr_assert_not(flow_has(&sampled, FLOW_MPLS_LAST_LABEL));
}

Test(packet_mpls, reads_the_label_stack)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    for (uint32_t i = 1; i <= 5; i++) {
        frame_label(&frame, 16000 + i, (uint8_t)(60 + i), i == 5);
    }
    frame_ipv4(&frame, 6);
    frame_tcp(&frame, 0x02);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
    cr_assert_eq(sampled.has_mpls, 1);
    cr_assert_eq(sampled.mpls_count, 5);
    cr_assert_eq(sampled.mpls_1_label, 16001);
    cr_assert_eq(sampled.mpls_1_ttl, 61);
    cr_assert_eq(sampled.mpls_2_label, 16002);
    cr_assert_eq(sampled.mpls_3_ttl, 63);
    cr_assert_eq(sampled.mpls_last_label, 16005);
    cr_assert_eq(sampled.mpls_last_ttl, 65);
    cr_assert_eq(sampled.mpls_label.count, 5);
    cr_assert_eq(sampled.mpls_label.values[3], 16004);
    cr_assert_eq(sampled.mpls_ttl.values[4], 65);
}

Test(packet_mpls, reads_ethernet_behind_a_control_word)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    frame_label(&frame, 16001, 60, true);
    build_u32(&frame, 0);
    frame_ordinary(&frame);
    frame.bytes[14 + 8 + 5] = 0x99; /* the inner frame's address is another */
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
    cr_assert_eq(sampled.dst_mac, FRAME_DST_MAC);
}

/* Its first four bits are zero all the same. */
Test(packet_mpls, reads_ethernet_without_a_control_word)
{
    struct build frame = {0};
    frame_ethernet(&frame, 0x8847);
    frame_label(&frame, 16001, 60, true);
    frame_ordinary(&frame);
    sampled_read_frame(PACKET_ETHERNET, &frame);
    cr_assert(sampled_is_ordinary());
}
