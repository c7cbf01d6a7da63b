/* SPDX-License-Identifier: BSD-3-Clause -- which exporters have restarted. */
#include "common/buffer.h"
#include "common/clock.h"
#include "tests/support/export_process.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(stream_restart, .init = process_start, .fini = fixture_stop);

static void check_restart(struct process process)
{
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    process_send(&process, 1001, 1);
    process_restart(&process);
    process_send(&process, 2, 2000);
    cr_assert_eq(collector.flow_count, 2, "it waits");
    process_announce(&process, true);
    process_send(&process, 3, 3000);
    cr_assert_eq(collector.flow_count, 4);
    cr_assert_eq(process_octets(1), 1001);
    cr_assert_eq(process_octets(2), 2000);
    cr_assert_eq(process_octets(3), 3000);
    cr_assert_eq(process_restarts(), 1);
}

Test(stream_restart, netflow9_behind_a_restart_waits_for_its_new_template)
{
    check_restart(process_netflow9(PROCESS_PORT));
}

Test(stream_restart, ipfix_behind_a_restart_waits_for_its_new_template)
{
    check_restart(process_ipfix(PROCESS_PORT));
}

/* Two datagrams are enough where uptime and number agree. */
Test(stream_restart, restart_of_an_exporter_that_has_sent_one_datagram_is_noticed)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_restart(&process);
    process_send(&process, 1, 1000);
    cr_assert_eq(collector.flow_count, 0);
}

Test(stream_restart, restart_after_few_numbers_is_told_by_the_export_time)
{
    struct process process = process_ipfix(PROCESS_PORT);
    process.sequence = 100;
    check_restart(process);
}

/* The exporter was configured anew, and did not boot. */
Test(stream_restart, sequence_alone_that_begins_again_is_a_restart)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    process.sequence = 0;
    process.uptime_ms += 5000;
    process.export_s += 5;
    process_send(&process, 2, 2000);
    cr_assert_eq(collector.flow_count, 1);
    process_announce(&process, true);
    cr_assert_eq(process_octets(1), 2000);
}

static void check_rates_of(struct process process)
{
    process_announce(&process, false);
    process_announce_rate(&process, 100);
    process_send(&process, 1000, 1);
    process_restart(&process);
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    process_announce_rate(&process, 1000);
    process_send(&process, 1000, 1);
    cr_assert_eq(process_rate(0), 100);
    cr_assert_eq(process_rate(1), 0, "unknown until it is announced again");
    cr_assert_eq(process_rate(2), 1000);
}

Test(stream_restart, rates_from_before_a_restart_count_no_more)
{
    check_rates_of(process_netflow9(PROCESS_PORT));
}

Test(stream_restart, rates_from_before_a_restart_count_no_more_in_ipfix)
{
    check_rates_of(process_ipfix(PROCESS_PORT));
}

static void check_late(struct process process)
{
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    struct process late = process;
    process_send(&process, 1001, 1); /* which the collector is to get later */
    process.sequence++;
    process_send(&process, 1002, 1);
    process_send(&process, 1003, 1);
    late.sequence++;
    process_send(&late, 1004, 1);
    process_send(&process, 1005, 1);
    cr_assert_eq(collector.flow_count, 6);
    cr_assert_eq(process_octets(4), 1004);
    cr_assert_eq(process_restarts(), 0);
}

Test(stream_restart, a_datagram_that_is_late_by_seconds_is_no_restart)
{
    check_late(process_netflow9(PROCESS_PORT));
}

Test(stream_restart, a_datagram_that_is_late_by_seconds_is_no_restart_in_ipfix)
{
    check_late(process_ipfix(PROCESS_PORT));
}

/* Datagrams are lost around it, and neither the uptime nor the clock runs as ours does. */
Test(stream_restart, uptime_that_wraps_after_49_days_is_no_restart)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process.uptime_ms = UINT32_MAX - 3000;
    process_announce(&process, false);
    for (uint32_t i = 0; i < 10; i++) {
        process.sequence += 100;
        process.uptime_ms += 500;
        process.export_s += 60;
        process_send(&process, 1000, 1);
    }
    cr_assert_lt(process.uptime_ms, 20000);
    cr_assert_eq(collector.flow_count, 10);
}

Test(stream_restart, clock_that_is_set_while_the_exporter_runs_is_no_restart)
{
    struct process process = process_netflow9(PROCESS_PORT);
    struct process other = process_ipfix(PROCESS_OTHER_PORT);
    process_announce(&process, false);
    process_announce(&other, false);
    static const int32_t STEPS_S[] = {3600, -7200, 86400 * 400, -86400 * 400};
    for (size_t i = 0; i < sizeof STEPS_S / sizeof STEPS_S[0]; i++) {
        process.export_s += (uint32_t)STEPS_S[i];
        other.export_s += (uint32_t)STEPS_S[i];
        process_send(&process, 1000, 1);
        process_send(&other, 1000, 1);
    }
    cr_assert_eq(collector.flow_count, 8);
}

Test(stream_restart, uptime_that_stands_still_or_is_missing_is_no_restart)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    for (int i = 0; i < 10; i++) {
        process.uptime_ms = i < 5 ? 10000000 : 0;
        collector.received_ns += 86400 * NS_PER_S;
        process_send(&process, 1000, 1);
    }
    cr_assert_eq(collector.flow_count, 10);
}

