/* SPDX-License-Identifier: BSD-3-Clause -- what exporters announced survives as bytes, or not. */
#include "ingest/decode/snapshot.h"

#include "common/buffer.h"
#include "common/crc32c.h"
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum {
    TEMPLATE_ID = 256,
    OPTIONS_ID = 257,
    RATE = 4096,
    HEADER_SIZE = 24
};

static struct buffer file;

static void stop(void)
{
    collector_stop(&collector);
    buffer_clear(&file);
}

TestSuite(snapshot, .init = fixture_start, .fini = stop);

static void announce(void)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 1, 4}, {0, 82, TEMPLATE_VARIABLE});
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 149, 4}, {0, 34, 4});
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, PACKET_DOMAIN);
    build_u32(&packet.wire, RATE);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_OK);
}

static void send_data(void)
{
    packet_ipfix(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    build_u32(&packet.wire, 1500);
    build_u8(&packet.wire, 0);
    packet_close_set(&packet);
    fixture_decode();
}

/* Writes the file anew from the collector's decoder. */
static void save(const struct snapshot *before, uint64_t now_ns)
{
    struct buffer exporters = {0};
    buffer_clear(&file);
    decoder_print(collector.decoder, DECODER_SNAPSHOT, &exporters);
    snapshot_write(&file, &exporters, before, now_ns);
    buffer_clear(&exporters);
    cr_assert_eq(buffer_check(&file), ERR_OK);
}

static void restart_with(const struct snapshot *snapshot)
{
    fixture_restart(&(struct decoder_options){.snapshot = snapshot});
}

static struct snapshot *parsed(void)
{
    struct snapshot *snapshot = NULL;
    cr_assert_eq(snapshot_parse(&snapshot, file.bytes, file.size), ERR_OK);
    return snapshot;
}

static void mend_crc(void)
{
    uint32_t crc = __builtin_bswap32(crc32c(0, file.bytes + 16, file.size - 16));
    memcpy(file.bytes + 12, &crc, sizeof crc);
}

Test(snapshot, cut_anywhere_is_refused)
{
    announce();
    save(NULL, collector.received_ns);
    for (size_t size = 0; size < file.size; size++) {
        struct snapshot *snapshot = NULL;
        char *copy = malloc(size + 1);
        cr_assert_not_null(copy);
        memcpy(copy, file.bytes, size);
        cr_expect_neq(snapshot_parse(&snapshot, copy, size), ERR_OK, "%zu bytes", size);
        cr_expect_null(snapshot);
        free(copy);
    }
}

Test(snapshot, with_any_byte_wrong_is_refused)
{
    announce();
    save(NULL, collector.received_ns);
    for (size_t at = 0; at < file.size; at++) {
        struct snapshot *snapshot = NULL;
        file.bytes[at] = (char)(file.bytes[at] ^ 0x40);
        cr_expect_neq(snapshot_parse(&snapshot, file.bytes, file.size), ERR_OK, "byte %zu", at);
        snapshot_destroy(&snapshot);
        file.bytes[at] = (char)(file.bytes[at] ^ 0x40);
    }
}

/* A checksum protects from accidents only. */
Test(snapshot, with_any_byte_wrong_and_a_right_checksum_is_survived)
{
    announce();
    save(NULL, collector.received_ns);
    for (size_t at = 16; at < file.size; at++) {
        struct snapshot *snapshot = NULL;
        char kept = file.bytes[at];
        file.bytes[at] = (char)(kept ^ 0xff);
        mend_crc();
        if (snapshot_parse(&snapshot, file.bytes, file.size) == ERR_OK) {
            restart_with(snapshot);
            send_data();
            restart_with(NULL);
        }
        snapshot_destroy(&snapshot);
        file.bytes[at] = kept;
    }
}

Test(snapshot, of_a_later_version_or_no_snapshot_at_all_is_told_from_a_damaged_one)
{
    struct snapshot *snapshot = NULL;
    cr_assert_eq(snapshot_parse(&snapshot, "", 0), ERR_UNSUPPORTED);
    cr_assert_eq(snapshot_parse(&snapshot, "nf.port = 2055\n# settings", 25), ERR_UNSUPPORTED);
    save(NULL, collector.received_ns);
    file.bytes[11] = 3;
    cr_assert_eq(snapshot_parse(&snapshot, file.bytes, file.size), ERR_UNSUPPORTED);
    file.bytes[11] = 2;
    file.bytes[12] = (char)(file.bytes[12] ^ 1);
    cr_assert_eq(snapshot_parse(&snapshot, file.bytes, file.size), ERR_CORRUPT);
}

Test(snapshot, of_nothing_is_a_header)
{
    save(NULL, collector.received_ns);
    cr_assert_eq(file.size, HEADER_SIZE);
    struct snapshot *snapshot = parsed();
    cr_assert_eq(snapshot_count(snapshot), 0);
    snapshot_destroy(&snapshot);
}

Test(snapshot, brings_back_templates_and_sampling_rates)
{
    announce();
    save(NULL, collector.received_ns);
    struct snapshot *snapshot = parsed();
    restart_with(snapshot);
    send_data();
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 1500);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), RATE);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_SOURCE), FLOW_SAMPLING_OPTIONS);
    restart_with(NULL);
    snapshot_destroy(&snapshot);
}

