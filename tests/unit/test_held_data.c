/* SPDX-License-Identifier: BSD-3-Clause -- data that comes before its template. */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256
};

static void start(void)
{
    collector_start_with(
        &collector, &(struct decoder_options){.max_held_bytes = 1 << 17, .max_held_age_s = 60});
}

TestSuite(held_data, .init = start, .fini = fixture_stop);

static uint64_t held(void)
{
    return counter_get(&decoder_counters(collector.decoder)->held_sets);
}

static void send_data(uint32_t octets, size_t size)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, octets);
    for (size_t i = 4; i < size; i += 4) {
        build_u32(&packet.wire, octets);
    }
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

static void send_template(uint16_t id)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, 0);
    packet_template(&packet, id, &(struct template_field){0, 1, 4}, 1);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

Test(held_data, is_decoded_once_and_in_order_when_the_template_comes)
{
    send_data(1, 4);
    send_data(2, 4);
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(held(), 2);
    send_template(TEMPLATE_ID);
    send_template(TEMPLATE_ID);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 1);
    cr_assert_eq(flow_number(&collector.flows[1], FLOW_BYTES), 2);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 0);
}

Test(held_data, keeps_the_time_at_which_it_was_received)
{
    send_data(1, 4);
    collector.received_ns += UINT64_C(30000000000);
    send_template(TEMPLATE_ID);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_TIME_RECEIVED), PACKET_EXPORT_S);
}

Test(held_data, waits_for_its_own_template_only)
{
    send_data(1, 4);
    send_template(TEMPLATE_ID + 1);
    collector.source = "203.0.113.10";
    send_template(TEMPLATE_ID);
    cr_assert_eq(held(), 1);
    cr_assert_eq(collector.flow_count, 0);
}

Test(held_data, that_is_too_old_is_dropped_and_counted)
{
    send_data(1, 4);
    collector.received_ns += UINT64_C(61000000000);
    send_template(TEMPLATE_ID);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector.flow_count, 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 1);
}

Test(held_data, that_is_too_old_is_dropped_although_the_exporter_is_silent)
{
    send_data(1, 4);
    decoder_expire(collector.decoder, collector.received_ns + UINT64_C(59000000000));
    cr_assert_eq(held(), 1);
    decoder_expire(collector.decoder, collector.received_ns + UINT64_C(61000000000));
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 1);
}

Test(held_data, is_counted_as_dropped_when_nothing_comes_any_more)
{
    send_data(1, 4);
    send_data(2, 4);
    decoder_finish(collector.decoder);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 2);
}

Test(held_data, is_bounded_in_bytes_and_the_rest_counted)
{
    for (uint32_t i = 0; i < 200; i++) {
        send_data(i, 1000);
    }
    uint64_t dropped = collector_dropped(&collector, DECODE_TEMPLATE_MISSING);
    cr_assert_lt(held() * 1000, 1 << 16);
    cr_assert_gt(held(), 40);
    cr_assert_eq(held() + dropped, 200);
}

Test(held_data, of_one_exporter_leaves_room_for_that_of_others)
{
    for (uint32_t i = 0; i < 200; i++) {
        send_data(i, 1000);
    }
    uint64_t before = held();
    collector.source = "203.0.113.10";
    send_data(1, 1000);
    cr_assert_eq(held(), before + 1);
}

/* Each template that comes is looked up among those waited for. */
Test(held_data, waits_for_a_bounded_number_of_templates)
{
    for (uint16_t i = 0; i < 100; i++) {
        packet_netflow9(&packet);
        packet_open_set(&packet, (uint16_t)(TEMPLATE_ID + i));
        build_u32(&packet.wire, 1);
        packet_close_set(&packet);
        collector_decode(&collector, &packet);
    }
    cr_assert_eq(held(), 64);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 36);
}

enum {
    LARGE = 40000 /* bytes of a set: two of them are more than a datagram holds */
};

static void start_with_room(void)
{
    collector_start_with(&collector, &(struct decoder_options){.max_held_bytes = 1 << 20});
}

TestSuite(backlog, .init = start_with_room, .fini = fixture_stop);

static uint64_t octets_of(size_t flow)
{
    return flow_number(&collector.flows[flow], FLOW_BYTES);
}

static bool catch_up(void)
{
    return collector_catch_up(&collector);
}

static void catch_up_with_all(void)
{
    bool has_more = true;
    while (has_more) {
        has_more = catch_up();
    }
}

/* Data sets with one record each behind 39996 bytes that are padding, but for the first. */
static void send_large_data(uint32_t octets)
{
    packet_netflow9(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, octets);
    build_zeroes(&packet.wire, LARGE - 4);
    packet_close_set(&packet);
    collector_decode(&collector, &packet);
}

