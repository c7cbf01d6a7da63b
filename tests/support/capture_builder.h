/*
 * capture_builder.h -- builds capture files and the frames in them, so that a test reads as a file.
 *
 * A builder is a value with bounded room; what does not fit is a bug of the test and aborts.
 * Numbers go out in the builder's byte order; frames are always in network order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BUILD_MAX = 1 << 18
};

struct build {
    bool is_little_endian;
    size_t size;
    uint8_t bytes[BUILD_MAX];
};

void build_u8(struct build *build, uint8_t value);
void build_u16(struct build *build, uint16_t value);
void build_u32(struct build *build, uint32_t value);
void build_bytes(struct build *build, const void *bytes, size_t size);
void build_zeroes(struct build *build, size_t size);

/* UDP over IPv4 from 192.0.2.1:4000 to 198.51.100.2:2055, without a link layer. */
void build_udp4(struct build *build, const char *payload);
/* The same over IPv6 from 2001:db8::1 to 2001:db8::2. */
void build_udp6(struct build *build, const char *payload);

/* One IPv4 fragment of the UDP packet that build_udp4() makes; `size` 0: all that is left. */
void build_udp4_fragment(
    struct build *build, const char *payload, uint16_t id, uint16_t offset, uint16_t size);

void build_pcap_header(struct build *build, uint32_t magic, uint32_t link_type);
void build_pcap_record(
    struct build *build, uint32_t seconds, uint32_t ticks, const struct build *frame);

/* A pcapng block around `body`, padded to 32 bits. */
void build_block(struct build *build, uint32_t type, const struct build *body);
void build_section(struct build *build);
/* With if_tsresol where resolution is not 0. */
void build_interface(struct build *build, uint16_t link_type, uint8_t resolution);
void build_enhanced_packet(
    struct build *build, uint32_t interface, uint64_t ticks, const struct build *frame);

/* Writes what was built into a new file; its path is valid until the next call. */
const char *build_file(const struct build *build);
