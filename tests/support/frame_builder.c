/* SPDX-License-Identifier: BSD-3-Clause -- builds packets header by header. */
#include "tests/support/frame_builder.h"

static const uint8_t OUTER_SRC[] = {192, 0, 2, 1};
static const uint8_t OUTER_DST[] = {198, 51, 100, 2};
static const uint8_t INNER_SRC[] = {10, 0, 0, 1};
static const uint8_t INNER_DST[] = {10, 0, 0, 2};

static void put_mac(struct build *frame, uint64_t mac)
{
    build_u16(frame, (uint16_t)(mac >> 32));
    build_u32(frame, (uint32_t)mac);
}

void frame_ethernet(struct build *frame, uint16_t etype)
{
    put_mac(frame, FRAME_DST_MAC);
    put_mac(frame, FRAME_SRC_MAC);
    build_u16(frame, etype);
}

void frame_tag(struct build *frame, uint16_t tag, uint16_t etype)
{
    build_u16(frame, tag);
    build_u16(frame, etype);
}

void frame_label(struct build *frame, uint32_t label, uint8_t ttl, bool is_bottom)
{
    build_u32(frame, label << 12 | (uint32_t)is_bottom << 8 | ttl);
}

static void put_ipv4(
    struct build *frame, uint8_t protocol, uint16_t fragment, uint8_t option_words, uint8_t ttl)
{
    build_u8(frame, (uint8_t)(0x45 + option_words));
    build_u8(frame, FRAME_TOS);
    build_u16(frame, 0);
    build_u16(frame, FRAME_IPV4_ID);
    build_u16(frame, fragment);
    build_u8(frame, ttl);
    build_u8(frame, protocol);
    build_u16(frame, 0);
}

void frame_ipv4_with(struct build *frame, uint8_t protocol, uint16_t fragment, uint8_t option_words)
{
    put_ipv4(frame, protocol, fragment, option_words, FRAME_IPV4_TTL);
    build_bytes(frame, OUTER_SRC, sizeof OUTER_SRC);
    build_bytes(frame, OUTER_DST, sizeof OUTER_DST);
    build_zeroes(frame, (size_t)option_words * 4);
}

void frame_ipv4(struct build *frame, uint8_t protocol)
{
    frame_ipv4_with(frame, protocol, 0, 0);
}

void frame_inner_ipv4(struct build *frame, uint8_t protocol)
{
    put_ipv4(frame, protocol, 0, 0, FRAME_INNER_TTL);
    build_bytes(frame, INNER_SRC, sizeof INNER_SRC);
    build_bytes(frame, INNER_DST, sizeof INNER_DST);
}

static void put_ipv6_address(struct build *frame, uint8_t last)
{
    build_u32(frame, 0x20010db8);
    build_zeroes(frame, 11);
    build_u8(frame, last);
}

void frame_ipv6(struct build *frame, uint8_t next_header)
{
    build_u32(frame, UINT32_C(6) << 28 | (uint32_t)FRAME_TOS << 20 | FRAME_FLOW_LABEL);
    build_u16(frame, 0);
    build_u8(frame, next_header);
    build_u8(frame, FRAME_IPV6_TTL);
    put_ipv6_address(frame, 1);
    put_ipv6_address(frame, 2);
}

void frame_extension(struct build *frame, uint8_t next_header, size_t size)
{
    build_u8(frame, next_header);
    build_u8(frame, (uint8_t)(size / 8 - 1));
    build_zeroes(frame, size - 2);
}

void frame_tcp(struct build *frame, uint16_t flags)
{
    build_u16(frame, FRAME_SRC_PORT);
    build_u16(frame, FRAME_DST_PORT);
    build_zeroes(frame, 8);
    build_u16(frame, (uint16_t)(5 << 12 | flags));
    build_zeroes(frame, 6);
}

void frame_udp(struct build *frame, uint16_t dst_port)
{
    build_u16(frame, FRAME_SRC_PORT);
    build_u16(frame, dst_port);
    build_zeroes(frame, 4);
}

void frame_vxlan(struct build *frame, uint32_t network)
{
    build_u32(frame, 0x08000000);
    build_u32(frame, network << 8);
}

void frame_geneve(struct build *frame, uint32_t network)
{
    build_u32(frame, 0x02006558);
    build_u32(frame, network << 8);
    build_zeroes(frame, 8);
}

void frame_ordinary(struct build *frame)
{
    frame_ethernet(frame, 0x0800);
    frame_ipv4(frame, 6);
    frame_tcp(frame, 0x18);
}
