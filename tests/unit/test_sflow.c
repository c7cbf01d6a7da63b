/* SPDX-License-Identifier: BSD-3-Clause -- sFlow datagrams and samples, the broken ones first. */
#include "tests/support/corpus.h"
#include "tests/support/flow_collector.h"
#include "tests/support/sflow_builder.h"

#include <criterion/criterion.h>

static struct flow_collector collected;
static struct decoder_options options = {.max_exporters = 4};

static void stop(void)
{
    collector_stop(&collected);
}

TestSuite(sflow, .fini = stop);

/* By a decoder that has seen nothing yet. */
static void decode_bytes(const uint8_t *bytes, size_t size)
{
    collector_stop(&collected);
    collector_start_with(&collected, &options);
    collector_decode_bytes(&collected, bytes, size);
}

static void decode(const struct sflow_builder *builder)
{
    decode_bytes(builder->wire.bytes, builder->wire.size);
}

static uint64_t dropped(enum decode_status reason)
{
    return collector_dropped(&collected, reason);
}

static const struct decode_counters *counters(void)
{
    return decoder_counters(collected.decoder);
}

/* Two flow samples, plain and expanded, of an ordinary frame. */
static struct sflow_builder two_samples(void)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_raw_header(&builder, 1, 1518, &frame);
    sflow_close_sample(&builder);
    sflow_open_flow_sample_expanded(&builder, 1024, 5, 6);
    sflow_raw_header(&builder, 1, 60, &frame);
    sflow_close_sample(&builder);
    return builder;
}

Test(sflow, survives_every_truncation)
{
    struct sflow_builder builder = two_samples();
    for (size_t size = 0; size < builder.wire.size; size++) {
        decode_bytes(builder.wire.bytes, size);
        cr_assert_neq(collected.status, DECODE_OK, "%zu", size);
        cr_assert_leq(collected.flow_count, 1, "%zu", size);
    }
}

Test(sflow, survives_the_fuzzers_corpus)
{
    cr_assert_gt(corpus_replay("sflow", decode_bytes), 0);
}

Test(sflow, refuses_a_short_header)
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    decode_bytes(builder.wire.bytes, builder.wire.size - 1);
    cr_assert_eq(collected.status, DECODE_SHORT_HEADER);
}

Test(sflow, refuses_other_versions)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, 0, 4);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_VERSION);
    cr_assert_eq(collected.flow_count, 0);
}

Test(sflow, refuses_an_agent_of_unknown_address_type)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, 4, 3);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_ADDRESS_TYPE);
    cr_assert_eq(collected.flow_count, 0);
}

/* The original goflow asked for 16 GiB here. */
Test(sflow, does_not_trust_a_sample_count)
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_overwrite(&builder, builder.sample_count_at, 0xffffffff);
    decode(&builder);
    cr_assert_eq(builder.wire.size, 28);
    cr_assert_eq(collected.status, DECODE_COUNT);
    cr_assert_eq(collected.flow_count, 0);
}

Test(sflow, keeps_the_samples_before_a_wrong_count)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, builder.sample_count_at, 0xffffffff);
    decode(&builder);
    cr_assert_eq(collected.flow_count, 2);
    cr_assert_eq(dropped(DECODE_COUNT), 1);
}

Test(sflow, reads_no_more_samples_than_claimed)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, builder.sample_count_at, 1);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(collected.flow_count, 1);
    sflow_overwrite(&builder, builder.sample_count_at, 0);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(collected.flow_count, 0);
}

Test(sflow, stops_at_a_sample_longer_than_the_datagram)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, builder.sample_length_at, 0xffffffff);
    decode(&builder);
    cr_assert_eq(collected.flow_count, 1);
    cr_assert_eq(dropped(DECODE_SAMPLE), 1);
}

Test(sflow, drops_only_the_sample_that_is_too_short)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_sample(&builder, 1);
    build_zeroes(&builder.wire, 28);
    sflow_close_sample(&builder);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_raw_header(&builder, 1, 1518, &frame);
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(dropped(DECODE_SAMPLE), 1);
    cr_assert_eq(collected.flow_count, 1);
    cr_assert_eq(collected.flows[0].bytes, 1518);
}

Test(sflow, does_not_trust_a_record_count)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, builder.record_count_at, 0xffffffff);
    decode(&builder);
    cr_assert_eq(collected.flow_count, 2);
    cr_assert_eq(dropped(DECODE_COUNT), 1);
    cr_assert_eq(collected.flows[1].bytes, 60);
}

