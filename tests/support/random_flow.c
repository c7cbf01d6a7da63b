/* SPDX-License-Identifier: BSD-3-Clause -- flows for tests and benchmarks. */
#include "tests/support/random_flow.h"

#include "common/flow_codec.h"
#include "common/flow_wire.h"

enum {
    FLOWS_A_DATAGRAM = 30
};

/* 2026-03-01 12:00:00 UTC. */
static const uint64_t EPOCH_S = 1772366400;

/* splitmix64 */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

/* 1 to max; each length in bits is as likely as any other. */
static uint64_t random_number(struct random *random, uint64_t max)
{
    uint64_t value = random_next(random) >> random_below(random, 64);
    if (random_below(random, 16) == 0) {
        return max;
    }
    value &= max;
    return value != 0 ? value : 1;
}

static struct address random_address(struct random *random)
{
    uint64_t words[2] = {random_next(random), random_next(random)};
    uint8_t bytes[16];
    memcpy(bytes, words, sizeof bytes);
    if (random_below(random, 8) == 0) {
        memset(bytes, 0, 8);
    }
    return random_below(random, 2) == 0 ? address_from_ipv4(bytes) : address_from_ipv6(bytes);
}

/* Short lists mostly, now and then a full one. */
static uint32_t random_count(struct random *random)
{
    bool is_long = random_below(random, 8) == 0;
    return 1 + (uint32_t)random_below(random, is_long ? FLOW_LIST_MAX : 6);
}

/* Short texts mostly, of any bytes but zeroes. */
static void random_text_map(struct random *random, struct text_map *map)
{
    uint32_t count = random_count(random);
    map->count = 0;
    map->size = 0;
    for (uint32_t i = 0; i < count; i++) {
        char text[300];
        bool is_long = random_below(random, 8) == 0;
        struct text_entry entry = {.key = text,
            .value = text + 20,
            .key_size = (uint16_t)(1 + random_below(random, 20)),
            .value_size = (uint16_t)random_below(random, is_long ? sizeof text - 20 : 20)};
        for (size_t j = 0; j < sizeof text; j++) {
            text[j] = (char)(1 + random_below(random, 255));
        }
        (void)text_map_append(map, &entry);
    }
}

static void random_text(struct random *random, struct flow *flow, enum flow_field field)
{
    char text[FLOW_TEXT_BYTES];
    bool is_long = random_below(random, 8) == 0;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(1 + random_below(random, 255));
    }
    flow_set_text(flow, field, text, 1 + random_below(random, is_long ? FLOW_TEXT_BYTES : 20));
}

void random_field(struct random *random, struct flow *flow, enum flow_field field)
{
    uint8_t *member = (uint8_t *)flow + FLOW_FIELDS[field].offset;
    struct number_list *numbers = (struct number_list *)member;
    struct address_list *addresses = (struct address_list *)member;
    flow_mark(flow, field, true);
    switch (FLOW_FIELDS[field].kind) {
    case FLOW_KIND_NUMBER:
        flow_set_number(flow, field, random_number(random, WIRE_MAX[field]));
        break;
    case FLOW_KIND_ADDRESS:
        *(struct address *)member = random_address(random);
        break;
    case FLOW_KIND_NUMBER_LIST:
        numbers->count = random_count(random);
        for (uint32_t i = 0; i < numbers->count; i++) {
            numbers->values[i] = (uint32_t)random_next(random) >> random_below(random, 32);
        }
        break;
    case FLOW_KIND_ADDRESS_LIST:
        addresses->count = random_count(random);
        for (uint32_t i = 0; i < addresses->count; i++) {
            addresses->values[i] = random_address(random);
        }
        break;
    case FLOW_KIND_TEXT:
        random_text(random, flow, field);
        break;
    case FLOW_KIND_TEXT_MAP:
        random_text_map(random, (struct text_map *)member);
        break;
    }
}

void random_flow(struct random *random, struct flow *flow, unsigned percent)
{
    flow_begin(flow);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        if (random_below(random, 100) < percent) {
            random_field(random, flow, (enum flow_field)i);
        }
    }
}

/* 10.0.0.0/16 */
static struct address random_host(struct random *random)
{
    uint64_t host = random_next(random);
    return address_from_ipv4((const uint8_t[]){10, 0, (uint8_t)host, (uint8_t)(host >> 8)});
}

