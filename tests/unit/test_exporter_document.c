/* SPDX-License-Identifier: BSD-3-Clause -- what /exporters tells. */
#include "common/buffer.h"
#include "ingest/decode/decode.h"
#include "tests/support/packet_builder.h"
#include "tests/support/sflow_builder.h"

#include <criterion/criterion.h>

static struct decoder *decoder;

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

static void set_up(void)
{
    cr_assert_eq(decoder_new(&decoder, &(struct decoder_options){0}), ERR_OK);
}

static void tear_down(void)
{
    decoder_destroy(&decoder);
}

TestSuite(exporter_document, .init = set_up, .fini = tear_down);

static void decode(const struct build *wire)
{
    struct datagram datagram = {.bytes = wire->bytes, .size = wire->size, .received_ns = 1};
    cr_assert_eq(address_parse(&datagram.source, "203.0.113.9"), ERR_OK);
    const struct flow_sink sink = {.take = ignore};
    (void)decoder_decode(decoder, &datagram, &sink);
}

static void check(const char *text, bool is_there)
{
    struct buffer out = {0};
    decoder_print(decoder, DECODER_EXPORTERS, &out);
    cr_expect_eq(
        strstr(buffer_text(&out), text) != NULL, is_there, "%s: %s", text, buffer_text(&out));
    buffer_clear(&out);
}

/* One flow sample of sub-agent 7, source 3. */
static void decode_sample(uint32_t datagram_number, uint32_t number)
{
    static struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_overwrite(&builder, builder.number_at, datagram_number);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_overwrite(&builder, builder.sample_at, number);
    sflow_close_sample(&builder);
    decode(&builder.wire);
}

/* A NetFlow 5 header from 10.0.0.0 and the next so many addresses. */
static void introduce(uint32_t count)
{
    static const uint8_t HEADER[24] = {0, 5};
    const struct flow_sink sink = {.take = ignore};
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t bytes[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
        struct datagram datagram = {.bytes = HEADER,
            .size = sizeof HEADER,
            .source = address_from_ipv4(bytes),
            .received_ns = 1};
        (void)decoder_decode(decoder, &datagram, &sink);
    }
}

Test(exporter_document, is_printed_in_parts_that_are_bounded_and_the_same_as_the_whole)
{
    introduce(2000);
    struct buffer whole = {0};
    struct buffer out = {0};
    struct document_place place = {.exporter = 0};
    decoder_print(decoder, DECODER_EXPORTERS, &whole);
    size_t parts = 0;
    bool has_more = true;
    while (has_more) {
        size_t before = out.size;
        has_more = decoder_print_part(decoder, DECODER_EXPORTERS, &place, &out);
        cr_assert_leq(out.size - before, (1 << 16) + 1000);
        parts++;
    }
    cr_assert_gt(parts, 5);
    cr_assert_str_eq(buffer_text(&out), buffer_text(&whole));
    buffer_clear(&out);
    buffer_clear(&whole);
}

Test(exporter_document, goes_on_with_exporters_that_come_between_its_parts)
{
    introduce(1000);
    struct buffer out = {0};
    struct document_place place = {.exporter = 0};
    cr_assert(decoder_print_part(decoder, DECODER_EXPORTERS, &place, &out));
    introduce(1001);
    while (decoder_print_part(decoder, DECODER_EXPORTERS, &place, &out)) {
        cr_assert_lt(out.size, 1 << 20);
    }
    cr_assert(strstr(buffer_text(&out), "},\"10.0.3.232\":{") != NULL);
    buffer_clear(&out);
}

Test(exporter_document, has_nothing_of_nobody)
{
    struct buffer out = {0};
    decoder_print(decoder, DECODER_EXPORTERS, &out);
    cr_assert_eq(out.size, 0);
    buffer_clear(&out);
}

Test(exporter_document, has_no_sources_but_of_sflow)
{
    static struct packet packet;
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    decode(&packet.wire);
    check("\"203.0.113.9\":{\"HasOptions\":false,\"Domains\":[{\"Type\":\"NetFlow5\"", true);
    check("Sources", false);
}

Test(exporter_document, names_no_source_that_lost_nothing)
{
    decode_sample(1, 1);
    decode_sample(2, 2);
    check(",\"Sources\":1,\"SourcesWithLoss\":[]}", true);
}