/* Interface 5 is sampled by sampler 3, one in 300; sampler 4 takes one in 400. */
static void announce_samplers(void)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, 301, 1, {0, 10, 4}, {0, 48, 4});
    packet_open_set(&packet, 301);
    build_u32(&packet.wire, 5);
    build_u32(&packet.wire, 3);
    packet_close_set(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, 302, 1, {0, 48, 4}, {0, 50, 4});
    packet_open_set(&packet, 302);
    for (uint32_t sampler = 3; sampler <= 4; sampler++) {
        build_u32(&packet.wire, sampler);
        build_u32(&packet.wire, sampler * 100);
    }
    packet_close_set(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 10, 4}, {0, 1, 4});
    fixture_decode();
}

Test(snapshot, brings_back_the_sampler_of_an_interface)
{
    announce_samplers();
    save(NULL, collector.received_ns);
    struct snapshot *snapshot = parsed();
    restart_with(snapshot);
    packet_ipfix(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 5);
    build_u32(&packet.wire, 1500);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 300);
    restart_with(NULL);
    snapshot_destroy(&snapshot);
}

Test(snapshot, brings_back_nothing_of_other_exporters)
{
    announce();
    save(NULL, collector.received_ns);
    struct snapshot *snapshot = parsed();
    restart_with(snapshot);
    collector.source = "203.0.113.10";
    send_data();
    cr_assert_eq(collector.status, DECODE_TEMPLATE_MISSING);
    restart_with(NULL);
    snapshot_destroy(&snapshot);
}

Test(snapshot, brings_back_the_last_definition_of_a_template)
{
    announce();
    save(NULL, collector.received_ns);
    struct snapshot *snapshot = parsed();
    restart_with(snapshot);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 12, 4}, {0, 2, 4}, {0, 83, TEMPLATE_VARIABLE});
    fixture_decode();
    save(snapshot, collector.received_ns);
    snapshot_destroy(&snapshot);
    snapshot = parsed();
    restart_with(snapshot);
    send_data();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_BYTES));
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_PACKETS), 1500);
    restart_with(NULL);
    snapshot_destroy(&snapshot);
}

Test(snapshot, keeps_exporters_not_heard_again_for_a_month)
{
    static const uint64_t DAY_NS = UINT64_C(24) * 3600 * 1000000000;
    announce();
    save(NULL, collector.received_ns);
    struct snapshot *before = parsed();
    restart_with(before);
    save(before, collector.received_ns + 29 * DAY_NS);
    struct snapshot *after = parsed();
    cr_assert_eq(snapshot_count(after), 1);
    snapshot_destroy(&after);
    save(before, collector.received_ns + 31 * DAY_NS);
    after = parsed();
    cr_assert_eq(snapshot_count(after), 0);
    snapshot_destroy(&after);
    restart_with(NULL);
    snapshot_destroy(&before);
}

