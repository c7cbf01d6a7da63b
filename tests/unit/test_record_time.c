/* SPDX-License-Identifier: BSD-3-Clause -- every way of writing a time. */
#include "ingest/decode/record_time.h"

#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256
};

/* 1700000000.5 as an NTP timestamp. */
#define NTP_HALF_PAST ((UINT64_C(1700000000) + UINT64_C(2208988800)) << 32 | UINT64_C(0x80000000))
#define EXPORT_NS     (UINT64_C(1700000000000000000))

TestSuite(record_time, .init = fixture_start_ipfix, .fini = fixture_stop);

/* Writes one record of these values and decodes it. */
static const struct flow *decode(const uint64_t *values, const size_t *sizes, size_t count)
{
    packet_open_set(&packet, TEMPLATE_ID);
    for (size_t i = 0; i < count; i++) {
        packet_number(&packet, values[i], sizes[i]);
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    return &collector.flows[0];
}

static void check(const struct flow *flow, uint64_t start_ns, uint64_t end_ns)
{
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START_NS), start_ns);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END_NS), end_ns);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), start_ns / UINT64_C(1000000000));
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END), end_ns / UINT64_C(1000000000));
}

Test(record_time, seconds)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 150, 4}, {0, 151, 4});
    const struct flow *flow = decode((uint64_t[]){1699999990, 1699999999}, (size_t[]){4, 4}, 2);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), 1699999990);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END), 1699999999);
}

Test(record_time, milliseconds)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 152, 8}, {0, 153, 8});
    check(
        decode((uint64_t[]){UINT64_C(1699999990123), UINT64_C(1699999999456)}, (size_t[]){8, 8}, 2),
        UINT64_C(1699999990123000000), UINT64_C(1699999999456000000));
}

Test(record_time, microseconds_are_ntp_without_the_noise_bits)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 154, 8}, {0, 155, 8});
    check(decode((uint64_t[]){NTP_HALF_PAST | 0x7ff, NTP_HALF_PAST}, (size_t[]){8, 8}, 2),
        EXPORT_NS + 500000000, EXPORT_NS + 500000000);
}

Test(record_time, nanoseconds_are_ntp)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 156, 8}, {0, 157, 8});
    check(decode((uint64_t[]){NTP_HALF_PAST, NTP_HALF_PAST + 5}, (size_t[]){8, 8}, 2),
        EXPORT_NS + 500000000, EXPORT_NS + 500000001);
}

Test(record_time, ntp_of_the_era_after_2036)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 156, 8}, {0, 157, 8});
    check(decode((uint64_t[]){UINT64_C(1) << 32, UINT64_C(2) << 32}, (size_t[]){8, 8}, 2),
        UINT64_C(2085978497000000000), UINT64_C(2085978498000000000));
}

Test(record_time, microseconds_before_the_export)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 158, 4}, {0, 159, 4});
    check(decode((uint64_t[]){2500000, 1}, (size_t[]){4, 4}, 2), EXPORT_NS - 2500000000,
        EXPORT_NS - 1000);
}

Test(record_time, uptime_counts_from_a_system_init_that_comes_last)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4}, {0, 160, 8});
    check(decode((uint64_t[]){1000, 2500, UINT64_C(1699996400000)}, (size_t[]){4, 4, 8}, 3),
        UINT64_C(1699996401000000000), UINT64_C(1699996402500000000));
}

Test(record_time, uptime_counts_from_a_system_init_that_comes_first)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 160, 8}, {0, 22, 4}, {0, 21, 4});
    check(decode((uint64_t[]){UINT64_C(1699996400000), 1000, 2500}, (size_t[]){8, 4, 4}, 3),
        UINT64_C(1699996401000000000), UINT64_C(1699996402500000000));
}

Test(record_time, uptime_that_has_wrapped_counts_from_the_last_wrap)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 160, 8}, {0, 22, 4}, {0, 21, 4});
    uint64_t init_ms = UINT64_C(1700000000000) - (UINT64_C(1) << 32) - 5000;
    check(decode((uint64_t[]){init_ms, 1000, 4000}, (size_t[]){8, 4, 4}, 3), EXPORT_NS - 4000000000,
        EXPORT_NS - 1000000000);
}

