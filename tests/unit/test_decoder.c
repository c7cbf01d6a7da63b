/* SPDX-License-Identifier: BSD-3-Clause -- what holds for datagrams of every protocol. */
#include "common/clock.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>

TestSuite(decoder, .init = fixture_start, .fini = fixture_stop);

Test(decoder, empty_datagram_is_counted)
{
    packet.wire.size = 0;
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_EMPTY);
}

Test(decoder, unknown_versions_are_counted)
{
    static const uint16_t VERSIONS[] = {0, 2, 3, 4, 6, 8, 11, 0x0500, UINT16_MAX};
    for (size_t i = 0; i < sizeof VERSIONS / sizeof VERSIONS[0]; i++) {
        packet.wire.size = 0;
        build_u16(&packet.wire, VERSIONS[i]);
        build_zeroes(&packet.wire, 100);
        collector_decode(&collector, &packet);
        cr_assert_eq(collector.status, DECODE_VERSION, "version %u", VERSIONS[i]);
    }
    collector_decode_part(&collector, &packet, 1);
    cr_assert_eq(collector.status, DECODE_VERSION);
}

Test(decoder, version_decides_not_the_port)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 1, 4});
    packet_open_set(&packet, 256);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.flow_count, 2);
    const struct decode_counters *counters = decoder_counters(collector.decoder);
    cr_assert_eq(counter_get(&counters->datagrams[FLOW_TYPE_NETFLOW5]), 1);
    cr_assert_eq(counter_get(&counters->datagrams[FLOW_TYPE_NETFLOW9]), 1);
    cr_assert_eq(counter_get(&counters->flows), 2);
}

Test(decoder, newcomers_beyond_the_limit_are_refused_and_the_known_ones_kept)
{
    fixture_restart(&(struct decoder_options){.max_exporters = 2});
    static const char *const SOURCES[] = {
        "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3"};
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    for (size_t i = 0; i < 5; i++) {
        collector.source = SOURCES[i];
        collector_decode(&collector, &packet);
    }
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT);
    cr_assert_eq(collector.flow_count, 4);
    collector.source = SOURCES[0];
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
}

Test(decoder, place_of_a_silent_exporter_goes_to_a_newcomer)
{
    fixture_restart(&(struct decoder_options){.max_exporters = 1});
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 1, 4});
    collector_decode(&collector, &packet);
    collector_decode(&collector, &packet);
    collector.source = "192.0.2.2";
    collector.received_ns += 600 * NS_PER_S;
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT);
    collector.received_ns += 1 * NS_PER_S;
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
    collector_decode(&collector, &packet);
    collector.source = "203.0.113.9"; /* comes back: refused, for the newcomer is alive */
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT);
}

/* Data whose template nobody has. */
static void send_noise(const char *source)
{
    collector.source = source;
    packet_netflow9(&packet);
    packet_open_set(&packet, 999);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

static void send_flow(const char *source)
{
    collector.source = source;
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
}

Test(decoder, place_of_noise_is_a_newcomer_s_after_a_minute)
{
    fixture_restart(&(struct decoder_options){.max_exporters = 1});
    send_noise("192.0.2.1");
    send_noise("192.0.2.1");
    collector.received_ns += 60 * NS_PER_S;
    send_flow("192.0.2.2");
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT);
    collector.received_ns += 1 * NS_PER_S;
    send_flow("192.0.2.2");
    cr_assert_eq(collector.status, DECODE_OK);
    send_flow("192.0.2.2");
    collector.received_ns += 61 * NS_PER_S;
    send_noise("192.0.2.1");
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT, "that one had a flow");
}

Test(decoder, source_of_one_datagram_gives_way_and_one_of_two_does_not)
{
    fixture_restart(&(struct decoder_options){.max_exporters = 2});
    send_flow("192.0.2.1");
    send_flow("192.0.2.1");
    static const char *const FORGED[] = {"198.51.100.1", "198.51.100.2", "198.51.100.3"};
    for (size_t i = 0; i < 3; i++) {
        send_flow(FORGED[i]);
        cr_assert_eq(collector.status, DECODE_OK);
    }
    send_flow("192.0.2.2");
    cr_assert_eq(collector.status, DECODE_OK, "a newcomer that is real");
    send_flow("192.0.2.2");
    send_flow(FORGED[0]);
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT, "both have sent two");
    send_flow("192.0.2.1");
    cr_assert_eq(collector.status, DECODE_OK);
}

/* Its data is lost with its place. */
Test(decoder, who_waits_for_a_template_is_no_noise)
{
    fixture_restart(&(struct decoder_options){
        .max_exporters = 1, .max_held_bytes = 1 << 16, .max_held_age_s = 600});
    send_noise("192.0.2.1");
    send_noise("192.0.2.1");
    collector.received_ns += 61 * NS_PER_S;
    send_flow("192.0.2.2");
    cr_assert_eq(collector.status, DECODE_EXPORTER_LIMIT);
}

static void remember(
    void *context, const struct address *address, const struct exporter_counters *counters)
{
    char *line = context;
    snprintf(line, 200, "%s %lu %lu %lu %lu", collector_text(address),
        (unsigned long)counter_get(&counters->versions[EXPORTER_NETFLOW9].datagrams),
        (unsigned long)counter_get(
            &counters->versions[EXPORTER_NETFLOW9].records[EXPORTER_SET_DATA]),
        (unsigned long)counter_get(&counters->missing_templates),
        (unsigned long)counter_get(&counters->flows));
}

Test(decoder, tells_what_each_exporter_sent)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 1, 4});
    packet_open_set(&packet, 256);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, 2);
    packet_close_set(&packet);
    packet_open_set(&packet, 999);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    char line[200];
    decoder_visit_exporters(collector.decoder, remember, line);
    cr_assert_str_eq(line, "203.0.113.9 1 2 1 2");
}

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

/* The allocator's books are the same after a thousand datagrams: templates known, nothing held. */
Test(decoder, datagrams_of_known_templates_allocate_nothing)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 8, 4}, {0, 1, 4}, {0, 22, 4});
    packet_open_set(&packet, 256);
    for (uint32_t i = 1; i <= 30; i++) {
        build_u32(&packet.wire, i);
        build_u32(&packet.wire, i);
        build_u32(&packet.wire, i);
    }
    packet_close_set(&packet);
    struct datagram datagram = {.bytes = packet.wire.bytes, .size = packet.wire.size};
    struct flow_sink sink = {.take = ignore};
    (void)decoder_decode(collector.decoder, &datagram, &sink);
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 1000; i++) {
        (void)decoder_decode(collector.decoder, &datagram, &sink);
    }
    struct mallinfo2 after = mallinfo2();
    cr_assert_eq(before.uordblks, after.uordblks);
    cr_assert_eq(before.arena, after.arena);
}

/* The dearest known: tiny templates by the thousand, and records of one byte. */
Test(decoder, no_datagram_of_64_kib_takes_long)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, 0);
    static const struct template_field FIELD = {0, 4, 1};
    for (uint16_t id = 256; packet.wire.size < 65000; id++) {
        packet_template(&packet, id, &FIELD, 1);
    }
    packet_close_set(&packet);
    uint64_t start_ns = cpu_clock_ns();
    collector_decode(&collector, &packet);
    packet_netflow9(&packet);
    packet_open_set(&packet, 256);
    while (packet.wire.size < 65000) {
        build_u8(&packet.wire, 6);
    }
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
    cr_assert_gt(collector.flow_count, 64000);
    cr_assert_lt(cpu_clock_ns() - start_ns, NS_PER_S); /* some ms; sanitizers are slow */
}