Test(sflow, drops_a_record_longer_than_its_sample_and_keeps_the_flow)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, builder.record_length_at, 0xffffffff);
    decode(&builder);
    cr_assert_eq(dropped(DECODE_SAMPLE_RECORD), 1);
    cr_assert_eq(collected.flow_count, 2);
    cr_assert_eq(collected.flows[1].packets, 1);
    cr_assert_not(flow_has(&collected.flows[1], FLOW_SRC_ADDR));
}

Test(sflow, counts_what_it_does_not_read)
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_sample(&builder, 2);
    build_zeroes(&builder.wire, 12);
    sflow_close_sample(&builder);
    sflow_open_sample(&builder, 4);
    build_zeroes(&builder.wire, 16);
    sflow_close_sample(&builder);
    sflow_open_sample(&builder, 4300 << 12 | 1);
    build_zeroes(&builder.wire, 5);
    sflow_close_sample(&builder);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_open_record(&builder, 1016);
    sflow_close_record(&builder);
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(counter_get(&counters()->counter_samples), 2);
    cr_assert_eq(counter_get(&counters()->skipped_samples), 1);
    cr_assert_eq(counter_get(&counters()->skipped_records), 1);
    cr_assert_eq(collected.flow_count, 1);
}

static void find_sflow(
    void *context, const struct address *address, const struct exporter_counters *exporter)
{
    (void)address;
    const struct sflow_counters **sflow_p = context;
    *sflow_p = &exporter->sflow;
}

Test(sflow, counts_samples_and_their_records_by_type)
{
    struct sflow_builder builder = two_samples();
    sflow_open_sample(&builder, 4300 << 12 | 2); /* not a counter sample: another enterprise */
    sflow_close_sample(&builder);
    decode(&builder);
    const struct sflow_counters *sflow = NULL;
    decoder_visit_exporters(collected.decoder, find_sflow, &sflow);
    cr_assert_not_null(sflow);
    cr_assert_eq(counter_get(&sflow->datagrams), 1);
    cr_assert_eq(counter_get(&sflow->samples[SFLOW_SAMPLE_FLOW]), 1);
    cr_assert_eq(counter_get(&sflow->samples[SFLOW_SAMPLE_FLOW_EXPANDED]), 1);
    cr_assert_eq(counter_get(&sflow->samples[SFLOW_SAMPLE_COUNTER]), 0);
    cr_assert_eq(counter_get(&sflow->samples[SFLOW_SAMPLE_OTHER]), 1);
    cr_assert_eq(counter_get(&sflow->records[SFLOW_SAMPLE_FLOW]), 1);
    uint64_t agent[2] = {counter_get(&sflow->agent[0]), counter_get(&sflow->agent[1])};
    struct address address;
    memcpy(address.bytes, agent, sizeof agent);
    cr_assert_str_eq(collector_text(&address), "192.0.2.100");
}

/* Datagram `number` with one sample of the source, whose pool and drops the agent counts up. */
static struct sflow_builder numbered_sample(
    bool is_expanded, uint32_t number, uint32_t pool, uint32_t drops)
{
    const size_t pool_at = is_expanded ? 16 : 12;
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_overwrite(&builder, builder.number_at, number);
    if (is_expanded) {
        sflow_open_flow_sample_expanded(&builder, 512, 3, 4);
    } else {
        sflow_open_flow_sample(&builder, 512, 3, 4);
    }
    sflow_overwrite(&builder, builder.sample_at, number);
    sflow_overwrite(&builder, builder.sample_at + pool_at, pool);
    sflow_overwrite(&builder, builder.sample_at + pool_at + 4, drops);
    sflow_close_sample(&builder);
    return builder;
}

static void check_growth(bool is_expanded)
{
    struct sflow_builder first = numbered_sample(is_expanded, 1, 5000, 7);
    struct sflow_builder second = numbered_sample(is_expanded, 2, 5512, 10);
    decode(&first);
    collector_decode_bytes(&collected, second.wire.bytes, second.wire.size);
    const struct sflow_counters *sflow = NULL;
    decoder_visit_exporters(collected.decoder, find_sflow, &sflow);
    cr_assert_not_null(sflow);
    cr_assert_eq(counter_get(&sflow->sources[SFLOW_SOURCE_FLOW].pool), 512);
    cr_assert_eq(counter_get(&sflow->sources[SFLOW_SOURCE_FLOW].dropped), 3);
    cr_assert_eq(counter_get(&sflow->sources[SFLOW_SOURCE_FLOW].lost), 0);
}

Test(sflow, counts_what_the_agent_dropped_in_plain_samples)
{
    check_growth(false);
}

Test(sflow, counts_what_the_agent_dropped_in_expanded_samples)
{
    check_growth(true);
}