Test(record_time, uptime_without_a_system_init_falls_back_to_the_export_time)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4});
    const struct flow *flow = decode((uint64_t[]){1000, 2500}, (size_t[]){4, 4}, 2);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), PACKET_EXPORT_S);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END), PACKET_EXPORT_S);
}

Test(record_time, zero_is_no_time)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 152, 8}, {0, 153, 8}, {0, 1, 1});
    const struct flow *flow = decode((uint64_t[]){0, 0, 1}, (size_t[]){8, 8, 1}, 3);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), PACKET_EXPORT_S);
}

Test(record_time, duration_gives_the_missing_end)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 161, 4}, {0, 152, 8});
    check(decode((uint64_t[]){1500, UINT64_C(1699999990000)}, (size_t[]){4, 8}, 2),
        UINT64_C(1699999990000000000), UINT64_C(1699999991500000000));
}

Test(record_time, observation_time_is_both_start_and_end)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 323, 8}, {0, 1, 4});
    check(decode((uint64_t[]){UINT64_C(1699999990123), 1}, (size_t[]){8, 4}, 2),
        UINT64_C(1699999990123000000), UINT64_C(1699999990123000000));
}

Test(record_time, absolute_time_goes_before_uptime)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 152, 8}, {0, 22, 4}, {0, 160, 8});
    check(decode((uint64_t[]){UINT64_C(1699999990123), 5, UINT64_C(1600000000000)},
              (size_t[]){8, 4, 8}, 3),
        UINT64_C(1699999990123000000), UINT64_C(1699999990123000000));
}

static uint64_t suspicion(const struct flow *flow)
{
    return flow_number(flow, FLOW_TIME_SUSPECT);
}

/* A flow from `start_s` to `end_s`, exported at PACKET_EXPORT_S. */
static uint64_t suspicion_of(uint64_t start_s, uint64_t end_s)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 150, 4}, {0, 151, 4});
    return suspicion(decode((uint64_t[]){start_s, end_s}, (size_t[]){4, 4}, 2));
}

Test(record_time, end_within_a_day_of_the_export_is_right)
{
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S - 86400, PACKET_EXPORT_S - 86400), 0);
}

Test(record_time, start_long_before_the_end_is_right)
{
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S - 864000, PACKET_EXPORT_S), 0);
}

Test(record_time, end_more_than_a_day_before_the_export_is_marked_and_kept)
{
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S - 86401, PACKET_EXPORT_S - 86401), 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_TIME_FLOW_END), PACKET_EXPORT_S - 86401);
}

Test(record_time, end_more_than_a_day_after_the_export_is_marked)
{
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S, PACKET_EXPORT_S + 86401), 1);
}

Test(record_time, start_behind_the_end_is_marked)
{
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S - 10, PACKET_EXPORT_S - 12), 1);
}

/* Exporters round the two times on their own: up to a second of disorder is no fault of a clock. */
Test(record_time, start_less_than_a_second_behind_the_end_is_right)
{
    const uint64_t end_ms = PACKET_EXPORT_S * UINT64_C(1000) - 5000;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 152, 8}, {0, 153, 8});
    cr_assert_eq(suspicion(decode((uint64_t[]){end_ms + 1000, end_ms}, (size_t[]){8, 8}, 2)), 0);
}

Test(record_time, start_more_than_a_second_behind_the_end_is_marked)
{
    const uint64_t end_ms = PACKET_EXPORT_S * UINT64_C(1000) - 5000;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 152, 8}, {0, 153, 8});
    cr_assert_eq(suspicion(decode((uint64_t[]){end_ms + 1001, end_ms}, (size_t[]){8, 8}, 2)), 1);
}

Test(record_time, clock_of_the_exporter_that_is_off_is_marked)
{
    collector.received_ns += UINT64_C(86401) * 1000000000;
    cr_assert_eq(suspicion_of(PACKET_EXPORT_S, PACKET_EXPORT_S), 2);
}

Test(record_time, clock_that_is_off_is_marked_without_any_time_in_the_record)
{
    collector.received_ns -= UINT64_C(86401) * 1000000000;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4});
    cr_assert_eq(suspicion(decode((uint64_t[]){100}, (size_t[]){4}, 1)), 2);
}

