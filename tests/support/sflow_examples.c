/* SPDX-License-Identifier: BSD-3-Clause -- bodies of sFlow flow records. */
#include "tests/support/sflow_examples.h"

#include <stdlib.h>
#include <string.h>

void sflow_put_ipv4(struct build *body, uint32_t address)
{
    build_u32(body, 1);
    build_u32(body, address);
}

void sflow_put_string(struct build *body, const char *text)
{
    size_t size = strlen(text);
    build_u32(body, (uint32_t)size);
    build_bytes(body, text, size);
    build_zeroes(body, -size & 3);
}

static void put_ethernet(struct build *body)
{
    build_u32(body, 64);
    build_u32(body, 0x02000000);
    build_u32(body, 0x00010000);
    build_u32(body, 0x02000000);
    build_u32(body, 0x00020000);
    build_u32(body, 0x0806);
}

static void put_transport(struct build *body)
{
    build_u32(body, 443);
    build_u32(body, 50000);
    build_u32(body, 0x12);
    build_u32(body, 0x28);
}

static void put_sampled_ipv4(struct build *body)
{
    build_u32(body, 40);
    build_u32(body, 6);
    build_u32(body, 0xc0000201);
    build_u32(body, 0xc6336402);
    put_transport(body);
}

static void put_sampled_ipv6(struct build *body)
{
    build_u32(body, 1280);
    build_u32(body, 6);
    for (uint8_t last = 1; last <= 2; last++) {
        build_u32(body, 0x20010db8);
        build_zeroes(body, 11);
        build_u8(body, last);
    }
    put_transport(body);
}

static void put_switch(struct build *body)
{
    build_u32(body, 100);
    build_u32(body, 5);
    build_u32(body, 200);
    build_u32(body, 6);
}

static void put_router(struct build *body)
{
    sflow_put_ipv4(body, 0xcb007101);
    build_u32(body, 24);
    build_u32(body, 16);
}

/* Path 64500 64501 {64502 64503}, two communities. */
static void put_gateway(struct build *body)
{
    static const uint32_t NUMBERS[] = {64999, 64998, 64997, 2, 2, 2, 64500, 64501, 1, 2, 64502,
        64503, 2, 0xfde90001, 0xfde90002, 150};
    sflow_put_ipv4(body, 0xcb007102);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        build_u32(body, NUMBERS[i]);
    }
}

static void put_mpls(struct build *body)
{
    sflow_put_ipv4(body, 0xcb007103);
    build_u32(body, 2);
    frame_label(body, 16001, 60, false);
    frame_label(body, 16002, 61, true);
    build_u32(body, 1);
    frame_label(body, 3, 62, true);
}

static void put_nat(struct build *body)
{
    sflow_put_ipv4(body, 0xcb007104);
    sflow_put_ipv4(body, 0xcb007105);
}

static void put_nat_ports(struct build *body)
{
    build_u32(body, 1024);
    build_u32(body, 8080);
}

static void put_vlan_tunnel(struct build *body)
{
    build_u32(body, 2);
    build_u32(body, 0x88a80064);
    build_u32(body, 0x810000c8);
}

/* What the cipher suite CCMP hid: an IPv4 packet behind SNAP. */
static void put_80211_payload(struct build *body)
{
    static const uint8_t SNAP[] = {0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00};
    struct build packet = {0};
    frame_ipv4(&packet, 6);
    frame_tcp(&packet, 0x18);
    build_u32(body, 0x000fac04);
    build_u32(body, (uint32_t)(sizeof SNAP + packet.size));
    build_bytes(body, SNAP, sizeof SNAP);
    build_bytes(body, packet.bytes, packet.size);
}

static void put_vni(struct build *body)
{
    build_u32(body, 5001);
}

static void put_raw_header(struct build *body)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    build_u32(body, 1);
    build_u32(body, 1518);
    build_u32(body, 4);
    build_u32(body, (uint32_t)frame.size);
    build_bytes(body, frame.bytes, frame.size);
}

/* Of an MPLS record the outgoing stack is not read. */
const struct sflow_example SFLOW_EXAMPLES[SFLOW_EXAMPLE_COUNT] = {
    {1, put_raw_header, 0},
    {2, put_ethernet, 0},
    {3, put_sampled_ipv4, 0},
    {4, put_sampled_ipv6, 0},
    {1001, put_switch, 0},
    {1002, put_router, 0},
    {1003, put_gateway, 0},
    {1006, put_mpls, 8},
    {1007, put_nat, 0},
    {1012, put_vlan_tunnel, 0},
    {1013, put_80211_payload, 0},
    {1020, put_nat_ports, 0},
    {1029, put_vni, 0},
    {1030, put_vni, 0},
};

void sflow_example_put(struct build *body, uint32_t format)
{
    for (size_t i = 0; i < SFLOW_EXAMPLE_COUNT; i++) {
        if (SFLOW_EXAMPLES[i].format == format) {
            SFLOW_EXAMPLES[i].put(body);
            return;
        }
    }
    abort();
}