/* It says what it holds: nothing changed, nothing to write. */
Test(snapshot, of_an_exporter_that_only_sends_data_stays_the_same)
{
    announce();
    save(NULL, collector.received_ns);
    struct buffer first = file;
    file = (struct buffer){0};
    collector.received_ns += 1000000000;
    send_data();
    save(NULL, collector.received_ns);
    cr_assert_eq(file.size, first.size);
    cr_assert_arr_eq(file.bytes, first.bytes, first.size);
    buffer_clear(&first);
}

/* What a file of the version before has of one exporter: two ports, each with its own template. */
static void write_version_1(void)
{
    static const uint16_t FIELDS[2][3] = {{8, 1, 2}, {8, 2, 1}};
    struct build body = {.size = 0};
    packet.wire.size = 0;
    packet_address(&packet, "203.0.113.9");
    uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
    memcpy(mapped + 12, packet.wire.bytes, 4);
    build_bytes(&body, mapped, sizeof mapped);
    build_zeroes(&body, 4);
    build_u32(&body, PACKET_EXPORT_S);
    build_u32(&body, 2); /* templates */
    build_u32(&body, 1); /* rates */
    for (uint16_t i = 0; i < 2; i++) {
        build_u32(&body, PACKET_DOMAIN);
        build_u16(&body, TEMPLATE_ID);
        build_u16(&body, 10);
        build_u16(&body, 5000 + i);
        build_u16(&body, 0);
        build_u16(&body, 3);
        build_u16(&body, 0);
        build_zeroes(&body, 4);
        build_u32(&body, PACKET_EXPORT_S);
        for (size_t field = 0; field < 3; field++) {
            build_u32(&body, 0);
            build_u16(&body, FIELDS[i][field]);
            build_u16(&body, 4);
        }
    }
    build_u32(&body, 0); /* of the domain */
    build_u32(&body, PACKET_DOMAIN);
    build_zeroes(&body, 14);
    build_u16(&body, RATE);
    build_zeroes(&body, 8);
    struct build head = {.size = 0};
    build_bytes(&head, "GOFLOWTF", 8);
    build_u32(&head, 1);
    build_zeroes(&head, 8);
    build_u32(&head, (uint32_t)body.size + 4);
    buffer_append(&file, head.bytes, head.size);
    packet.wire.size = 0;
    build_u32(&packet.wire, (uint32_t)body.size);
    buffer_append(&file, packet.wire.bytes, 4);
    buffer_append(&file, body.bytes, body.size);
    mend_crc();
}

static void check_ports(void)
{
    static const uint32_t RECORD[] = {0xc0000201, 100, 7};
    for (uint16_t i = 0; i < 2; i++) {
        packet_ipfix(&packet);
        packet_open_set(&packet, TEMPLATE_ID);
        for (size_t field = 0; field < 3; field++) {
            build_u32(&packet.wire, RECORD[field]);
        }
        packet_close_set(&packet);
        collector.source_port = 5000 + i;
        fixture_decode();
        const struct flow *flow = &collector.flows[i];
        cr_assert_eq(collector.flow_count, (size_t)i + 1);
        cr_assert_eq(flow_number(flow, FLOW_BYTES), i == 0 ? 100 : 7);
        cr_assert_eq(flow_number(flow, FLOW_SAMPLING_RATE), RATE);
    }
}

Test(snapshot, of_version_1_is_read_and_written_anew)
{
    write_version_1();
    struct snapshot *snapshot = parsed();
    restart_with(snapshot);
    check_ports();
    save(snapshot, collector.received_ns);
    cr_assert_eq(file.bytes[11], 2);
    snapshot_destroy(&snapshot);
    snapshot = parsed();
    restart_with(snapshot);
    check_ports();
    restart_with(NULL);
    snapshot_destroy(&snapshot);
}

/* Exporters of version 1 that were not heard again stay as they are, beside others. */
Test(snapshot, of_version_1_is_kept_until_its_exporters_are_heard)
{
    write_version_1();
    struct snapshot *before = parsed();
    restart_with(before);
    collector.source = "203.0.113.10";
    announce();
    save(before, collector.received_ns);
    snapshot_destroy(&before);
    struct snapshot *after = parsed();
    cr_assert_eq(snapshot_count(after), 2);
    restart_with(after);
    check_ports();
    restart_with(NULL);
    snapshot_destroy(&after);
}