static struct export_clock checked(uint64_t export_s, uint64_t received_s)
{
    struct export_clock clock = {.export_ns = export_s * NS_PER_S};
    export_clock_check(&clock, received_s * NS_PER_S);
    return clock;
}

Test(record_time, exporter_s_times_count_where_the_collector_s_clock_was_not_set)
{
    static const uint64_t NEVER_SET[] = {60, 946684800 /* 2000 */, CLOCK_EARLIEST_S - 1};
    for (size_t i = 0; i < sizeof NEVER_SET / sizeof NEVER_SET[0]; i++) {
        struct export_clock clock = checked(1900000000, NEVER_SET[i]);
        cr_assert_eq(clock.export_ns, 1900000000 * NS_PER_S);
        cr_assert_eq(clock.offset_ns, 0);
        cr_assert_eq(clock.suspicion, TIME_SUSPECT_COLLECTOR);
    }
}

Test(record_time, reception_counts_where_neither_clock_was_set)
{
    struct export_clock clock = checked(60, 946684800);
    cr_assert_eq(clock.export_ns, 946684800 * NS_PER_S);
    cr_assert_eq(clock.suspicion, TIME_SUSPECT_CLOCK);
}

/* The exporter started an hour before the export. */
static void tell_start(uint32_t domain_ago_s)
{
    PACKET_OPTIONS_TEMPLATE(&packet, TEMPLATE_ID + 1, 1, {0, 149, 4}, {0, 160, 8});
    packet_open_set(&packet, TEMPLATE_ID + 1);
    build_u32(&packet.wire, PACKET_DOMAIN);
    packet_u64(&packet, (UINT64_C(1700000000) - domain_ago_s) * 1000);
    packet_close_set(&packet);
}

static void check_reception(const struct flow *flow, uint64_t mark)
{
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_START), collector.received_ns / 1000000000);
    cr_assert_eq(flow_number(flow, FLOW_TIME_FLOW_END), collector.received_ns / 1000000000);
    cr_assert_eq(suspicion(flow), mark);
}

Test(record_time, clock_that_is_off_by_years_gives_way_to_the_reception)
{
    collector.received_ns += UINT64_C(5) * 365 * 86400 * 1000000000;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4});
    check_reception(decode((uint64_t[]){100}, (size_t[]){4}, 1), 2);
}

Test(record_time, times_of_a_clock_that_is_off_by_years_give_way_to_the_reception)
{
    collector.received_ns += UINT64_C(5) * 365 * 86400 * 1000000000;
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 150, 4}, {0, 151, 4});
    check_reception(
        decode((uint64_t[]){PACKET_EXPORT_S - 9, PACKET_EXPORT_S}, (size_t[]){4, 4}, 2), 3);
}

Test(record_time, uptimes_count_from_the_reception_where_the_clock_is_off_by_years)
{
    collector.received_ns += UINT64_C(5) * 365 * 86400 * 1000000000;
    tell_start(3600);
    fixture_decode();
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4});
    check(decode((uint64_t[]){3599000, 3600000}, (size_t[]){4, 4}, 2),
        collector.received_ns - UINT64_C(1000000000), collector.received_ns);
}

Test(record_time, netflow5_times_far_from_the_export_are_marked)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    const size_t last_at = 24 + 28; /* a week of uptime before the export's */
    packet_overwrite(&packet, last_at, (uint16_t)((PACKET_UPTIME_MS - 604800000) >> 16));
    collector_decode(&collector, &packet);
    cr_assert_eq(suspicion(&collector.flows[0]), 1);
}

Test(record_time, uptime_counts_from_the_start_that_options_data_told_before)
{
    tell_start(3600);
    fixture_decode();
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4});
    check(decode((uint64_t[]){3599000, 3600000}, (size_t[]){4, 4}, 2),
        EXPORT_NS - UINT64_C(1000000000), EXPORT_NS);
}

Test(record_time, start_in_the_record_goes_before_the_one_in_options_data)
{
    tell_start(7200);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 22, 4}, {0, 21, 4}, {0, 160, 8});
    check(decode((uint64_t[]){3599000, 3600000, UINT64_C(1699996400000)}, (size_t[]){4, 4, 8}, 3),
        EXPORT_NS - UINT64_C(1000000000), EXPORT_NS);
}