Test(backlog, is_decoded_by_no_more_than_a_datagram_holds_at_a_time)
{
    for (uint32_t i = 1; i <= 3; i++) {
        send_large_data(i);
    }
    send_template(TEMPLATE_ID);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert(catch_up());
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_not(catch_up());
    cr_assert_eq(collector.flow_count, 3);
    cr_assert_eq(octets_of(0), 1);
    cr_assert_eq(octets_of(1), 2);
    cr_assert_eq(octets_of(2), 3);
    cr_assert_eq(held(), 0);
}

Test(backlog, goes_on_with_every_datagram_that_leaves_room)
{
    send_large_data(1);
    send_large_data(2);
    send_template(TEMPLATE_ID);
    cr_assert_eq(collector.flow_count, 1);
    collector.source = "203.0.113.10";
    send_template(TEMPLATE_ID);
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_str_eq(collector_text(&collector.flows[1].sampler_address), "203.0.113.9");
}

Test(backlog, lets_later_data_of_its_template_wait_behind_it)
{
    send_large_data(1);
    send_large_data(2);
    send_large_data(3);
    send_template(TEMPLATE_ID);
    send_data(4, LARGE);
    cr_assert_eq(collector.flow_count, 1);
    catch_up_with_all();
    cr_assert_eq(octets_of(2), 3);
    cr_assert_eq(octets_of(3), 4);
    cr_assert_eq(collector.flow_count, 3 + LARGE / 4);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 0);
}

Test(backlog, does_not_delay_data_that_finds_no_room_to_wait)
{
    for (uint32_t i = 1; i <= 13; i++) { /* half the memory */
        send_large_data(i);
    }
    collector.source = "203.0.113.10";
    for (uint32_t i = 1; i <= 6; i++) { /* and half the rest */
        send_large_data(i);
    }
    cr_assert_eq(held(), 19);
    collector.source = "203.0.113.9";
    send_template(TEMPLATE_ID);
    send_data(99, LARGE);
    cr_assert_eq(octets_of(1), 99);
}

Test(backlog, does_not_expire)
{
    send_large_data(1);
    send_large_data(2);
    send_template(TEMPLATE_ID);
    decoder_expire(collector.decoder, collector.received_ns + UINT64_C(99000000000));
    cr_assert_not(catch_up());
    cr_assert_eq(collector.flow_count, 2);
}

Test(backlog, is_not_read_by_another_definition)
{
    send_large_data(1);
    send_large_data(2);
    send_template(TEMPLATE_ID);
    packet_netflow9(&packet);
    packet_open_set(&packet, 0);
    packet_template(&packet, TEMPLATE_ID, &(struct template_field){0, 2, 4}, 1);
    packet_close_set(&packet);
    build_zeroes(&packet.wire, LARGE); /* so that nothing is decoded on the way */
    collector_decode(&collector, &packet);
    cr_assert_not(catch_up());
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 1);
    cr_assert_eq(held(), 0);
}

Test(backlog, survives_that_its_template_is_announced_again)
{
    send_large_data(1);
    send_large_data(2);
    send_large_data(3);
    send_template(TEMPLATE_ID);
    send_template(TEMPLATE_ID);
    send_template(TEMPLATE_ID);
    cr_assert_eq(collector.flow_count, 3);
    cr_assert_eq(octets_of(2), 3);
}

Test(backlog, is_counted_as_dropped_when_nobody_asks_for_it)
{
    send_large_data(1);
    send_large_data(2);
    send_template(TEMPLATE_ID);
    decoder_finish(collector.decoder);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 1);
    cr_assert_not(catch_up());
}

/* Two templates set free sets of their own: those of the first come first. */
Test(backlog, keeps_the_order_in_which_templates_came)
{
    for (uint16_t i = 2; i > 0; i--) {
        packet_netflow9(&packet);
        packet_open_set(&packet, (uint16_t)(TEMPLATE_ID + i));
        build_u32(&packet.wire, i);
        build_zeroes(&packet.wire, LARGE - 4);
        packet_close_set(&packet);
        collector_decode(&collector, &packet);
    }
    send_large_data(3);
    send_template(TEMPLATE_ID);
    send_template(TEMPLATE_ID + 1);
    send_template(TEMPLATE_ID + 2);
    catch_up_with_all();
    cr_assert_eq(collector.flow_count, 3);
    cr_assert_eq(octets_of(0), 3);
    cr_assert_eq(octets_of(1), 1);
    cr_assert_eq(octets_of(2), 2);
}