static void begin_datagram(struct flow *flow, uint32_t index)
{
    uint32_t datagram = index / FLOWS_A_DATAGRAM;
    struct address sampler = address_from_ipv4((const uint8_t[]){192, 0, 2, 1 + datagram % 4});
    flow_begin(flow);
    flow_set_type(flow, FLOW_TYPE_NETFLOW5);
    flow_set_time_received(flow, EPOCH_S + datagram / 1000);
    flow_set_sampling_rate(flow, 1000);
    flow_set_sampling_source(flow, FLOW_SAMPLING_HEADER);
    flow_set_sequence_num(flow, 1000000 + index);
    flow_set_sampler_address(flow, &sampler);
    flow_set_observation_domain_id(flow, 257);
    flow_set_etype(flow, 0x800);
    flow_fix(flow);
}

static void set_times(struct random *random, struct flow *flow, uint32_t index)
{
    uint64_t end_ms = (EPOCH_S + index / 30000) * 1000 - random_below(random, 10000);
    uint64_t start_ms = end_ms - random_below(random, 60000);
    flow_set_time_flow_start(flow, start_ms / 1000);
    flow_set_time_flow_end(flow, end_ms / 1000);
    flow_set_time_flow_start_ns(flow, start_ms * 1000000);
    flow_set_time_flow_end_ns(flow, end_ms * 1000000);
}

void random_netflow5(struct random *random, struct flow *flow, uint32_t index)
{
    if (index % FLOWS_A_DATAGRAM == 0) {
        begin_datagram(flow, index);
    }
    flow_reset(flow);
    set_times(random, flow, index);
    bool is_tcp = random_below(random, 5) != 0;
    struct address src = random_host(random);
    struct address dst = random_host(random);
    struct address next_hop = address_from_ipv4((const uint8_t[]){192, 0, 2, 254});
    uint64_t packets = 1 + random_below(random, 200);
    flow_set_packets(flow, packets);
    flow_set_bytes(flow, packets * (40 + random_below(random, 1400)));
    flow_set_src_addr(flow, &src);
    flow_set_dst_addr(flow, &dst);
    flow_set_next_hop(flow, &next_hop);
    flow_set_proto(flow, is_tcp ? 6 : 17);
    flow_set_tcp_flags(flow, is_tcp ? 0x1b : 0);
    flow_set_src_port(flow, 1024 + random_below(random, 60000));
    flow_set_dst_port(flow, random_below(random, 2) == 0 ? 443 : 53);
    flow_set_in_if(flow, 1 + random_below(random, 4));
    flow_set_out_if(flow, 1 + random_below(random, 4));
    flow_set_src_as(flow, 64512 + random_below(random, 100));
    flow_set_dst_as(flow, 64612 + random_below(random, 100));
    flow_set_src_net(flow, 24);
    flow_set_dst_net(flow, 16);
}

size_t random_netflow5_batch(struct random *random, uint8_t *out, uint32_t count)
{
    static struct flow flow;
    struct flow_packer packer = {0};
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t packed[FLOW_PACKED_MAX];
        random_netflow5(random, &flow, i);
        size_t flow_size = flow_pack(&packer, &flow, packed);
        memcpy(out + size, packed, flow_size);
        size += flow_size;
    }
    return size;
}

static bool field_equal(const struct flow *a, const struct flow *b, enum flow_field field)
{
    const uint8_t *in_a = (const uint8_t *)a + FLOW_FIELDS[field].offset;
    const uint8_t *in_b = (const uint8_t *)b + FLOW_FIELDS[field].offset;
    const struct number_list *numbers = (const struct number_list *)in_a;
    const struct address_list *addresses = (const struct address_list *)in_a;
    const struct text_map *map = (const struct text_map *)in_a;
    const struct flow_text *text = (const struct flow_text *)in_a;
    switch (FLOW_FIELDS[field].kind) {
    case FLOW_KIND_NUMBER:
        return memcmp(in_a, in_b, sizeof(uint64_t)) == 0;
    case FLOW_KIND_ADDRESS:
        return memcmp(in_a, in_b, sizeof(struct address)) == 0;
    case FLOW_KIND_NUMBER_LIST:
        return memcmp(in_a, in_b, sizeof numbers->count + 4 * numbers->count) == 0;
    case FLOW_KIND_TEXT:
        return memcmp(in_a, in_b, offsetof(struct flow_text, bytes) + text->size) == 0;
    case FLOW_KIND_TEXT_MAP:
        return memcmp(in_a, in_b, offsetof(struct text_map, bytes) + map->size) == 0;
    default:
        return memcmp(in_a, in_b, sizeof addresses->count + 16 * addresses->count) == 0;
    }
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        enum flow_field field = (enum flow_field)i;
        if (flow_has(a, field) != flow_has(b, field)) {
            return false;
        }
        if (flow_has(a, field) && !field_equal(a, b, field)) {
            return false;
        }
    }
    return true;
}
