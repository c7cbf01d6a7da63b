/* SPDX-License-Identifier: BSD-3-Clause -- who tells a record's sampling rate, source by source. */
#include "ingest/decode/sampling_map.h"
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    OPTIONS_ID = 300,
    INTERFACE = 5,
    OTHER_INTERFACE = 6,
    SAMPLER = 3
};

TestSuite(sampling_sources, .init = fixture_start, .fini = fixture_stop);

static void decode(void)
{
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_OK);
}

/* An options record with these two fields of four bytes. */
static void tell(uint16_t scope, uint32_t scope_value, uint16_t field, uint32_t value)
{
    const struct template_field fields[] = {{0, scope, 4}, {0, field, 4}};
    packet_ipfix(&packet);
    packet_options_template(&packet, OPTIONS_ID, 1, fields, 2);
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, scope_value);
    build_u32(&packet.wire, value);
    packet_close_set(&packet);
    decode();
}

/* A record's fields: rate, sampler, interfaces in and out, direction; 0: not told. */
struct sampled {
    uint32_t rate;
    uint32_t sampler;
    uint32_t in_if;
    uint32_t out_if;
    uint8_t direction;
};

static void expect(struct sampled record, uint64_t rate, enum flow_sampling_source source)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 34, 4}, {0, 48, 4}, {0, 10, 4}, {0, 14, 4},
        {0, 61, 1}, {0, 1, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, record.rate);
    build_u32(&packet.wire, record.sampler);
    build_u32(&packet.wire, record.in_if);
    build_u32(&packet.wire, record.out_if);
    build_u8(&packet.wire, record.direction);
    build_u32(&packet.wire, 1500);
    packet_close_set(&packet);
    collector.flow_count = 0;
    decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), rate);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), source);
}

Test(sampling_sources, each_gives_way_to_the_one_before)
{
    const struct sampled silent = {.in_if = INTERFACE};
    expect(silent, 0, FLOW_SAMPLING_UNKNOWN);
    tell(149, PACKET_DOMAIN, 34, 10);
    expect(silent, 10, FLOW_SAMPLING_OPTIONS);
    tell(48, SAMPLER, 50, 20);
    tell(10, INTERFACE, 48, SAMPLER);
    expect(silent, 20, FLOW_SAMPLING_OPTIONS);
    tell(10, INTERFACE, 34, 30);
    expect(silent, 30, FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.in_if = INTERFACE, .sampler = SAMPLER}, 20, FLOW_SAMPLING_SAMPLER);
    expect((struct sampled){.in_if = INTERFACE, .sampler = SAMPLER, .rate = 7}, 7,
        FLOW_SAMPLING_RECORD);
}

Test(sampling_sources, operator_s_default_is_last_and_his_override_first)
{
    static const struct {
        const char *map;
        uint64_t untold, told;
        enum flow_sampling_source untold_source, told_source;
    } CASES[] = {
        {"0.0.0.0/0 99", 99, 7, FLOW_SAMPLING_DEFAULT, FLOW_SAMPLING_RECORD},
        {"0.0.0.0/0 99 override", 99, 99, FLOW_SAMPLING_OVERRIDE, FLOW_SAMPLING_OVERRIDE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sampling_map *map = NULL;
        struct text_fault fault;
        cr_assert_eq(sampling_map_parse(&map, CASES[i].map, &fault), ERR_OK);
        decoder_use_sampling_map(collector.decoder, map);
        expect((struct sampled){.rate = 0}, CASES[i].untold, CASES[i].untold_source);
        expect((struct sampled){.rate = 7}, CASES[i].told, CASES[i].told_source);
        decoder_use_sampling_map(collector.decoder, NULL);
        sampling_map_destroy(&map);
    }
}

Test(sampling_sources, sampler_is_bound_before_or_after_it_is_described)
{
    tell(10, INTERFACE, 48, SAMPLER);
    expect((struct sampled){.in_if = INTERFACE}, 0, FLOW_SAMPLING_UNKNOWN);
    tell(302, SAMPLER, 34, 100);
    tell(302, SAMPLER + 1, 34, 200); /* so that the domain has no single rate */
    expect((struct sampled){.in_if = INTERFACE}, 100, FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.in_if = OTHER_INTERFACE}, 0, FLOW_SAMPLING_UNKNOWN);
    tell(10, INTERFACE, 302, SAMPLER + 1);
    expect((struct sampled){.in_if = INTERFACE}, 200, FLOW_SAMPLING_OPTIONS);
    tell(10, INTERFACE, 302, 0);
    expect((struct sampled){.in_if = INTERFACE}, 0, FLOW_SAMPLING_UNKNOWN);
}

Test(sampling_sources, interface_of_a_flow_is_where_it_was_sampled)
{
    tell(10, INTERFACE, 34, 100);
    tell(14, OTHER_INTERFACE, 34, 200);
    expect((struct sampled){.in_if = INTERFACE, .out_if = OTHER_INTERFACE}, 100,
        FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.in_if = INTERFACE, .out_if = OTHER_INTERFACE, .direction = 1}, 200,
        FLOW_SAMPLING_OPTIONS);
}

Test(sampling_sources, interface_need_not_be_the_scope)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 149, 4}, {0, 10, 4}, {0, 34, 4});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, PACKET_DOMAIN);
    build_u32(&packet.wire, INTERFACE);
    build_u32(&packet.wire, 400);
    packet_close_set(&packet);
    decode();
    expect((struct sampled){.in_if = INTERFACE}, 400, FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.in_if = OTHER_INTERFACE}, 0, FLOW_SAMPLING_UNKNOWN);
}

Test(sampling_sources, one_record_binds_a_sampler_and_tells_its_rate)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 10, 4}, {0, 48, 1}, {0, 50, 4});
    packet_open_set(&packet, OPTIONS_ID);
    for (uint32_t sampler = 1; sampler <= 2; sampler++) {
        build_u32(&packet.wire, INTERFACE + sampler);
        build_u8(&packet.wire, (uint8_t)sampler);
        build_u32(&packet.wire, sampler * 100);
    }
    packet_close_set(&packet);
    decode();
    expect((struct sampled){.in_if = INTERFACE + 1}, 100, FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.in_if = INTERFACE + 2}, 200, FLOW_SAMPLING_OPTIONS);
    expect((struct sampled){.sampler = 2}, 200, FLOW_SAMPLING_SAMPLER);
}
