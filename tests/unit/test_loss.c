/* SPDX-License-Identifier: BSD-3-Clause -- the loss ledger, minute by minute. */
#include "common/clock.h"
#include "ingest/decode/decode.h"
#include "tests/support/packet_builder.h"

#include <criterion/criterion.h>

enum {
    MINUTE_S = 60,
    START_S = 1700000040 /* a minute begins */
};

struct ledger {
    size_t rows;
    struct record last;
};

static void take_record(void *context, enum record_kind kind, const struct record *record)
{
    struct ledger *ledger = context;
    cr_assert_eq(kind, RECORD_LOSSES);
    ledger->rows++;
    ledger->last = *record;
}

static void take_flow(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

static struct decoder *open_decoder(struct ledger *ledger)
{
    struct decoder *decoder;
    const struct decoder_options options = {.records = {take_record, ledger}};
    cr_assert_eq(decoder_new(&decoder, &options), ERR_OK);
    return decoder;
}

static void decode(struct decoder *decoder, const void *bytes, size_t size, uint64_t time_s)
{
    const struct datagram datagram = {.bytes = bytes,
        .size = size,
        .source = address_from_ipv4((const uint8_t[]){192, 0, 2, 1}),
        .received_ns = time_s * NS_PER_S};
    const struct flow_sink sink = {.take = take_flow};
    decoder_tick(decoder, datagram.received_ns);
    (void)decoder_decode(decoder, &datagram, &sink);
}

/* A NetFlow 5 datagram of one flow. */
static void decode_netflow5(struct decoder *decoder, uint32_t sequence, uint64_t time_s)
{
    uint8_t bytes[24 + 48] = {[1] = 5, [3] = 1, [21] = 7};
    for (int i = 0; i < 4; i++) {
        bytes[16 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    }
    decode(decoder, bytes, sizeof bytes, time_s);
}

static uint64_t last(const struct ledger *ledger, enum losses_field field)
{
    return ledger->last.values[field].number;
}

Test(loss, nothing_happened_is_no_row)
{
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder = open_decoder(&ledger);
    decode_netflow5(decoder, 1, START_S);
    decoder_tick(decoder, (START_S + MINUTE_S) * NS_PER_S);
    cr_assert_eq(ledger.rows, 1);
    decoder_tick(decoder, (START_S + 2 * MINUTE_S) * NS_PER_S);
    decoder_finish(decoder);
    cr_assert_eq(ledger.rows, 1);
    decoder_destroy(&decoder);
}

Test(loss, a_row_has_what_one_minute_brought)
{
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder = open_decoder(&ledger);
    decode_netflow5(decoder, 1, START_S);
    decode_netflow5(decoder, 11, START_S + MINUTE_S - 1);
    decode_netflow5(decoder, 14, START_S + MINUTE_S);
    cr_assert_eq(ledger.rows, 1);
    cr_assert_eq(last(&ledger, LOSSES_TIME_RECEIVED), START_S);
    cr_assert_eq(last(&ledger, LOSSES_PROTOCOL), FLOW_TYPE_NETFLOW5);
    cr_assert_eq(last(&ledger, LOSSES_DOMAIN), 7);
    cr_assert_eq(last(&ledger, LOSSES_DATAGRAMS), 2);
    cr_assert_eq(last(&ledger, LOSSES_RECEIVED), 2);
    cr_assert_eq(last(&ledger, LOSSES_LOST), 9);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS), 2);
    decoder_finish(decoder);
    cr_assert_eq(ledger.rows, 2);
    cr_assert_eq(last(&ledger, LOSSES_TIME_RECEIVED), START_S + MINUTE_S);
    cr_assert_eq(last(&ledger, LOSSES_LOST), 2);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS), 1);
    decoder_destroy(&decoder);
}

Test(loss, late_and_doubled_datagrams_are_told_apart)
{
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder = open_decoder(&ledger);
    decode_netflow5(decoder, 1, START_S);
    decode_netflow5(decoder, 3, START_S);
    decode_netflow5(decoder, 2, START_S);
    decode_netflow5(decoder, 2, START_S);
    decoder_finish(decoder);
    cr_assert_eq(last(&ledger, LOSSES_RECEIVED), 3);
    cr_assert_eq(last(&ledger, LOSSES_LOST), 1);
    cr_assert_eq(last(&ledger, LOSSES_LATE), 1);
    cr_assert_eq(last(&ledger, LOSSES_DOUBLES), 1);
    decoder_destroy(&decoder);
}

