/*
 * frame_builder.h -- builds packets header by header, outermost first, so that a test reads as one.
 *
 * Every header has fixed contents unless an argument says otherwise; the constants name them. No
 * lengths or checksums are filled in: the header parser must not need them.
 */
#pragma once

#include "tests/support/capture_builder.h"

#define FRAME_SRC_MAC UINT64_C(0x020000000001)
#define FRAME_DST_MAC UINT64_C(0x020000000002)

enum {
    FRAME_TOS = 0x28,
    FRAME_IPV4_TTL = 63,
    FRAME_IPV6_TTL = 62,
    FRAME_INNER_TTL = 9,
    FRAME_IPV4_ID = 0x1234,
    FRAME_FLOW_LABEL = 0xabcde,
    FRAME_SRC_PORT = 50000,
    FRAME_DST_PORT = 443
};

void frame_ethernet(struct build *frame, uint16_t etype);
void frame_tag(struct build *frame, uint16_t tag, uint16_t etype);
void frame_label(struct build *frame, uint32_t label, uint8_t ttl, bool is_bottom);

/* 192.0.2.1 to 198.51.100.2. */
void frame_ipv4(struct build *frame, uint8_t protocol);
/* The same with `fragment` as flags and offset, and this many words of options. */
void frame_ipv4_with(
    struct build *frame, uint8_t protocol, uint16_t fragment, uint8_t option_words);
/* 10.0.0.1 to 10.0.0.2. */
void frame_inner_ipv4(struct build *frame, uint8_t protocol);
/* 2001:db8::1 to 2001:db8::2. */
void frame_ipv6(struct build *frame, uint8_t next_header);
/* An IPv6 extension header of this many octets, a multiple of 8. */
void frame_extension(struct build *frame, uint8_t next_header, size_t size);

/* From FRAME_SRC_PORT to FRAME_DST_PORT. */
void frame_tcp(struct build *frame, uint16_t flags);
/* From FRAME_SRC_PORT. */
void frame_udp(struct build *frame, uint16_t dst_port);

/* Behind UDP; an Ethernet frame follows. Geneve has two words of options. */
void frame_vxlan(struct build *frame, uint32_t network);
void frame_geneve(struct build *frame, uint32_t network);

/* Ethernet, IPv4 and TCP: what most samples are. */
void frame_ordinary(struct build *frame);
