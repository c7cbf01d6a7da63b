/* SPDX-License-Identifier: BSD-3-Clause -- who is who behind one address, after a new start. */
#include "common/buffer.h"
#include "ingest/decode/snapshot.h"
#include "tests/support/export_process.h"

#include <criterion/criterion.h>

static struct snapshot *snapshot;

static void stop(void)
{
    fixture_stop();
    snapshot_destroy(&snapshot);
}

TestSuite(snapshot_streams, .init = process_start, .fini = stop);

/* The program stops, and starts again with what it has written. */
static void start_again(void)
{
    struct snapshot *before = snapshot;
    struct buffer exporters = {0};
    struct buffer file = {0};
    decoder_print(collector.decoder, DECODER_SNAPSHOT, &exporters);
    snapshot_write(&file, &exporters, before, collector.received_ns);
    cr_assert_eq(snapshot_parse(&snapshot, file.bytes, file.size), ERR_OK);
    buffer_clear(&exporters);
    buffer_clear(&file);
    uint64_t now_ns = collector.received_ns;
    fixture_restart(&(struct decoder_options){.snapshot = snapshot, .max_held_bytes = 1 << 17});
    collector.received_ns = now_ns;
    snapshot_destroy(&before);
}

static void check_two(struct process a, struct process b)
{
    process_announce_rate(&a, 100);
    process_announce(&a, false);
    process_announce_rate(&b, 1000);
    process_announce(&b, true);
    for (int i = 0; i < 3; i++) {
        start_again();
        a.sequence += 1000; /* lost meanwhile */
        process_send(&a, 100, 1);
        process_send(&b, 1, 1000);
        cr_assert_eq(process_octets(0), 100);
        cr_assert_eq(process_rate(0), 100);
        cr_assert_eq(process_octets(1), 1000);
        cr_assert_eq(process_rate(1), 1000);
    }
}

Test(snapshot_streams, each_exporter_behind_nat_finds_its_templates_and_rates)
{
    struct process b = process_netflow9(PROCESS_OTHER_PORT);
    b.uptime_ms = 500000;
    b.sequence = 1000;
    check_two(process_netflow9(PROCESS_PORT), b);
}

Test(snapshot_streams, each_exporter_behind_nat_finds_its_templates_and_rates_in_ipfix)
{
    struct process b = process_ipfix(PROCESS_OTHER_PORT);
    b.sequence = 1000;
    check_two(process_ipfix(PROCESS_PORT), b);
}

Test(snapshot_streams, exporter_that_changed_its_port_meanwhile_finds_its_templates)
{
    struct process process = process_ipfix(PROCESS_PORT);
    process_announce(&process, false);
    start_again();
    process.port = PROCESS_OTHER_PORT;
    process_send(&process, 1000, 1);
    cr_assert_eq(process_octets(0), 1000);
}

Test(snapshot_streams, exporter_that_restarted_meanwhile_waits_for_its_new_templates)
{
    struct process process = process_netflow9(PROCESS_PORT);
    process_announce(&process, false);
    process_send(&process, 1000, 1);
    start_again();
    process_restart(&process);
    process_send(&process, 2, 2000);
    cr_assert_eq(collector.flow_count, 0);
    process_announce(&process, true);
    cr_assert_eq(process_octets(0), 2000);
}

Test(snapshot_streams, what_was_announced_before_a_restart_is_not_written)
{
    struct process process = process_ipfix(PROCESS_PORT);
    process_announce(&process, false);
    process_announce_rate(&process, 100);
    process_send(&process, 1000, 1);
    process_restart(&process);
    process_send(&process, 1, 1);
    start_again();
    process_send(&process, 2, 2000);
    cr_assert_eq(collector.flow_count, 0);
}
