/* SPDX-License-Identifier: BSD-3-Clause -- records that hold a list, for tests. */
#include "tests/support/listed_record.h"

#include <assert.h>

struct build list;
struct flow_collector listed;

static struct packet packet;

void listed_start(const struct decoder_options *options)
{
    collector_start_with(&listed, options);
    list.size = 0;
}

void listed_stop(void)
{
    collector_stop(&listed);
}

void listed_announce(void)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, LISTED_INNER, {0, 56, 6}, {0, 7, 2}, {0, 11, 2});
    PACKET_TEMPLATE(
        &packet, 2, LISTED_MIDDLE, {0, 82, LIST_VARIABLE}, {0, 292, LIST_VARIABLE}, {0, 11, 2});
    packet_close(&packet);
    collector_decode(&listed, &packet);
    assert(listed.status == DECODE_OK);
}

const struct flow *listed_decode_part(uint16_t kind, size_t size)
{
    const struct template_field fields[] = {{0, 7, 2}, {0, kind, LIST_VARIABLE}, {0, 1, 4}};
    packet_ipfix(&packet);
    packet_open_set(&packet, 2);
    packet_template(&packet, LISTED_OUTER, fields, 3);
    packet_close_set(&packet);
    packet_open_set(&packet, LISTED_OUTER);
    build_u16(&packet.wire, 0);
    build_u8(&packet.wire, (uint8_t)size);
    build_bytes(&packet.wire, list.bytes, size);
    build_u32(&packet.wire, LISTED_BYTES);
    packet_close_set(&packet);
    packet_close(&packet);
    listed.flow_count = 0;
    collector_decode(&listed, &packet);
    assert(listed.status == DECODE_OK); /* a list costs no record */
    assert(listed.flow_count == 1);
    assert(flow_number(&listed.flows[0], FLOW_BYTES) == LISTED_BYTES);
    return &listed.flows[0];
}

const struct flow *listed_decode(uint16_t kind)
{
    assert(list.size <= LIST_MAX);
    return listed_decode_part(kind, list.size);
}

void list_open_basic(uint16_t element, uint16_t length)
{
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, element);
    build_u16(&list, length);
}

void list_put_number(uint64_t value, size_t size)
{
    while (size-- > 0) {
        build_u8(&list, (uint8_t)(value >> 8 * size));
    }
}
