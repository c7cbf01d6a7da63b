/* SPDX-License-Identifier: BSD-3-Clause -- who is who behind one address. */
#include "tests/support/export_process.h"

#include <criterion/criterion.h>

TestSuite(stream, .init = process_start, .fini = fixture_stop);

/* A relay sends what two routers export through one port. */
Test(stream, processes_that_share_a_port_each_go_on_with_their_own)
{
    struct process routers[] = {process_netflow9(PROCESS_PORT), process_netflow9(PROCESS_PORT)};
    routers[1].uptime_ms = 50000;
    routers[1].sequence = 300;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2; i++) {
            process_announce(&routers[i], i == 1);
            process_announce_rate(&routers[i], i == 0 ? 100 : 1000);
        }
    }
    for (size_t round = 0; round < 10; round++) {
        process_send(&routers[0], 1000, 1);
        process_send(&routers[1], 1, 2000);
    }
    cr_assert_eq(collector.flow_count, 20);
    for (size_t i = 0; i < 20; i++) {
        cr_assert_eq(process_octets(i), i % 2 == 0 ? 1000 : 2000);
        cr_assert_eq(process_rate(i), i % 2 == 0 ? 100 : 1000);
    }
}

static void check_two_behind_one_address(struct process a, struct process b)
{
    process_announce_rate(&a, 100);
    process_announce(&a, false);
    process_announce_rate(&b, 1000);
    process_announce(&b, true);
    for (size_t i = 0; i < 3; i++) {
        process_send(&a, 100, 1);
        process_send(&b, 1, 1000);
        cr_assert_eq(process_octets(2 * i), 100);
        cr_assert_eq(process_rate(2 * i), 100);
        cr_assert_eq(process_octets(2 * i + 1), 1000);
        cr_assert_eq(process_rate(2 * i + 1), 1000);
    }
}

/* Even where they were started in the same second. */
Test(stream, exporters_behind_nat_have_templates_and_rates_of_their_own)
{
    struct process b = process_netflow9(PROCESS_OTHER_PORT);
    b.sequence = 1000;
    check_two_behind_one_address(process_netflow9(PROCESS_PORT), b);
}

Test(stream, exporters_behind_nat_have_templates_and_rates_of_their_own_in_ipfix)
{
    struct process b = process_ipfix(PROCESS_OTHER_PORT);
    b.sequence = 1000;
    check_two_behind_one_address(process_ipfix(PROCESS_PORT), b);
}

/* The other one was started at another time: its templates would misread. */
Test(stream, data_of_another_exporter_behind_nat_waits_for_its_own_template)
{
    struct process a = process_netflow9(PROCESS_PORT);
    struct process b = process_netflow9(PROCESS_OTHER_PORT);
    b.uptime_ms = 500000;
    b.sequence = 1000;
    process_announce(&a, false);
    process_announce_rate(&a, 100);
    process_send(&b, 1, 1000);
    cr_assert_eq(collector.flow_count, 0);
    process_announce(&a, false);
    cr_assert_eq(collector.flow_count, 0, "that is the other one's");
    process_announce(&b, true);
    cr_assert_eq(process_octets(0), 1000);
    cr_assert_eq(process_rate(0), 0);
}

Test(stream, data_behind_a_restart_on_another_port_waits_for_its_own_template)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    process_restart(&process);
    process.port = PROCESS_OTHER_PORT;
    process_send(&process, 2, 2000);
    cr_assert_eq(collector.flow_count, 1);
    process_announce(&process, true);
    cr_assert_eq(process_octets(1), 2000);
}

static void check_ports_of(struct process process)
{
    process_announce(&process, false);
    process_announce_rate(&process, 100);
    for (uint16_t i = 0; i < 20; i++) {
        process.port++;
        process_send(&process, 1000, 1);
        cr_assert_eq(process_octets(i), 1000);
        cr_assert_eq(process_rate(i), 100);
    }
}

Test(stream, exporter_may_use_a_new_port_for_each_datagram)
{
    check_ports_of(process_netflow9(PROCESS_PORT));
}

Test(stream, exporter_may_use_a_new_port_for_each_datagram_in_ipfix)
{
    check_ports_of(process_ipfix(PROCESS_PORT));
}

/* Line cards of one chassis, each with a port and numbers of its own; one announces for all. */
Test(stream, ports_whose_uptimes_agree_use_each_other_s_templates_and_rates)
{
    struct process processor = process_netflow9(PROCESS_PORT);
    struct process card = process_netflow9(PROCESS_OTHER_PORT);
    card.sequence = 5;
    process_announce(&processor, false);
    process_announce_rate(&processor, 100);
    card.uptime_ms += 2000;
    card.export_s += 2;
    process_send(&card, 1000, 1);
    cr_assert_eq(process_octets(0), 1000);
    cr_assert_eq(process_rate(0), 100);
}

/* IPFIX headers have no uptime, so only what is announced while both are there is believed. */
Test(stream, port_that_announces_nothing_uses_what_another_one_announces)
{
    struct process processor = process_ipfix(PROCESS_PORT);
    struct process card = process_ipfix(PROCESS_OTHER_PORT);
    card.sequence = 5;
    process_announce(&processor, false);
    process_send(&card, 1000, 1);
    cr_assert_eq(collector.flow_count, 0, "the other one may be gone");
    process_announce(&processor, false);
    process_announce_rate(&processor, 100);
    process_send(&card, 1001, 1);
    cr_assert_eq(process_octets(0), 1000);
    cr_assert_eq(process_octets(1), 1001);
    cr_assert_eq(process_rate(1), 100);
}

Test(stream, port_that_announces_templates_uses_nobody_else_s)
{
    struct process a = process_ipfix(PROCESS_PORT);
    struct process b = process_ipfix(PROCESS_OTHER_PORT);
    b.sequence = 5;
    process_announce_rate(&b, 10);
    process_announce(&a, false);
    process_announce_rate(&a, 100);
    process_send(&b, 1, 1000);
    cr_assert_eq(collector.flow_count, 0);
    process_announce(&b, true);
    cr_assert_eq(process_octets(0), 1000);
    cr_assert_eq(process_rate(0), 10);
}

/* Templates of one stream are refused or withdrawn without those of another one. */
Test(stream, withdrawal_of_a_neighbour_leaves_one_s_own_templates)
{
    struct process a = process_ipfix(PROCESS_PORT);
    struct process b = process_ipfix(PROCESS_OTHER_PORT);
    b.sequence = 5;
    process_announce(&a, false);
    process_announce(&b, true);
    process_begin(&b);
    packet_open_set(&packet, 2);
    build_u16(&packet.wire, PROCESS_TEMPLATE);
    build_u16(&packet.wire, 0);
    packet_close_set(&packet);
    process_finish(&b, 0, 1);
    process_send(&a, 1000, 1);
    process_send(&b, 1, 1000);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(process_octets(0), 1000);
}

/* More domains than are followed: their data is decoded all the same. */
Test(stream, data_of_more_domains_than_are_followed_is_decoded)
{
    for (uint32_t domain = 1; domain <= 300; domain++) {
        struct process process = process_ipfix(PROCESS_PORT);
        process.domain = domain;
        process_announce(&process, domain % 2 == 0);
        process_send(&process, domain, domain);
    }
    cr_assert_eq(collector.flow_count, 300);
}
