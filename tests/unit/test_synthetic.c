/* SPDX-License-Identifier: BSD-3-Clause -- synthetic exports are what our decoder understands. */
#include "tools/replay/synthetic.h"

#include "common/clock.h"
#include "ingest/decode/decode.h"
#include "ingest/decode/decode_counters.h"

#include <criterion/criterion.h>
#include <string.h>

enum {
    DATAGRAMS = 1000, /* more than the period of templates */
    EXPORTERS = 3
};

#define START_NS (UINT64_C(1700000000) * NS_PER_S)

static struct flow_sums sent;
static struct flow_sums decoded;
static uint64_t first_rate;

static void take(void *context, const struct flow *flow)
{
    (void)context;
    decoded.flows++;
    decoded.bytes += flow_number(flow, FLOW_BYTES);
    decoded.packets += flow_number(flow, FLOW_PACKETS);
    cr_assert_eq(flow_number(flow, FLOW_SAMPLING_RATE), first_rate);
    cr_assert_leq(flow_number(flow, FLOW_TIME_FLOW_START), flow_number(flow, FLOW_TIME_FLOW_END));
    cr_assert_leq(flow_number(flow, FLOW_TIME_FLOW_END), START_NS / NS_PER_S + 1);
}

static struct synthetic *make(enum synthetic_protocol protocol, uint32_t sampling_rate)
{
    struct synthetic_options options = {
        .protocol = protocol, .exporters = EXPORTERS, .seed = 7, .sampling_rate = sampling_rate};
    struct synthetic *synthetic;
    cr_assert_eq(synthetic_new(&synthetic, &options), ERR_OK);
    return synthetic;
}

static void check_decodes(
    enum synthetic_protocol protocol, uint32_t sampling_rate, uint64_t rate_expected)
{
    struct synthetic *synthetic = make(protocol, sampling_rate);
    struct decoder *decoder;
    const struct decoder_options options = {0};
    const struct flow_sink sink = {.take = take};
    cr_assert_eq(decoder_new(&decoder, &options), ERR_OK);
    first_rate = rate_expected;
    sent = decoded = (struct flow_sums){0};
    for (uint64_t i = 0; i < DATAGRAMS; i++) {
        uint8_t bytes[SYNTHETIC_MAX];
        uint32_t exporter;
        uint64_t now_ns = START_NS + i * NS_PER_US;
        size_t size = synthetic_next(synthetic, now_ns, bytes, &exporter, &sent);
        const uint8_t source[4] = {127, 0, 0, (uint8_t)(2 + exporter)};
        struct datagram datagram = {.bytes = bytes,
            .size = size,
            .source = address_from_ipv4(source),
            .received_ns = now_ns};
        cr_assert_eq(decoder_decode(decoder, &datagram, &sink), DECODE_OK);
    }
    cr_assert_gt(sent.flows, DATAGRAMS);
    cr_assert_eq(decoded.flows, sent.flows);
    cr_assert_eq(decoded.bytes, sent.bytes);
    cr_assert_eq(decoded.packets, sent.packets);
    decoder_destroy(&decoder);
    synthetic_destroy(&synthetic);
}

Test(synthetic, refuses_a_protocol_it_does_not_know)
{
    enum synthetic_protocol protocol;
    cr_assert_eq(synthetic_protocol_parse(&protocol, "netflow8"), ERR_INVALID);
    cr_assert_eq(synthetic_protocol_parse(&protocol, "ipfix"), ERR_OK);
    cr_assert_eq(protocol, SYNTHETIC_IPFIX);
}

Test(synthetic, makes_netflow5_that_decodes_to_its_sums)
{
    check_decodes(SYNTHETIC_NETFLOW5, 1, 0);
    check_decodes(SYNTHETIC_NETFLOW5, 100, 100);
}

Test(synthetic, makes_netflow9_that_decodes_to_its_sums)
{
    check_decodes(SYNTHETIC_NETFLOW9, 1, 0);
    check_decodes(SYNTHETIC_NETFLOW9, 100, 100);
}

Test(synthetic, makes_ipfix_that_decodes_to_its_sums)
{
    check_decodes(SYNTHETIC_IPFIX, 1, 0);
    check_decodes(SYNTHETIC_IPFIX, 1000, 1000);
}

Test(synthetic, makes_sflow_that_decodes_to_its_sums)
{
    check_decodes(SYNTHETIC_SFLOW, 1, 1);
    check_decodes(SYNTHETIC_SFLOW, 512, 512);
}

Test(synthetic, repeats_itself_with_the_same_seed)
{
    struct synthetic *first = make(SYNTHETIC_IPFIX, 1);
    struct synthetic *second = make(SYNTHETIC_IPFIX, 1);
    for (uint64_t i = 0; i < DATAGRAMS; i++) {
        uint8_t bytes[2][SYNTHETIC_MAX];
        uint32_t exporter;
        size_t size = synthetic_next(first, START_NS + i, bytes[0], &exporter, &sent);
        cr_assert_eq(synthetic_next(second, START_NS + i, bytes[1], &exporter, &sent), size);
        cr_assert_arr_eq(bytes[0], bytes[1], size);
    }
    synthetic_destroy(&first);
    synthetic_destroy(&second);
}

static void take_numbered(void *context, const struct flow *flow)
{
    uint64_t *next = context;
    cr_assert_eq(flow_number(flow, FLOW_BYTES), *next);
    (*next)++;
}

Test(synthetic, numbers_flows_in_the_order_they_are_sent)
{
    struct synthetic_options options = {.protocol = SYNTHETIC_NETFLOW9,
        .exporters = 1,
        .seed = 7,
        .sampling_rate = 1,
        .first_number = 1000};
    struct synthetic *synthetic;
    cr_assert_eq(synthetic_new(&synthetic, &options), ERR_OK);
    struct decoder *decoder;
    const struct decoder_options decoder_options = {0};
    cr_assert_eq(decoder_new(&decoder, &decoder_options), ERR_OK);
    uint64_t next = 1000;
    const struct flow_sink sink = {take_numbered, &next};
    struct flow_sums sums = {0};
    for (uint64_t i = 0; i < DATAGRAMS; i++) {
        uint8_t bytes[SYNTHETIC_MAX];
        uint32_t exporter;
        struct datagram datagram = {.bytes = bytes, .received_ns = START_NS};
        datagram.size = synthetic_next(synthetic, START_NS, bytes, &exporter, &sums);
        cr_assert_eq(decoder_decode(decoder, &datagram, &sink), DECODE_OK);
    }
    cr_assert_eq(next, 1000 + sums.flows);
    decoder_destroy(&decoder);
    synthetic_destroy(&synthetic);
}