Test(stream_restart, uptime_that_stands_still_does_not_bind_an_exporter_to_a_port)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    for (uint16_t i = 0; i < 10; i++) {
        process.uptime_ms = 10000000;
        process.export_s += 60;
        process.port++;
        process_send(&process, 1000, 1);
    }
    cr_assert_eq(collector.flow_count, 10);
}

/* Some exporters number at random, or not at all. */
Test(stream_restart, numbers_that_mean_nothing_cost_nothing)
{
    struct process process = process_ipfix(PROCESS_PORT);
    process_announce(&process, false);
    uint32_t number = 12345;
    for (int i = 0; i < 40; i++) {
        number = number * 1664525 + 1013904223;
        process.sequence = i < 20 ? number : 0;
        process.export_s += 10;
        process_send(&process, 1000, 1);
    }
    cr_assert_eq(collector.flow_count, 40);
    cr_assert_eq(process_restarts(), 0);
}

Test(stream_restart, line_cards_restart_on_their_own)
{
    struct process cards[] = {process_ipfix(PROCESS_PORT), process_ipfix(PROCESS_PORT)};
    cards[1].domain = 1;
    cards[1].sequence = 4000000;
    for (size_t i = 0; i < 2; i++) {
        process_announce(&cards[i], false);
        process_send(&cards[i], 1000, 1);
    }
    process_restart(&cards[1]);
    process_send(&cards[0], 1000, 1);
    cr_assert_eq(collector.flow_count, 3);
    process_send(&cards[1], 1000, 1);
    cr_assert_eq(collector.flow_count, 3);
}

/* By their uptimes both are one family, and the first one was configured anew. */
Test(stream_restart, life_that_has_ended_lends_nothing_to_the_next_one)
{
    struct process cards[] = {process_netflow9(PROCESS_PORT), process_netflow9(PROCESS_PORT)};
    cards[1].domain = 1;
    for (size_t i = 0; i < 4; i++) {
        process_announce(&cards[i % 2], false);
    }
    cards[0].sequence = 0;
    cards[0].uptime_ms += 5000;
    cards[0].export_s += 5;
    process_send(&cards[0], 2, 2000);
    cr_assert_eq(collector.flow_count, 0);
    process_announce(&cards[0], true);
    cr_assert_eq(process_octets(0), 2000);
}

/* One datagram is damaged or forged; those that follow find what was announced. */
Test(stream_restart, life_that_goes_on_undoes_a_restart)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_announce_rate(&process, 100);
    process_send(&process, 1000, 1);
    struct process forged = process;
    forged.uptime_ms = 1;
    forged.sequence = 0;
    process_send(&forged, 1001, 1);
    for (uint32_t i = 0; i < 3; i++) {
        process.sequence += i == 2 ? 1000 : 0;
        process_send(&process, 1002 + i, 1);
        cr_assert_eq(process_octets(1 + i), 1002 + i);
        cr_assert_eq(process_rate(1 + i), 100);
    }
    cr_assert_eq(process_restarts(), 0);
}

static char *printed(enum decoder_document document)
{
    static char text[1 << 16];
    struct buffer out = {0};
    decoder_print(collector.decoder, document, &out);
    cr_assert_lt(out.size, sizeof text);
    memcpy(text, out.bytes, out.size);
    text[out.size] = '\0';
    buffer_clear(&out);
    return text;
}

Test(stream_restart, document_tells_ports_and_restarts_and_nothing_of_the_life_before)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_announce_rate(&process, 100);
    process_send(&process, 1000, 1);
    process_restart(&process);
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    const char *document = printed(DECODER_EXPORTERS);
    cr_assert_not_null(strstr(document, "\"SourcePort\":5000"));
    cr_assert_not_null(strstr(document, "\"Restarts\":1}"));
    cr_assert_null(strstr(document, "SamplingRate"));
    cr_assert_not_null(strstr(document, "\"Options\":[]"), "%s", document);
    const char *first = strstr(document, "\"Type\"");
    cr_assert_null(strstr(first + 1, "\"Type\""), "one stream, with what came before and after");
    cr_assert_not_null(strstr(document, "\"Datagrams\":5"));
}

Test(stream_restart, restarts_of_netflow5_are_counted)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    packet_overwrite(&packet, 4, 0); /* uptime */
    packet_overwrite(&packet, 18, 7);
    collector.received_ns += 600 * NS_PER_S;
    collector_decode(&collector, &packet);
    cr_assert_eq(process_restarts(), 0, "one datagram proves nothing");
    packet_overwrite(&packet, 18, 8);
    collector_decode(&collector, &packet);
    cr_assert_eq(process_restarts(), 1);
    cr_assert_eq(collector.flow_count, 3);
}

/* A datagram without samples. */
static void send_sflow(uint32_t sequence, uint32_t uptime_ms)
{
    uint8_t datagram[28] = {0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 9};
    struct {
        size_t at;
        uint32_t value;
    } words[] = {{16, sequence}, {20, uptime_ms}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t byte = 0; byte < 4; byte++) {
            datagram[words[i].at + byte] = (uint8_t)(words[i].value >> (24 - 8 * byte));
        }
    }
    collector.received_ns += NS_PER_S;
    collector_decode_bytes(&collector, datagram, sizeof datagram);
}

/* pmacct's sfprobe counts whole seconds, so it sends an uptime of 0 in the first one. */
Test(stream_restart, uptime_of_zero_behind_others_is_a_restart)
{
    for (uint32_t i = 0; i < 20; i++) {
        send_sflow(1 + i, 1000 * i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        send_sflow(1 + i, 0);
    }
    cr_assert_eq(process_restarts(), 1);
}
