/* SPDX-License-Identifier: BSD-3-Clause -- loss told by sequence numbers. */
#include "ingest/decode/stream.h"
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

static struct stream_table table;
static struct sequence_counters counters;

static void stop(void)
{
    stream_table_clear(&table);
}

TestSuite(sequence, .fini = stop);

static const struct sequence_tracker *follow_step(const struct sequence_step *step)
{
    struct stream *stream = stream_table_find(&table, step);
    stream_follow(stream, &counters, step);
    return &stream->sequence;
}

static void follow(uint32_t number, uint32_t units)
{
    struct sequence_step step = {
        .type = FLOW_TYPE_NETFLOW5, .has_units = true, .number = number, .units = units};
    follow_step(&step);
}

static void check(uint64_t lost, uint64_t late, uint64_t doubles, uint64_t resets)
{
    cr_expect_eq(counter_get(&counters.lost), lost);
    cr_expect_eq(counter_get(&counters.late), late);
    cr_expect_eq(counter_get(&counters.doubles), doubles);
    cr_expect_eq(counter_get(&counters.resets), resets);
}

/* A message of IPFIX with options data among its records. */
static const struct sequence_tracker *follow_ipfix(
    uint32_t number, uint32_t units, uint32_t flows, uint16_t port)
{
    struct sequence_step step = {.type = FLOW_TYPE_IPFIX,
        .has_units = true,
        .number = number,
        .units = units,
        .flows = flows,
        .origin = port};
    return follow_step(&step);
}

/* As softflowd does: one options record in the first message, and no loss. */
Test(sequence, number_of_flows_up_to_the_end_of_the_message_is_learnt)
{
    static const uint32_t FLOWS[] = {1, 3, 1, 4, 2, 2};
    const struct sequence_tracker *tracker = NULL;
    uint32_t number = 0;
    for (size_t i = 0; i < sizeof FLOWS / sizeof FLOWS[0]; i++) {
        number += FLOWS[i];
        tracker = follow_ipfix(number, FLOWS[i] + (i == 0), FLOWS[i], 0);
    }
    check(0, 0, 0, 0);
    cr_assert_eq(sequence_count_of(tracker), SEQUENCE_FLOWS_WITH);
    cr_assert_eq(tracker->amounts[SEQUENCE_RECEIVED], 13 + 1); /* the first before it was learnt */
    follow_ipfix(number + 5 + 2, 2, 2, 0);
    check(5, 0, 0, 0);
}

Test(sequence, options_data_that_an_exporter_does_not_count_is_learnt)
{
    follow_ipfix(100, 3, 2, 0);
    const struct sequence_tracker *tracker = follow_ipfix(102, 4, 4, 0);
    follow_ipfix(106, 1, 0, 0);
    follow_ipfix(106, 2, 2, 0);
    check(0, 0, 0, 0);
    cr_assert_eq(sequence_count_of(tracker), SEQUENCE_FLOWS_BEFORE);
}

/* As Open vSwitch does: the number of the last flow, from 0. */
Test(sequence, number_of_the_last_flow_of_a_datagram_is_learnt)
{
    static const uint32_t FLOWS[] = {1, 3, 1, 4, 2, 2};
    uint32_t number = UINT32_MAX;
    for (size_t i = 0; i < sizeof FLOWS / sizeof FLOWS[0]; i++) {
        number += FLOWS[i];
        struct sequence_step step = {.type = FLOW_TYPE_NETFLOW5,
            .has_units = true,
            .number = number,
            .units = FLOWS[i],
            .flows = FLOWS[i]};
        follow_step(&step);
    }
    check(0, 0, 0, 0);
}

Test(sequence, a_count_that_was_learnt_is_not_changed_by_one_loss_that_another_explains)
{
    follow_ipfix(0, 10, 10, 0);
    follow_ipfix(10, 10, 10, 0);
    follow_ipfix(20, 4, 4, 0);
    follow_ipfix(24, 5, 5, 0);
    follow_ipfix(44, 20, 20, 0);
    check(15, 0, 0, 0);
}

Test(sequence, exporters_behind_one_address_are_followed_by_their_ports)
{
    for (uint32_t i = 0; i < 100; i++) {
        follow_ipfix(1000 + i, 1, 1, 40000);
        follow_ipfix(500000 + i, 1, 1, 40001);
    }
    check(0, 0, 0, 0);
    follow_ipfix(1105, 1, 1, 40000);
    check(5, 0, 0, 0);
}

Test(sequence, an_exporter_may_change_its_port_or_use_several)
{
    for (uint16_t i = 0; i < 100; i++) {
        follow_ipfix(1000 + 7 * i, 7, 7, (uint16_t)(40000 + i % 3 * (i / 10)));
    }
    check(0, 0, 0, 0);
    cr_assert_eq(table.count, 1);
}

Test(sequence, numbers_in_order_are_no_loss)
{
    for (uint32_t i = 0; i < 100; i++) {
        follow(5000 + 30 * i, 30);
    }
    check(0, 0, 0, 0);
}

Test(sequence, wrap_is_no_loss)
{
    follow(UINT32_MAX - 9, 30);
    follow(20, 30);
    check(0, 0, 0, 0);
}

Test(sequence, jump_ahead_is_loss_in_units)
{
    follow(0, 30);
    follow(90, 30);
    check(60, 0, 0, 0);
}