Test(exporter_document, names_sources_that_lost_samples)
{
    decode_sample(1, 1);
    decode_sample(2, 6);
    check(",\"Sources\":1,\"SourcesWithLoss\":[{\"ObservationDomainID\":7,\"Class\":0,"
          "\"Index\":3,\"Samples\":\"flow\",\"Received\":2,\"Lost\":4,\"Late\":0,"
          "\"DroppedByAgent\":0}]}",
        true);
}

/* An options record of interface 3: a name of 16 bytes, an uptime, and a rate for the domain. */
static void decode_options(const char *name)
{
    static struct packet packet;
    char padded[16] = {0};
    memcpy(padded, name, strlen(name));
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, 256, 1, {0, 10, 4}, {0, 82, 16}, {0, 160, 8});
    packet_open_set(&packet, 256);
    build_u32(&packet.wire, 3);
    build_bytes(&packet.wire, padded, sizeof padded);
    packet_u64(&packet, 1600000000000);
    packet_close_set(&packet);
    packet_close(&packet);
    decode(&packet.wire);
}

Test(exporter_document, has_no_options_of_who_told_none)
{
    decode_sample(1, 1);
    check("\"Options\"", false);
    check("\"HasOptions\":false", true);
}

Test(exporter_document, has_the_last_value_of_each_option)
{
    decode_options("ge-0/0/1");
    decode_options("ge-0/0/2");
    check("{\"ObservationDomainID\":77,\"Scope\":\"interface\",\"ScopeID\":3,"
          "\"Name\":\"interfaceName\",\"Value\":\"ge-0/0/2\"}",
        true);
    check("\"Name\":\"systemInitTimeMilliseconds\",\"Value\":\"1600000000000\"", true);
    check("ge-0/0/1", false);
}

Test(exporter_document, quotes_what_anybody_may_have_sent)
{
    decode_options("a\"b\\c\xff");
    check("\"Value\":\"a\\\"b\\\\c", true);
}

Test(exporter_document, tells_the_rate_of_netflow5_s_header)
{
    static struct packet packet;
    packet_netflow5(&packet, 1, 0x4000 | 100);
    packet_netflow5_record(&packet, 1);
    decode(&packet.wire);
    check("\"SamplingRate\":100,\"SamplingSource\":\"header\"", true);
}

Test(exporter_document, tells_the_rate_of_the_last_sample)
{
    decode_sample(1, 1);
    check("\"SamplingRate\":512,\"SamplingSource\":\"header\"", true);
}

/* The names of interfaces from `first` on. */
static void name_interfaces(uint32_t first, uint32_t count)
{
    static struct packet packet;
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, 256, 1, {0, 10, 4}, {0, 82, 8});
    packet_open_set(&packet, 256);
    for (uint32_t i = 0; i < count; i++) {
        build_u32(&packet.wire, first + i);
        build_bytes(&packet.wire, "xe-0/0/1", 8);
    }
    packet_close_set(&packet);
    packet_close(&packet);
    decode(&packet.wire);
}

static size_t count_of(const struct buffer *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr(text->bytes, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

/* Between two parts the table of options grows, and everything in it gets another place. */
Test(exporter_document, has_each_option_once_although_more_come_between_its_parts)
{
    struct buffer out = {0};
    struct document_place place = {.exporter = 0};
    name_interfaces(1, 1000);
    cr_assert(decoder_print_part(decoder, DECODER_EXPORTERS, &place, &out));
    cr_assert_lt(out.size, (1 << 16) + 1000);
    name_interfaces(1001, 1000);
    while (decoder_print_part(decoder, DECODER_EXPORTERS, &place, &out)) {
        cr_assert_lt(out.size, 1 << 20);
    }
    (void)buffer_text(&out);
    cr_assert_eq(count_of(&out, "\"interfaceName\""), 2000);
    cr_assert_eq(count_of(&out, "\"ScopeID\":2000,"), 1);
    cr_assert_eq(count_of(&out, "\"HasOptions\""), 1);
    cr_assert_str_eq(out.bytes + out.size - 4, "\"}]}");
    buffer_clear(&out);
}
