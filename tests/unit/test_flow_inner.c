/* SPDX-License-Identifier: BSD-3-Clause -- which packet of a tunnel the plain fields describe. */
#include "ingest/decode/flow_inner.h"

#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    REVERSE = 29305
};

static struct flow_collector collector;
static struct packet packet;

static void start(void)
{
    static const struct decoder_options OPTIONS = {.prefers_inner = true};
    collector_start_with(&collector, &OPTIONS);
    packet_ipfix(&packet);
}

static void stop(void)
{
    collector_stop(&collector);
}

TestSuite(flow_inner, .init = start, .fini = stop);

static void decode(size_t flows)
{
    packet_close_set(&packet);
    packet_close(&packet);
    collector_decode(&collector, &packet);
    cr_assert_eq(collector.status, DECODE_OK);
    cr_assert_eq(collector.flow_count, flows);
}

Test(flow_inner, is_first_where_it_is_preferred)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 27, 16}, {0, 28, 16}, {0, 4, 1}, {0, 8, 4},
        {0, 12, 4}, {0, 4, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "2001:db8::1");
    packet_address(&packet, "2001:db8::2");
    build_u8(&packet.wire, 4);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "192.0.2.2");
    build_u8(&packet.wire, 17);
    decode(1);
    const struct flow *flow = &collector.flows[0];
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_str_eq(collector_text(&flow->dst_addr), "192.0.2.2");
    cr_assert_eq(flow_number(flow, FLOW_ETYPE), 0x0800);
    cr_assert_eq(flow_number(flow, FLOW_PROTO), 17);
    cr_assert_str_eq(collector_text(&flow->src_addr_encap), "2001:db8::1");
    cr_assert_eq(flow_number(flow, FLOW_ETYPE_ENCAP), 0x86dd);
    cr_assert_eq(flow_number(flow, FLOW_PROTO_ENCAP), 4);
}

Test(flow_inner, leaves_a_flow_alone_that_has_none)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 12, 4}, {0, 4, 1});
    packet_open_set(&packet, TEMPLATE_ID);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "192.0.2.2");
    build_u8(&packet.wire, 17);
    decode(1);
    const struct flow *flow = &collector.flows[0];
    cr_assert_str_eq(collector_text(&flow->src_addr), "192.0.2.1");
    cr_assert_not(flow_has(flow, FLOW_SRC_ADDR_ENCAP));
    cr_assert_not(flow_has(flow, FLOW_PROTO_ENCAP));
}

Test(flow_inner, is_first_in_the_flow_of_the_answer_too)
{
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 1, 4}, {REVERSE, 1, 4}, {0, 8, 4}, {0, 12, 4},
        {0, 8, 4}, {0, 12, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    build_u32(&packet.wire, 100);
    build_u32(&packet.wire, 200);
    packet_address(&packet, "192.0.2.1");
    packet_address(&packet, "192.0.2.2");
    packet_address(&packet, "198.51.100.1");
    packet_address(&packet, "198.51.100.2");
    decode(2);
    const struct flow *reverse = &collector.flows[1];
    cr_assert_eq(flow_number(reverse, FLOW_BYTES), 200);
    cr_assert_str_eq(collector_text(&reverse->src_addr), "198.51.100.2");
    cr_assert_str_eq(collector_text(&reverse->dst_addr), "198.51.100.1");
    cr_assert_str_eq(collector_text(&reverse->src_addr_encap), "192.0.2.2");
}