Test(sequence, reordered_datagram_is_late_not_lost)
{
    follow(0, 30);
    follow(60, 30);
    follow(30, 30);
    follow(90, 30);
    check(30, 30, 0, 0);
}

/* One datagram takes a shorter path than those before it. */
Test(sequence, datagrams_that_one_overtook_are_late_not_a_new_sequence)
{
    follow(UINT32_MAX - 89, 30); /* the gap wraps */
    follow(240, 30);
    for (uint32_t i = 0; i < 10; i++) {
        follow(UINT32_MAX - 59 + 30 * i, 30);
    }
    follow(270, 30);
    check(300, 300, 0, 0);
}

Test(sequence, datagrams_that_several_overtook_are_late_not_a_new_sequence)
{
    follow(0, 30);
    for (uint32_t i = 1; i <= 8; i++) {
        follow(600 * i, 30);
    }
    for (uint32_t i = 1; i < 160; i++) {
        if (i % 20 != 0) {
            follow(30 * i, 30);
        }
    }
    follow(4830, 30);
    check(8 * 570, 8 * 570, 0, 0);
}

Test(sequence, exporter_that_starts_anew_in_front_of_a_gap_is_found_out)
{
    follow(3000, 30);
    follow(3300, 30);
    for (uint32_t i = 0; i < 10; i++) {
        follow(2700 + 30 * i, 30);
    }
    check(270, 90, 0, 1);
}

Test(sequence, doubled_datagram_is_neither)
{
    follow(0, 30);
    follow(30, 30);
    follow(30, 30);
    follow(0, 30);
    follow(60, 30);
    check(0, 0, 2, 0);
}

Test(sequence, exporter_that_starts_anew_is_no_loss)
{
    follow(4000000000U, 30);
    follow(0, 30);
    follow(30, 30);
    check(0, 0, 0, 1);
}

Test(sequence, exporter_that_starts_anew_soon_after_its_start_is_found_out)
{
    follow(3000, 30);
    for (uint32_t i = 0; i < 10; i++) {
        follow(30 * i, 30);
    }
    check(0, 90, 0, 1);
}

Test(sequence, domains_and_protocols_count_for_themselves)
{
    for (uint32_t domain = 0; domain < 2000; domain++) {
        struct sequence_step step = {
            .type = FLOW_TYPE_IPFIX, .has_units = true, .domain = domain, .number = 1000 * domain};
        (void)stream_table_find(&table, &step);
        step.type = FLOW_TYPE_NETFLOW9;
        step.number++;
        (void)stream_table_find(&table, &step);
    }
    cr_assert_eq(table.count, 256);
    check(0, 0, 0, 0);
}

static void read_counters(
    void *context, const struct address *address, const struct exporter_counters *exporter)
{
    (void)address;
    uint64_t *lost = context;
    *lost = counter_get(&exporter->sequences[FLOW_TYPE_IPFIX].lost);
}

/* IPFIX counts data records; those of a set without template are of an unknown number. */
Test(sequence, ipfix_counts_data_records)
{
    static struct flow_collector collector;
    static struct packet packet;
    uint64_t lost = 0;
    collector_start(&collector);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, 256, {0, 1, 4});
    packet_open_set(&packet, 256);
    build_u32(&packet.wire, 1);
    build_u32(&packet.wire, 1);
    packet_close_set(&packet);
    packet_close(&packet);
    collector_decode(&collector, &packet);
    packet_overwrite(&packet, 10, PACKET_SEQUENCE + 2);
    collector_decode(&collector, &packet);
    decoder_visit_exporters(collector.decoder, read_counters, &lost);
    cr_expect_eq(lost, 0);
    packet_overwrite(&packet, 10, PACKET_SEQUENCE + 9);
    collector_decode(&collector, &packet);
    decoder_visit_exporters(collector.decoder, read_counters, &lost);
    cr_expect_eq(lost, 5);
    collector_stop(&collector);
}

/* A set of `size` bytes, all of it padding but for some records. */
static void send_ipfix(
    struct flow_collector *collector, uint16_t sequence, uint32_t records, size_t size)
{
    static struct packet packet;
    packet_ipfix(&packet);
    packet_padded_set(&packet, 256, records, size);
    packet_close(&packet);
    packet_overwrite(&packet, 10, sequence);
    collector_decode(collector, &packet);
}

/* The template frees more than one datagram's worth of data, so that later data waits, too. */
Test(sequence, ipfix_counts_data_that_goes_behind_older_data)
{
    static struct flow_collector collector;
    static struct packet packet;
    uint64_t lost = 0;
    collector_start_with(&collector, &(struct decoder_options){.max_held_bytes = 1 << 20});
    send_ipfix(&collector, 1, 1, 40000);
    send_ipfix(&collector, 2, 1, 40000);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, 256, {0, 1, 4});
    packet_close(&packet);
    packet_overwrite(&packet, 10, 3);
    collector_decode(&collector, &packet);
    send_ipfix(&collector, 3, 2, 60000);
    cr_assert_eq(collector.flow_count, 1, "it waits");
    send_ipfix(&collector, 10, 1, 4);
    decoder_visit_exporters(collector.decoder, read_counters, &lost);
    cr_expect_eq(lost, 5);
    collector_stop(&collector);
}