Test(sflow, reads_the_datagram_and_the_sample)
{
    struct sflow_builder builder = two_samples();
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(collected.flow_count, 2);
    const struct flow *flow = &collected.flows[0];
    cr_assert_eq(flow->type, FLOW_TYPE_SFLOW5);
    cr_assert_eq(flow->time_received, 1700000000);
    cr_assert_eq(flow->time_flow_start, 1700000000);
    cr_assert_eq(flow->time_flow_end_ns, COLLECTOR_RECEIVED_NS);
    cr_assert_eq(flow->sequence_num, 1000);
    cr_assert_eq(flow->observation_domain_id, 7);
    cr_assert_str_eq(collector_text(&flow->sampler_address), "192.0.2.100");
    cr_assert_eq(flow->sampling_rate, 512);
    cr_assert_eq(flow->sampling_source, FLOW_SAMPLING_HEADER);
    cr_assert_eq(flow->packets, 1);
    cr_assert_eq(flow->bytes, 1518);
    cr_assert_eq(flow->layer2_bytes, 1518);
    cr_assert_eq(flow->in_if, 3);
    cr_assert_eq(flow->out_if, 4);
    cr_assert_eq(flow->dst_port, FRAME_DST_PORT);
    flow = &collected.flows[1];
    cr_assert_eq(flow->sampling_rate, 1024);
    cr_assert_eq(flow->in_if, 5);
    cr_assert_eq(flow->out_if, 6);
    cr_assert_str_eq(collector_text(&flow->dst_addr), "198.51.100.2");
}

Test(sflow, takes_agents_of_both_families)
{
    struct sflow_builder builder;
    sflow_begin_ipv6(&builder);
    sflow_open_flow_sample(&builder, 1, 1, 2);
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(collected.flow_count, 1);
    cr_assert_str_eq(collector_text(&collected.flows[0].sampler_address), "2001:db8::64");
}

Test(sflow, names_the_source_of_an_agent_without_address)
{
    struct sflow_builder builder = two_samples();
    sflow_overwrite(&builder, 8, 0);
    decode(&builder);
    cr_assert_str_eq(collector_text(&collected.flows[0].sampler_address), "203.0.113.9");
}

Test(sflow, keeps_interface_formats_apart)
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_flow_sample(&builder, 1, 0x3fffffff, UINT32_C(2) << 30 | 7);
    sflow_close_sample(&builder);
    sflow_open_flow_sample_expanded(&builder, 1, 0x80000001, UINT64_C(1) << 32 | 258);
    sflow_close_sample(&builder);
    decode(&builder);
    const struct flow *compact = &collected.flows[0];
    cr_assert_eq(compact->in_if, 0x3fffffff);
    cr_assert_eq(compact->in_if_format, 3);
    cr_assert_eq(compact->out_if, 7);
    cr_assert_eq(compact->out_if_format, 2);
    cr_assert_not(flow_has(compact, FLOW_DROP_REASON));
    const struct flow *expanded = &collected.flows[1];
    cr_assert_eq(expanded->in_if, 0x80000001);
    cr_assert_not(flow_has(expanded, FLOW_IN_IF_FORMAT));
    cr_assert_eq(expanded->out_if_format, 1);
    cr_assert_eq(expanded->drop_reason, 258);
    cr_assert_eq(expanded->forwarding_status, 258);
}

Test(sflow, makes_a_flow_of_a_discarded_packet)
{
    struct build frame = {0};
    frame_ordinary(&frame);
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_discarded_packet(&builder, 3, 4, 257);
    sflow_raw_header(&builder, 1, 99, &frame);
    sflow_open_record(&builder, 1038);
    build_u32(&builder.wire, 5);
    build_bytes(&builder.wire, "ip_in", 5);
    sflow_close_record(&builder);
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(collected.flow_count, 1);
    const struct flow *flow = &collected.flows[0];
    cr_assert_eq(flow->drop_reason, 257);
    cr_assert_eq(flow->in_if, 3);
    cr_assert_eq(flow->out_if, 4);
    cr_assert_eq(flow->bytes, 99);
    cr_assert_eq(flow->proto, 6);
    cr_assert_not(flow_has(flow, FLOW_SAMPLING_RATE));
    cr_assert_not(flow_has(flow, FLOW_SAMPLING_SOURCE));
}

Test(sflow, puts_records_without_a_field_into_extra_where_that_is_wanted)
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_open_record(&builder, 1036);
    build_u32(&builder.wire, 5);
    sflow_close_record(&builder);
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(counter_get(&counters()->skipped_records), 1);
    cr_assert_not(flow_has(&collected.flows[0], FLOW_EXTRA));
    options.takes_extra = true;
    decode(&builder);
    cr_assert_eq(counter_get(&counters()->skipped_records), 0);
    cr_assert_eq(collected.flows[0].extra.count, 1);
}

