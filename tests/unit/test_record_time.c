/* SPDX-License-Identifier: BSD-3-Clause -- every way of writing a time. */
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256
};

/* 1700000000.5 as an NTP timestamp. */
#define NTP_HALF_PAST ((UINT64_C(1700000000) + UINT64_C(2208988800)) << 32 | UINT64_C(0x80000000))
#define EXPORT_NS     (UINT64_C(1700000000000000000))

static struct flow_collector collector;
static struct packet packet;

static void start(void)
{
    collector_start(&collector);
    packet_ipfix(&packet);
}

static void stop(void)
{
    collector_stop(&collector);
}

TestSuite(record_time, .init = start, .fini = stop);

/* Writes one record of these values and decodes it. */
static const struct flow *decode(const uint64_t *values, const size_t *sizes, size_t count)
{
    packet_open_set(&packet, TEMPLATE_ID);
    for (size_t i = 0; i < count; i++) {
        packet_number(&packet, values[i], sizes[i]);
    }
    packet_close_set(&packet);
    packet_close(&packet);
    collector_decode(&collector, &packet);
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
