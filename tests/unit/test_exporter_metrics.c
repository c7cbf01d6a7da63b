/* SPDX-License-Identifier: BSD-3-Clause -- the metrics flow_process_* of real datagrams. */
#include "ingest/receive/exporter_metrics.h"
#include "tests/support/sflow_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct decoder *decoder;

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

static void set_up(void)
{
    const struct decoder_options options = {0};
    cr_assert_eq(decoder_new(&decoder, &options), ERR_OK);
}

static void tear_down(void)
{
    decoder_destroy(&decoder);
}

TestSuite(exporter_metrics, .init = set_up, .fini = tear_down);

static void decode(const struct build *wire)
{
    struct datagram datagram = {.bytes = wire->bytes, .size = wire->size, .received_ns = 1};
    cr_assert_eq(address_parse(&datagram.source, "203.0.113.9"), ERR_OK);
    const struct flow_sink sink = {.take = ignore};
    (void)decoder_decode(decoder, &datagram, &sink);
}

static void collect(void *context, struct metrics_page *page)
{
    exporter_metrics_collect(context, page);
}

static void check_page(const char *line, bool is_there)
{
    struct metrics *metrics = NULL;
    struct buffer out = {0};
    cr_assert_eq(metrics_new(&metrics), ERR_OK);
    cr_assert_eq(metrics_register(metrics, collect, decoder), ERR_OK);
    cr_assert_eq(metrics_print(metrics, &out), ERR_OK);
    cr_assert_eq(strstr(buffer_text(&out), line) != NULL, is_there, "%s", line);
    buffer_clear(&out);
    metrics_destroy(&metrics);
}

Test(exporter_metrics, count_sflow_by_router_and_agent)
{
    static struct build frame;
    static struct sflow_builder builder;
    frame_ordinary(&frame);
    sflow_begin(&builder);
    sflow_open_flow_sample(&builder, 1, 1, 1);
    sflow_raw_header(&builder, 1, 60, &frame);
    sflow_raw_header(&builder, 1, 60, &frame);
    sflow_close_sample(&builder);
    decode(&builder.wire);
    decode(&builder.wire);
    check_page(
        "flow_process_sf_count{router=\"203.0.113.9\",agent=\"192.0.2.100\",version=\"5\"} 2\n",
        true);
    check_page("flow_process_sf_samples_sum{router=\"203.0.113.9\",agent=\"192.0.2.100\","
               "version=\"5\",type=\"FlowSample\"} 2\n",
        true);
    check_page("flow_process_sf_samples_records_sum{router=\"203.0.113.9\",agent=\"192.0.2.100\","
               "version=\"5\",type=\"FlowSample\"} 4\n",
        true);
    check_page("flow_process_sf_errors_count{", false);
    check_page("flow_process_nf_count{", false);
}

/* A datagram with one sample of each kind, all with this number. */
static void decode_numbered(uint32_t number, uint32_t agent_drops)
{
    static struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_overwrite(&builder, builder.number_at, number);
    sflow_open_flow_sample(&builder, 512, 3, 4);
    sflow_overwrite(&builder, builder.sample_at, number);
    sflow_overwrite(&builder, builder.sample_at + 12, 512 * number); /* pool */
    sflow_overwrite(&builder, builder.sample_at + 16, agent_drops);
    sflow_close_sample(&builder);
    sflow_open_flow_sample_expanded(&builder, 512, 5, 6);
    sflow_overwrite(&builder, builder.sample_at, 2 * number);
    sflow_overwrite(&builder, builder.sample_at + 8, 5); /* another source */
    sflow_close_sample(&builder);
    sflow_open_discarded_packet(&builder, 3, 4, 257);
    sflow_overwrite(&builder, builder.sample_at, 3 * number);
    sflow_close_sample(&builder);
    sflow_open_sample(&builder, 2);
    build_u32(&builder.wire, 4 * number);
    build_u32(&builder.wire, 3);
    build_u32(&builder.wire, 0);
    sflow_close_sample(&builder);
    decode(&builder.wire);
}

Test(exporter_metrics, tell_lost_samples_from_lost_datagrams)
{
    decode_numbered(1, 7);
    decode_numbered(2, 9);
    check_page("goflow_sequence_lost_total{", false);
    check_page("goflow_sflow_samples_lost_total{router=\"203.0.113.9\",type=\"flow\"} 1\n", true);
    check_page(
        "goflow_sflow_samples_lost_total{router=\"203.0.113.9\",type=\"discarded\"} 2\n", true);
    check_page(
        "goflow_sflow_samples_lost_total{router=\"203.0.113.9\",type=\"counter\"} 3\n", true);
    check_page("goflow_sflow_agent_dropped_total{router=\"203.0.113.9\",type=\"flow\"} 2\n", true);
    check_page("goflow_sflow_pool_packets_total{router=\"203.0.113.9\",type=\"flow\"} 512\n", true);
    check_page("goflow_sflow_source_resets_total{", false);
}

Test(exporter_metrics, tell_sflow_errors_from_others)
{
    static struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_overwrite(&builder, 4, 9); /* address type */
    decode(&builder.wire);
    sflow_begin(&builder);
    sflow_overwrite(&builder, builder.sample_count_at, 1);
    decode(&builder.wire);
    check_page(
        "flow_process_sf_errors_count{router=\"203.0.113.9\",error=\"error_ip_version\"} 1\n",
        true);
    check_page(
        "flow_process_sf_errors_count{router=\"203.0.113.9\",error=\"error_decoding\"} 1\n", true);
    check_page("flow_process_nf_errors_count{", false);
}

Test(exporter_metrics, count_netflow_and_its_errors)
{
    static struct build wire;
    build_u16(&wire, 9);
    build_u16(&wire, 1);
    build_zeroes(&wire, 16);
    build_u16(&wire, 256); /* data without a template */
    build_u16(&wire, 8);
    build_u32(&wire, 1);
    decode(&wire);
    build_u16(&wire, 300);
    build_u16(&wire, 3); /* no set is that short */
    decode(&wire);
    check_page("flow_process_nf_count{router=\"203.0.113.9\",version=\"9\"} 2\n", true);
    check_page(
        "flow_process_nf_errors_count{router=\"203.0.113.9\",error=\"template_not_found\"} 2\n",
        true);
    check_page("flow_process_sf_count{", false);
}

Test(exporter_metrics, tell_reserved_sets_from_other_faults)
{
    static struct build wire;
    build_u16(&wire, 10);
    build_u16(&wire, 20);
    build_zeroes(&wire, 12);
    build_u16(&wire, 77); /* neither templates nor data */
    build_u16(&wire, 4);
    decode(&wire);
    check_page(
        "flow_process_nf_errors_count{router=\"203.0.113.9\",error=\"error_flow_id\"} 1\n", true);
    check_page("error_decoding", false);
}

Test(exporter_metrics, count_sflow_formats_that_are_not_read)
{
    static struct sflow_builder builder;
    sflow_begin(&builder);
    sflow_open_sample(&builder, 4711);
    sflow_close_sample(&builder);
    decode(&builder.wire);
    check_page(
        "flow_process_sf_errors_count{router=\"203.0.113.9\",error=\"error_data_format\"} 1\n",
        true);
    check_page("error_decoding", false);
}
