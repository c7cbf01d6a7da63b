/* SPDX-License-Identifier: BSD-3-Clause -- builds capture files and the frames in them. */
#include "tests/support/capture_builder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    IPV4_HEADER = 20,
    UDP_HEADER = 8,
    PROTOCOL_UDP = 17
};

void build_bytes(struct build *build, const void *bytes, size_t size)
{
    assert(size <= BUILD_MAX - build->size);
    memcpy(build->bytes + build->size, bytes, size);
    build->size += size;
}

void build_zeroes(struct build *build, size_t size)
{
    assert(size <= BUILD_MAX - build->size);
    memset(build->bytes + build->size, 0, size);
    build->size += size;
}

void build_u8(struct build *build, uint8_t value)
{
    build_bytes(build, &value, 1);
}

void build_u16(struct build *build, uint16_t value)
{
    uint8_t high = (uint8_t)(value >> 8);
    uint8_t low = (uint8_t)value;
    build_u8(build, build->is_little_endian ? low : high);
    build_u8(build, build->is_little_endian ? high : low);
}

void build_u32(struct build *build, uint32_t value)
{
    uint16_t high = (uint16_t)(value >> 16);
    uint16_t low = (uint16_t)value;
    build_u16(build, build->is_little_endian ? low : high);
    build_u16(build, build->is_little_endian ? high : low);
}

static void build_udp_header(struct build *build, size_t payload_size)
{
    build_u16(build, 4000);
    build_u16(build, 2055);
    build_u16(build, (uint16_t)(UDP_HEADER + payload_size));
    build_u16(build, 0);
}

static void build_ipv4_header(
    struct build *build, size_t payload_size, uint16_t id, uint16_t flags_and_offset)
{
    static const uint8_t SOURCE[4] = {192, 0, 2, 1};
    static const uint8_t DESTINATION[4] = {198, 51, 100, 2};
    build_u8(build, 0x45);
    build_u8(build, 0);
    build_u16(build, (uint16_t)(IPV4_HEADER + payload_size));
    build_u16(build, id);
    build_u16(build, flags_and_offset);
    build_u8(build, 64);
    build_u8(build, PROTOCOL_UDP);
    build_u16(build, 0);
    build_bytes(build, SOURCE, sizeof SOURCE);
    build_bytes(build, DESTINATION, sizeof DESTINATION);
}

void build_udp4(struct build *build, const char *payload)
{
    size_t size = strlen(payload);
    build_ipv4_header(build, UDP_HEADER + size, 1, 0);
    build_udp_header(build, size);
    build_bytes(build, payload, size);
}

void build_udp6(struct build *build, const char *payload)
{
    static const uint8_t PREFIX[15] = {0x20, 0x01, 0x0d, 0xb8};
    size_t size = strlen(payload);
    build_u32(build, UINT32_C(6) << 28);
    build_u16(build, (uint16_t)(UDP_HEADER + size));
    build_u8(build, PROTOCOL_UDP);
    build_u8(build, 64);
    for (uint8_t host = 1; host <= 2; host++) {
        build_bytes(build, PREFIX, sizeof PREFIX);
        build_u8(build, host);
    }
    build_udp_header(build, size);
    build_bytes(build, payload, size);
}

void build_udp4_fragment(
    struct build *build, const char *payload, uint16_t id, uint16_t offset, uint16_t size)
{
    struct build whole = {.size = 0};
    build_udp4(&whole, payload);
    size_t left = whole.size - IPV4_HEADER - offset;
    bool has_more = size != 0 && size < left;
    size_t part = has_more ? size : left;
    build_ipv4_header(build, part, id, (uint16_t)(offset / 8 | (has_more ? 0x2000 : 0)));
    build_bytes(build, whole.bytes + IPV4_HEADER + offset, part);
}

void build_pcap_header(struct build *build, uint32_t magic, uint32_t link_type)
{
    build_u32(build, magic);
    build_u16(build, 2);
    build_u16(build, 4);
    build_zeroes(build, 8);
    build_u32(build, 262144);
    build_u32(build, link_type);
}

void build_pcap_record(
    struct build *build, uint32_t seconds, uint32_t ticks, const struct build *frame)
{
    build_u32(build, seconds);
    build_u32(build, ticks);
    build_u32(build, (uint32_t)frame->size);
    build_u32(build, (uint32_t)frame->size);
    build_bytes(build, frame->bytes, frame->size);
}

void build_block(struct build *build, uint32_t type, const struct build *body)
{
    size_t padding = (4 - body->size % 4) % 4;
    uint32_t total = (uint32_t)(body->size + padding + 12);
    build_u32(build, type);
    build_u32(build, total);
    build_bytes(build, body->bytes, body->size);
    build_zeroes(build, padding);
    build_u32(build, total);
}

void build_section(struct build *build)
{
    struct build body = {.is_little_endian = build->is_little_endian};
    build_u32(&body, 0x1a2b3c4d);
    build_u32(&body, 0x00010000);
    build_u32(&body, UINT32_MAX);
    build_u32(&body, UINT32_MAX);
    build_block(build, 0x0a0d0d0a, &body);
}

void build_interface(struct build *build, uint16_t link_type, uint8_t resolution)
{
    struct build body = {.is_little_endian = build->is_little_endian};
    build_u16(&body, link_type);
    build_u16(&body, 0);
    build_u32(&body, 0);
    if (resolution != 0) {
        build_u16(&body, 9);
        build_u16(&body, 1);
        build_u8(&body, resolution);
        build_zeroes(&body, 3);
        build_u32(&body, 0);
    }
    build_block(build, 1, &body);
}

void build_enhanced_packet(
    struct build *build, uint32_t interface, uint64_t ticks, const struct build *frame)
{
    struct build body = {.is_little_endian = build->is_little_endian};
    build_u32(&body, interface);
    build_u32(&body, (uint32_t)(ticks >> 32));
    build_u32(&body, (uint32_t)ticks);
    build_u32(&body, (uint32_t)frame->size);
    build_u32(&body, (uint32_t)frame->size);
    build_bytes(&body, frame->bytes, frame->size);
    build_block(build, 6, &body);
}

const char *build_file(const struct build *build)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "%s", "/tmp/capture-XXXXXX");
    int fd = mkstemp(path);
    assert(fd >= 0);
    ssize_t written = write(fd, build->bytes, build->size);
    assert(written == (ssize_t)build->size);
    (void)close(fd);
    return path;
}