Test(loss, a_datagram_that_cannot_be_read_is_its_exporters)
{
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder = open_decoder(&ledger);
    decode(decoder, (const uint8_t[]){0, 5, 0, 1}, 4, START_S);
    decoder_finish(decoder);
    cr_assert_eq(ledger.rows, 1);
    cr_assert_eq(last(&ledger, LOSSES_DATAGRAMS), 1);
    cr_assert_eq(last(&ledger, LOSSES_UNDECODABLE), 1);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS), 0);
    decoder_destroy(&decoder);
}

/* The amounts of a ledger that has one datagram: truncated, and undecodable. */
static void check_truncated(const void *bytes, size_t size, uint64_t truncated)
{
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder = open_decoder(&ledger);
    decode(decoder, bytes, size, START_S);
    decoder_finish(decoder);
    cr_assert_eq(ledger.rows, 1);
    cr_assert_eq(last(&ledger, LOSSES_TRUNCATED), truncated);
    cr_assert_eq(last(&ledger, LOSSES_UNDECODABLE), 1);
    decoder_destroy(&decoder);
}

Test(loss, a_datagram_that_ends_too_early_is_truncated)
{
    check_truncated((const uint8_t[]){0, 5, 0, 1}, 4, 1);
    check_truncated((const uint8_t[24 + 47]){[1] = 5, [3] = 1}, 24 + 47, 1);
    check_truncated((const uint8_t[19]){[1] = 9}, 19, 1);
    check_truncated((const uint8_t[24]){[1] = 9, [21] = 1, [23] = 5}, 24, 1);
    check_truncated((const uint8_t[15]){[1] = 10}, 15, 1);
    check_truncated((const uint8_t[16]){[1] = 10, [3] = 17}, 16, 1);
    check_truncated((const uint8_t[27]){[3] = 5, [7] = 1}, 27, 1);
    check_truncated((const uint8_t[28]){[3] = 5, [7] = 1, [27] = 1}, 28, 1);
    check_truncated((const uint8_t[36]){[3] = 5, [7] = 1, [27] = 1, [31] = 1, [35] = 1}, 36, 1);
}

Test(loss, other_faults_are_not_truncation)
{
    check_truncated((const uint8_t[24]){[1] = 5}, 24, 0);
    check_truncated((const uint8_t[24 + 96]){[1] = 5, [3] = 1}, 24 + 96, 0);
    check_truncated((const uint8_t[24]){[1] = 9, [21] = 1, [23] = 3}, 24, 0);
    check_truncated((const uint8_t[16]){[1] = 10, [3] = 15}, 16, 0);
    check_truncated((const uint8_t[28]){[3] = 5, [7] = 3}, 28, 0);
}

Test(loss, truncation_counts_where_a_template_is_missing_too)
{
    check_truncated((const uint8_t[32]){[1] = 9, [20] = 1, [23] = 8, [28] = 1, [31] = 9}, 32, 1);
}

/* A set of `size` bytes, all of it padding but for some records. */
static void decode_records(struct decoder *decoder, uint32_t records, size_t size)
{
    static struct packet packet;
    packet_ipfix(&packet);
    packet_padded_set(&packet, 256, records, size);
    packet_close(&packet);
    decode(decoder, packet.wire.bytes, packet.wire.size, START_S);
}

/* Those without a template are counted when it has come, those behind them when they come. */
Test(loss, records_that_wait_are_received_once)
{
    static struct packet packet;
    struct ledger ledger = {.rows = 0};
    struct decoder *decoder;
    const struct decoder_options options = {
        .max_held_bytes = 1 << 20, .records = {take_record, &ledger}};
    cr_assert_eq(decoder_new(&decoder, &options), ERR_OK);
    decode_records(decoder, 3, 40000);
    decode_records(decoder, 1, 40000);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, 256, {0, 1, 4});
    packet_close(&packet);
    decode(decoder, packet.wire.bytes, packet.wire.size, START_S);
    decode_records(decoder, 2, 60000);
    const struct flow_sink sink = {.take = take_flow};
    bool has_more = true;
    while (has_more) {
        has_more = decoder_catch_up(decoder, &sink);
    }
    decoder_finish(decoder);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS), 6);
    cr_assert_eq(last(&ledger, LOSSES_RECEIVED), 6);
    decoder_destroy(&decoder);
}