/* A frame of 200 octets as records 1 to 4 describe it; ports and flags of records 3, 4 are unknown.
 */
static void put_record(struct sflow_builder *builder, uint32_t format)
{
    struct build frame = {0};
    static const uint8_t MACS[] = {2, 0, 0, 0, 0, 9, 0, 0, 2, 0, 0, 0, 0, 8, 0, 0};
    static const uint8_t ADDRESSES[] = {192, 0, 2, 1, 198, 51, 100, 2};
    switch (format) {
    case 1:
        frame_ordinary(&frame);
        sflow_raw_header(builder, 1, 200, &frame);
        return;
    case 2:
        sflow_open_record(builder, 2);
        build_u32(&builder->wire, 200);
        build_bytes(&builder->wire, MACS, sizeof MACS);
        build_u32(&builder->wire, 0x8100);
        break;
    default:
        sflow_open_record(builder, format);
        build_u32(&builder->wire, 182);
        build_u32(&builder->wire, 6);
        for (size_t i = 0; i < (format == 3 ? 1 : 4); i++) {
            build_bytes(&builder->wire, ADDRESSES, sizeof ADDRESSES);
        }
        for (int i = 0; i < 4; i++) {
            build_u32(&builder->wire, 0);
        }
        break;
    }
    sflow_close_record(builder);
}

static struct flow decode_in_order(const uint32_t formats[3])
{
    struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    for (size_t i = 0; i < 3 && formats[i] != 0; i++) {
        put_record(&builder, formats[i]);
    }
    sflow_close_sample(&builder);
    decode(&builder);
    cr_assert_eq(collected.status, DECODE_OK);
    cr_assert_eq(collected.flow_count, 1);
    return collected.flows[0];
}

Test(sflow, gives_the_same_flow_in_any_order_of_records)
{
    static const uint32_t ORDERS[][3] = {
        {1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
        struct flow flow = decode_in_order(ORDERS[i]);
        cr_assert_eq(flow_number(&flow, FLOW_ETYPE), 0x0800);
        cr_assert_eq(flow_number(&flow, FLOW_SRC_MAC), FRAME_SRC_MAC);
        cr_assert_eq(flow_number(&flow, FLOW_SRC_PORT), FRAME_SRC_PORT, "a 0 erases nothing");
        cr_assert_eq(flow_number(&flow, FLOW_TCP_FLAGS), 0x18);
        cr_assert_eq(flow_number(&flow, FLOW_IP_TOS), FRAME_TOS);
    }
}

/* The three formats of that number of three digits to base 5; 0 only behind others. */
static bool choose_formats(uint32_t number, uint32_t formats_p[3])
{
    uint32_t seen = 0;
    for (size_t i = 0; i < 3; i++, number /= 5) {
        formats_p[i] = number % 5;
        bool is_gap = i > 0 && formats_p[i] != 0 && formats_p[i - 1] == 0;
        if (is_gap || (formats_p[i] != 0 && (seen & 1U << formats_p[i]) != 0)) {
            return false;
        }
        seen |= 1U << formats_p[i];
    }
    return formats_p[0] != 0;
}

/* docs/sflow.md, Sizes: every choice of records 1 to 4, in every order. */
Test(sflow, bytes_are_those_of_the_outermost_header_in_any_order_of_records)
{
    uint32_t formats[3];
    size_t tried = 0;
    for (uint32_t number = 0; number < 125; number++) {
        if (!choose_formats(number, formats)) {
            continue;
        }
        bool has[5] = {false};
        has[formats[0]] = has[formats[1]] = has[formats[2]] = true;
        struct flow flow = decode_in_order(formats);
        bool is_ip_alone = !has[1] && (has[3] || has[4]);
        cr_assert_eq(flow_number(&flow, FLOW_BYTES), is_ip_alone ? 182 : 200, "%u", number);
        cr_assert_eq(flow_number(&flow, FLOW_LAYER2_BYTES), has[1] || has[2] ? 200 : 0);
        tried++;
    }
    cr_assert_eq(tried, 4 + 4 * 3 + 4 * 3 * 2);
}

Test(sflow, reads_ip_before_ethernet_without_a_raw_header)
{
    static const uint32_t ORDERS[][3] = {{2, 3, 0}, {3, 2, 0}};
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
        struct flow flow = decode_in_order(ORDERS[i]);
        cr_assert_eq(flow_number(&flow, FLOW_ETYPE), 0x0800);
        cr_assert_eq(flow_number(&flow, FLOW_PROTO), 6);
        cr_assert_neq(flow_number(&flow, FLOW_SRC_MAC), 0);
    }
}
