/* SPDX-License-Identifier: BSD-3-Clause -- sFlow flow records, each cut at every octet first. */
#include "ingest/decode/sflow_sample.h"
#include "tests/support/flow_collector.h"
#include "tests/support/sflow_examples.h"

#include <criterion/criterion.h>

static enum sflow_record_outcome read_bytes(
    struct flow *flow, uint32_t format, const struct build *body, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* never of no size */
    memcpy(copy, body->bytes, size);
    enum sflow_record_outcome outcome = sflow_record_read(flow, format, cursor_of(copy, size));
    free(copy);
    return outcome;
}

static void read_record(struct flow *flow, uint32_t format)
{
    struct build body = {0};
    sflow_example_put(&body, format);
    cr_assert_eq(read_bytes(flow, format, &body, body.size), SFLOW_RECORD_READ);
}

Test(sflow_records, cut_short_are_bad_and_change_nothing)
{
    for (size_t i = 0; i < SFLOW_EXAMPLE_COUNT; i++) {
        const struct sflow_example *example = &SFLOW_EXAMPLES[i];
        struct build body = {0};
        example->put(&body);
        for (size_t size = 0; size < body.size - example->unread_size; size++) {
            static struct flow flow;
            flow_begin(&flow);
            enum sflow_record_outcome outcome = read_bytes(&flow, example->format, &body, size);
            cr_assert_eq(outcome, SFLOW_RECORD_BAD, "%u at %zu", example->format, size);
            cr_assert_eq(
                flow.present[0] | flow.present[1] | flow.present[2], 0, "%u", example->format);
        }
    }
}

Test(sflow_records, do_not_trust_list_lengths)
{
    static const uint32_t LENGTHS[] = {3, 0x40000000, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct build body = {0};
        build_u32(&body, LENGTHS[i]);
        build_u32(&body, 0x88a80064);
        static struct flow flow;
        flow_begin(&flow);
        cr_assert_eq(read_bytes(&flow, 1012, &body, body.size), SFLOW_RECORD_BAD);
    }
}

Test(sflow_records, do_not_trust_path_lengths)
{
    enum {
        SEGMENTS_AT = 20,
        FIRST_LENGTH_AT = 28,
        COMMUNITIES_AT = 56
    };
    static const size_t PLACES[] = {SEGMENTS_AT, FIRST_LENGTH_AT, COMMUNITIES_AT};
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        struct build body = {0};
        sflow_example_put(&body, 1003);
        memset(body.bytes + PLACES[i], 0xff, 4);
        static struct flow flow;
        flow_begin(&flow);
        cr_assert_eq(read_bytes(&flow, 1003, &body, body.size), SFLOW_RECORD_BAD, "%zu", i);
    }
}

Test(sflow_records, refuse_unknown_address_types)
{
    struct build body = {0};
    sflow_example_put(&body, 1002);
    body.bytes[3] = 9;
    static struct flow flow;
    flow_begin(&flow);
    cr_assert_eq(read_bytes(&flow, 1002, &body, body.size), SFLOW_RECORD_BAD);
}

Test(sflow_records, of_other_formats_are_skipped)
{
    static const uint32_t FORMATS[] = {0, 5, 1004, 1005, 1008, 1011, 1036, 1038, 4413 << 12 | 1};
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        struct build body = {0};
        static struct flow flow;
        flow_begin(&flow);
        cr_assert_eq(read_bytes(&flow, FORMATS[i], &body, 0), SFLOW_RECORD_SKIPPED);
    }
}

Test(sflow_records, raw_header_of_another_protocol_still_counts_its_octets)
{
    struct build body = {0};
    sflow_example_put(&body, 1);
    body.bytes[3] = 4; /* FDDI */
    static struct flow flow;
    flow_begin(&flow);
    cr_assert_eq(read_bytes(&flow, 1, &body, body.size), SFLOW_RECORD_SKIPPED);
    cr_assert_eq(flow.bytes, 1518);
    cr_assert_not(flow_has(&flow, FLOW_SRC_ADDR));
}

/* The original goflow took this record for an error. */
Test(sflow_records, ethernet_gives_addresses_and_type)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 2);
    cr_assert_eq(flow.src_mac, UINT64_C(0x020000000001));
    cr_assert_eq(flow.dst_mac, UINT64_C(0x020000000002));
    cr_assert_eq(flow.etype, 0x0806);
    cr_assert_eq(flow.bytes, 64);
    cr_assert_eq(flow.layer2_bytes, 64);
}

Test(sflow_records, ip_length_is_the_better_count_of_octets)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 3);
    read_record(&flow, 2);
    cr_assert_eq(flow.bytes, 40);
    cr_assert_eq(flow.layer2_bytes, 64);
}

Test(sflow_records, ipv4_and_ipv6_give_the_flow_key)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 3);
    cr_assert_str_eq(collector_text(&flow.src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&flow.dst_addr), "198.51.100.2");
    cr_assert_eq(flow.etype, 0x0800);
    cr_assert_eq(flow.proto, 6);
    cr_assert_eq(flow.src_port, 443);
    cr_assert_eq(flow.dst_port, 50000);
    cr_assert_eq(flow.tcp_flags, 0x12);
    cr_assert_eq(flow.ip_tos, 0x28);
    flow_begin(&flow);
    read_record(&flow, 4);
    cr_assert_str_eq(collector_text(&flow.src_addr), "2001:db8::1");
    cr_assert_str_eq(collector_text(&flow.dst_addr), "2001:db8::2");
    cr_assert_eq(flow.etype, 0x86dd);
    cr_assert_eq(flow.bytes, 1280);
    cr_assert_eq(flow.dst_port, 50000);
    cr_assert_eq(flow.ip_tos, 0x28);
}

