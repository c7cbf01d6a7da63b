/* SPDX-License-Identifier: BSD-3-Clause -- exporters behind a mediator. */
#include "ingest/decode/sampling_map.h"
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256
};

static struct flow_collector collector;
static struct packet packet;
static struct sampling_map *map;

static void start(bool uses_original)
{
    struct text_fault fault;
    cr_assert_eq(sampling_map_parse(&map, "192.0.2.1/32 7\n203.0.113.9/32 9\n", &fault), ERR_OK);
    struct decoder_options options = {.uses_original_exporter = uses_original, .sampling = map};
    collector_start_with(&collector, &options);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {0, 130, 4}, {0, 131, 16});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 1);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "::");
    build_u32(&packet.wire, 2);
    packet_address(&packet, "0.0.0.0");
    packet_address(&packet, "2001:db8::1");
    build_u32(&packet.wire, 3);
    packet_address(&packet, "0.0.0.0");
    packet_address(&packet, "::");
    packet_close_set(&packet);
    packet_close(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 3);
}

static void stop(void)
{
    collector_stop(&collector);
    sampling_map_destroy(&map);
}

static void check(size_t index, const char *exporter, uint64_t rate)
{
    const struct flow *flow = &collector.flows[index];
    cr_assert(flow_has(flow, FLOW_SAMPLER_ADDRESS));
    cr_assert_str_eq(collector_text(&flow->sampler_address), exporter);
    cr_assert_eq(flow_number(flow, FLOW_SAMPLING_RATE), rate);
}

TestSuite(original_exporter, .fini = stop);

Test(original_exporter, is_taken_from_the_record_where_it_is_wanted)
{
    start(true);
    check(0, "192.0.2.1", 7);
    check(1, "2001:db8::1", 0);
    check(2, "203.0.113.9", 9);
}

Test(original_exporter, is_the_sender_otherwise)
{
    start(false);
    check(0, "203.0.113.9", 9);
    check(1, "203.0.113.9", 9);
    check(2, "203.0.113.9", 9);
}
