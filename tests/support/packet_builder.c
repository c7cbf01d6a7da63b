/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow and IPFIX datagrams for tests. */
#include "tests/support/packet_builder.h"

#include "common/address.h"

#include <stdlib.h>

enum {
    SET_HEADER_SIZE = 4,
    IPFIX_LENGTH_AT = 2,
    OPTIONS_TEMPLATES_NETFLOW9 = 1,
    OPTIONS_TEMPLATES_IPFIX = 3,
    FIELD_SIZE = 4
};

static void begin(struct packet *packet, uint16_t version)
{
    packet->wire.size = 0;
    packet->wire.is_little_endian = false;
    build_u16(&packet->wire, version);
}

static uint16_t version_of(const struct packet *packet)
{
    return packet->wire.bytes[1];
}

void packet_netflow5(struct packet *packet, uint16_t count, uint16_t sampling)
{
    begin(packet, 5);
    build_u16(&packet->wire, count);
    build_u32(&packet->wire, PACKET_UPTIME_MS);
    build_u32(&packet->wire, PACKET_EXPORT_S);
    build_u32(&packet->wire, 250000000);
    build_u32(&packet->wire, PACKET_SEQUENCE);
    build_u8(&packet->wire, 1);
    build_u8(&packet->wire, 2);
    build_u16(&packet->wire, sampling);
}

void packet_netflow9(struct packet *packet)
{
    begin(packet, 9);
    build_u16(&packet->wire, 1);
    build_u32(&packet->wire, PACKET_UPTIME_MS);
    build_u32(&packet->wire, PACKET_EXPORT_S);
    build_u32(&packet->wire, PACKET_SEQUENCE);
    build_u32(&packet->wire, PACKET_DOMAIN);
}

void packet_ipfix(struct packet *packet)
{
    begin(packet, 10);
    build_u16(&packet->wire, 0);
    build_u32(&packet->wire, PACKET_EXPORT_S);
    build_u32(&packet->wire, PACKET_SEQUENCE);
    build_u32(&packet->wire, PACKET_DOMAIN);
}

void packet_close(struct packet *packet)
{
    packet_overwrite(packet, IPFIX_LENGTH_AT, (uint16_t)packet->wire.size);
}

void packet_netflow5_record(struct packet *packet, uint8_t last)
{
    struct build *wire = &packet->wire;
    packet_address(packet, "192.0.2.0");
    wire->bytes[wire->size - 1] = last;
    packet_address(packet, "198.51.100.7");
    packet_address(packet, "203.0.113.254");
    build_u16(wire, 3);
    build_u16(wire, 4);
    build_u32(wire, 10);
    build_u32(wire, 1500);
    build_u32(wire, PACKET_UPTIME_MS - 3000);
    build_u32(wire, PACKET_UPTIME_MS - 1000);
    build_u16(wire, 1024);
    build_u16(wire, 443);
    build_u8(wire, 0);
    build_u8(wire, 0x1b);
    build_u8(wire, 6);
    build_u8(wire, 0x28);
    build_u16(wire, 64512);
    build_u16(wire, 64513);
    build_u8(wire, 24);
    build_u8(wire, 16);
    build_u16(wire, 0);
}

void packet_open_set(struct packet *packet, uint16_t id)
{
    packet->set_at = packet->wire.size;
    build_u16(&packet->wire, id);
    build_u16(&packet->wire, 0);
}

void packet_close_set(struct packet *packet)
{
    packet_overwrite(packet, packet->set_at + 2, (uint16_t)(packet->wire.size - packet->set_at));
}

static void write_fields(struct packet *packet, const struct template_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool has_pen = fields[i].pen != 0;
        build_u16(&packet->wire, (uint16_t)(fields[i].id | (has_pen ? 0x8000 : 0)));
        build_u16(&packet->wire, fields[i].length);
        if (has_pen) {
            build_u32(&packet->wire, fields[i].pen);
        }
    }
}

void packet_template(
    struct packet *packet, uint16_t id, const struct template_field *fields, size_t count)
{
    build_u16(&packet->wire, id);
    build_u16(&packet->wire, (uint16_t)count);
    write_fields(packet, fields, count);
}

void packet_options_template(struct packet *packet, uint16_t id, size_t scopes,
    const struct template_field *fields, size_t count)
{
    bool is_ipfix = version_of(packet) == 10;
    packet_open_set(packet, is_ipfix ? OPTIONS_TEMPLATES_IPFIX : OPTIONS_TEMPLATES_NETFLOW9);
    build_u16(&packet->wire, id);
    if (is_ipfix) {
        build_u16(&packet->wire, (uint16_t)count);
        build_u16(&packet->wire, (uint16_t)scopes);
    } else {
        build_u16(&packet->wire, (uint16_t)(scopes * FIELD_SIZE));
        build_u16(&packet->wire, (uint16_t)((count - scopes) * FIELD_SIZE));
    }
    write_fields(packet, fields, count);
    packet_close_set(packet);
}

void packet_padded_set(struct packet *packet, uint16_t id, uint32_t records, size_t size)
{
    packet_open_set(packet, id);
    for (uint32_t i = 0; i < records; i++) {
        build_u32(&packet->wire, 1);
    }
    build_zeroes(&packet->wire, size - 4 * records);
    packet_close_set(packet);
}

void packet_u64(struct packet *packet, uint64_t value)
{
    packet_number(packet, value, 8);
}

void packet_number(struct packet *packet, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        build_u8(&packet->wire, (uint8_t)(value >> (i - 1) * 8));
    }
}

void packet_address(struct packet *packet, const char *text)
{
    struct address address;
    if (address_parse(&address, text) != ERR_OK) {
        abort(); /* the test's own mistake */
    }
    if (address_is_ipv4(&address)) {
        build_bytes(&packet->wire, address.bytes + 12, 4);
    } else {
        build_bytes(&packet->wire, address.bytes, 16);
    }
}

void packet_overwrite(struct packet *packet, size_t at, uint16_t value)
{
    packet->wire.bytes[at] = (uint8_t)(value >> 8);
    packet->wire.bytes[at + 1] = (uint8_t)value;
}