Test(sflow_records, switch_gives_vlans_and_ignores_impossible_ones)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1001);
    cr_assert_eq(flow.src_vlan, 100);
    cr_assert_eq(flow.dst_vlan, 200);
    struct build body = {0};
    sflow_example_put(&body, 1001);
    memset(body.bytes, 0xff, 4);
    cr_assert_eq(read_bytes(&flow, 1001, &body, body.size), SFLOW_RECORD_READ);
    cr_assert_not(flow_has(&flow, FLOW_SRC_VLAN));
}

Test(sflow_records, router_gives_next_hop_and_prefixes)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1002);
    cr_assert_str_eq(collector_text(&flow.next_hop), "203.0.113.1");
    cr_assert_eq(flow.src_net, 24);
    cr_assert_eq(flow.dst_net, 16);
}

Test(sflow_records, gateway_gives_the_bgp_route)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1002);
    read_record(&flow, 1003);
    cr_assert_str_eq(collector_text(&flow.next_hop), "203.0.113.1");
    cr_assert_str_eq(collector_text(&flow.bgp_next_hop), "203.0.113.2");
    cr_assert_eq(flow.src_as, 64998);
    cr_assert_eq(flow.next_hop_as, 64500);
    cr_assert_eq(flow.dst_as, 64503);
    cr_assert_eq(flow.as_path.count, 4);
    cr_assert_eq(flow.as_path.values[1], 64501);
    cr_assert_eq(flow.bgp_communities.count, 2);
    cr_assert_eq(flow.bgp_communities.values[1], 0xfde90002);
    cr_assert_eq(flow.local_pref, 150);
}

Test(sflow_records, gateway_falls_back_on_the_routers_as)
{
    struct build body = {0};
    sflow_put_ipv4(&body, 0);
    build_u32(&body, 64999);
    build_zeroes(&body, 20);
    static struct flow flow;
    flow_begin(&flow);
    cr_assert_eq(read_bytes(&flow, 1003, &body, body.size), SFLOW_RECORD_READ);
    cr_assert_eq(flow.src_as, 64999);
    cr_assert_eq(flow.dst_as, 64999);
    cr_assert_not(flow_has(&flow, FLOW_NEXT_HOP_AS));
    cr_assert_not(flow_has(&flow, FLOW_NEXT_HOP));
    cr_assert_not(flow_has(&flow, FLOW_BGP_NEXT_HOP));
    cr_assert_not(flow_has(&flow, FLOW_AS_PATH));
}

Test(sflow_records, mpls_gives_the_incoming_stack)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1006);
    cr_assert_str_eq(collector_text(&flow.next_hop), "203.0.113.3");
    cr_assert_eq(flow.mpls_count, 2);
    cr_assert_eq(flow.mpls_1_label, 16001);
    cr_assert_eq(flow.mpls_2_ttl, 61);
    cr_assert_eq(flow.mpls_last_label, 16002);
    cr_assert_eq(flow.mpls_label.count, 2);
}

Test(sflow_records, nat_gives_translated_addresses_and_ports)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1007);
    read_record(&flow, 1020);
    cr_assert_str_eq(collector_text(&flow.post_nat_src_addr), "203.0.113.4");
    cr_assert_str_eq(collector_text(&flow.post_nat_dst_addr), "203.0.113.5");
    cr_assert_eq(flow.post_nat_src_port, 1024);
    cr_assert_eq(flow.post_nat_dst_port, 8080);
}

Test(sflow_records, stripped_vlan_tags_lie_outside_those_of_the_frame)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1012);
    cr_assert_eq(flow.vlan_id, 100);
    cr_assert_eq(flow.customer_vlan_id, 200);
    flow_begin(&flow);
    flow_set_vlan_id(&flow, 300);
    struct build body = {0};
    build_u32(&body, 1);
    build_u32(&body, 0x88a80064);
    cr_assert_eq(read_bytes(&flow, 1012, &body, body.size), SFLOW_RECORD_READ);
    cr_assert_eq(flow.vlan_id, 100);
    cr_assert_eq(flow.customer_vlan_id, 300);
}

Test(sflow_records, vni_is_the_tunnel_unless_the_header_has_one)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1029);
    cr_assert_eq(flow.tunnel_id, 5001);
    flow_begin(&flow);
    flow_set_tunnel_type(&flow, 3);
    flow_set_tunnel_id(&flow, 77);
    read_record(&flow, 1030);
    cr_assert_eq(flow.tunnel_id, 77);
}

Test(sflow_records, wireless_payload_is_the_packet_that_the_raw_header_hides)
{
    static struct flow flow;
    flow_begin(&flow);
    read_record(&flow, 1013);
    cr_assert_eq(flow.etype, 0x0800);
    cr_assert_eq(flow.proto, 6);
    cr_assert(flow_has(&flow, FLOW_SRC_ADDR));
    cr_assert_eq(flow.tcp_flags, 0x18);
    cr_assert_not(flow_has(&flow, FLOW_BYTES));
}
