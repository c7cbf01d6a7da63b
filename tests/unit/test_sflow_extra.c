/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records without a field, as entries of Extra. */
#include "ingest/decode/sflow_sample.h"
#include "tests/support/sflow_examples.h"

#include <criterion/criterion.h>

static struct flow flow;
static uint32_t dropped;

static enum sflow_record_outcome read_bytes(uint32_t format, const struct build *body, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* never of no size */
    memcpy(copy, body->bytes, size);
    enum sflow_record_outcome outcome =
        sflow_read_extra(&flow, format, cursor_of(copy, size), &dropped);
    free(copy);
    return outcome;
}

/* Cut at every octet it is bad and adds nothing; whole it is read. Padding may be left out. */
static void check_record(uint32_t format, const struct build *body)
{
    flow_begin(&flow);
    dropped = 0;
    for (size_t size = 0; size < body->size; size++) {
        cr_assert_eq(read_bytes(format, body, size), SFLOW_RECORD_BAD, "%u at %zu", format, size);
        cr_assert_not(flow_has(&flow, FLOW_EXTRA));
    }
    cr_assert_eq(read_bytes(format, body, body->size), SFLOW_RECORD_READ, "%u", format);
    cr_assert_eq(dropped, 0);
}

/* The map as JSON. */
static void check_extra(const char *expected)
{
    char json[8 * TEXT_MAP_BYTES];
    cr_assert(flow_has(&flow, FLOW_EXTRA));
    *text_entries_put_json(json, flow.extra.bytes, flow.extra.size) = '\0';
    cr_assert_str_eq(json, expected);
}

static void put_numbers(struct build *body, uint32_t first, int count)
{
    for (int i = 0; i < count; i++) {
        build_u32(body, first + (uint32_t)i);
    }
}

Test(sflow_extra, other_formats_are_skipped)
{
    static const uint32_t FORMATS[] = {0, 1, 1001, 1016, 1043, 3000, 4413 << 12 | 1, UINT32_MAX};
    struct build body = {0};
    put_numbers(&body, 1, 8);
    flow_begin(&flow);
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        cr_assert_eq(read_bytes(FORMATS[i], &body, body.size), SFLOW_RECORD_SKIPPED);
    }
    cr_assert_not(flow_has(&flow, FLOW_EXTRA));
}

Test(sflow_extra, does_not_trust_the_length_of_a_string)
{
    static const uint32_t LENGTHS[] = {5, 0x7fffffff, 0xffffffff};
    flow_begin(&flow);
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct build body = {0};
        build_u32(&body, LENGTHS[i]);
        build_bytes(&body, "fib", 4);
        cr_assert_eq(read_bytes(1038, &body, body.size), SFLOW_RECORD_BAD);
    }
    cr_assert_not(flow_has(&flow, FLOW_EXTRA));
}

Test(sflow_extra, counts_what_finds_no_room)
{
    struct build body = {0};
    build_u32(&body, 2 * TEXT_MAP_BYTES);
    build_zeroes(&body, 2 * (size_t)TEXT_MAP_BYTES);
    memset(body.bytes + 4, 'x', 2 * (size_t)TEXT_MAP_BYTES);
    flow_begin(&flow);
    dropped = 0;
    cr_assert_eq(read_bytes(1038, &body, body.size), SFLOW_RECORD_READ);
    cr_assert_eq(dropped, 1);
    cr_assert_not(flow_has(&flow, FLOW_EXTRA));
}

Test(sflow_extra, user_and_url)
{
    struct build body = {0};
    build_u32(&body, 106);
    sflow_put_string(&body, "alice");
    build_u32(&body, 106);
    sflow_put_string(&body, ""); /* nobody known: no entry */
    check_record(1004, &body);
    check_extra("{\"sFlow/1004/src_charset\":\"106\",\"sFlow/1004/src_user\":\"alice\","
                "\"sFlow/1004/dst_charset\":\"106\"}");
    body = (struct build){0};
    build_u32(&body, 1);
    sflow_put_string(&body, "/index.html");
    sflow_put_string(&body, "example.test");
    check_record(1005, &body);
    check_extra("{\"sFlow/1005/direction\":\"1\",\"sFlow/1005/url\":\"/index.html\","
                "\"sFlow/1005/host\":\"example.test\"}");
}

Test(sflow_extra, mpls_tunnel_and_circuit)
{
    struct build body = {0};
    sflow_put_string(&body, "lsp-1");
    put_numbers(&body, 7, 2);
    check_record(1008, &body);
    check_extra("{\"sFlow/1008/tunnel_lsp_name\":\"lsp-1\",\"sFlow/1008/tunnel_id\":\"7\","
                "\"sFlow/1008/tunnel_cos\":\"8\"}");
    check_record(1009, &body);
    check_extra("{\"sFlow/1009/vc_instance_name\":\"lsp-1\",\"sFlow/1009/vll_vc_id\":\"7\","
                "\"sFlow/1009/vc_label_cos\":\"8\"}");
}

Test(sflow_extra, tunnel_headers_put_on_and_taken_off)
{
    struct build body = {0};
    put_numbers(&body, 100, 2);
    build_u32(&body, 0xc0000201);
    build_u32(&body, 0xc6336402);
    put_numbers(&body, 1, 4);
    check_record(1024, &body);
    check_extra("{\"sFlow/1024/length\":\"100\",\"sFlow/1024/protocol\":\"101\","
                "\"sFlow/1024/src_ip\":\"192.0.2.1\",\"sFlow/1024/dst_ip\":\"198.51.100.2\","
                "\"sFlow/1024/src_port\":\"1\",\"sFlow/1024/dst_port\":\"2\","
                "\"sFlow/1024/tcp_flags\":\"3\",\"sFlow/1024/tos\":\"4\"}");
    body = (struct build){0};
    sflow_example_put(&body, 2); /* a sampled Ethernet header */
    check_record(1021, &body);
    check_extra("{\"sFlow/1021/length\":\"64\",\"sFlow/1021/src_mac\":\"02:00:00:00:00:01\","
                "\"sFlow/1021/dst_mac\":\"02:00:00:00:00:02\",\"sFlow/1021/type\":\"2054\"}");
    body = (struct build){0};
    sflow_example_put(&body, 4);
    check_record(1025, &body);
}

Test(sflow_extra, why_a_packet_was_dropped)
{
    struct build body = {0};
    sflow_put_string(&body, "nf_hook_slow");
    check_record(1038, &body);
    check_extra("{\"sFlow/1038/symbol\":\"nf_hook_slow\"}");
    check_record(1042, &body);
    body = (struct build){0};
    sflow_put_string(&body, "acl_drops");
    sflow_put_string(&body, "ingress_flow_action_drop");
    check_record(1041, &body);
    check_extra("{\"sFlow/1041/group\":\"acl_drops\","
                "\"sFlow/1041/trap\":\"ingress_flow_action_drop\"}");
}

Test(sflow_extra, records_of_several_kinds_add_up)
{
    struct build body = {0};
    build_u32(&body, 3);
    flow_begin(&flow);
    cr_assert_eq(read_bytes(1036, &body, body.size), SFLOW_RECORD_READ);
    cr_assert_eq(read_bytes(1040, &body, body.size), SFLOW_RECORD_READ);
    check_extra("{\"sFlow/1036/queue\":\"3\",\"sFlow/1040/depth\":\"3\"}");
}

Test(sflow_extra, wireless)
{
    struct build body = {0};
    sflow_put_string(&body, "lab");
    build_u32(&body, 0x00005e00);
    build_u32(&body, 0x53010000);
    put_numbers(&body, 1, 7);
    check_record(1014, &body);
    check_extra("{\"sFlow/1014/ssid\":\"lab\",\"sFlow/1014/bssid\":\"00:00:5e:00:53:01\","
                "\"sFlow/1014/version\":\"1\",\"sFlow/1014/channel\":\"2\","
                "\"sFlow/1014/speed\":\"12884901892\",\"sFlow/1014/rsni\":\"5\","
                "\"sFlow/1014/rcpi\":\"6\",\"sFlow/1014/packet_duration\":\"7\"}");
    build_u32(&body, 8);
    check_record(1015, &body);
    check_extra("{\"sFlow/1015/ssid\":\"lab\",\"sFlow/1015/bssid\":\"00:00:5e:00:53:01\","
                "\"sFlow/1015/version\":\"1\",\"sFlow/1015/transmissions\":\"2\","
                "\"sFlow/1015/packet_duration\":\"3\",\"sFlow/1015/retrans_duration\":\"4\","
                "\"sFlow/1015/channel\":\"5\",\"sFlow/1015/speed\":\"25769803783\","
                "\"sFlow/1015/power\":\"8\"}");
}

Test(sflow_extra, proxies_and_memcache)
{
    struct build body = {0};
    build_u32(&body, 6);
    build_u32(&body, 0xc0000201);
    build_u32(&body, 0xc6336402);
    put_numbers(&body, 80, 2);
    check_record(2102, &body);
    check_extra("{\"sFlow/2102/protocol\":\"6\",\"sFlow/2102/local_ip\":\"192.0.2.1\","
                "\"sFlow/2102/remote_ip\":\"198.51.100.2\",\"sFlow/2102/local_port\":\"80\","
                "\"sFlow/2102/remote_port\":\"81\"}");
    body = (struct build){0};
    sflow_put_string(&body, "/a");
    sflow_put_string(&body, "b.a.test"); /* no padding */
    check_record(2207, &body);
    check_extra("{\"sFlow/2207/uri\":\"/a\",\"sFlow/2207/host\":\"b.a.test\"}");
    body = (struct build){0};
    put_numbers(&body, 1, 2);
    sflow_put_string(&body, "key");
    put_numbers(&body, 3, 4);
    check_record(2200, &body);
    check_extra("{\"sFlow/2200/protocol\":\"1\",\"sFlow/2200/cmd\":\"2\","
                "\"sFlow/2200/key\":\"key\",\"sFlow/2200/nkeys\":\"3\","
                "\"sFlow/2200/value_bytes\":\"4\",\"sFlow/2200/uS\":\"5\","
                "\"sFlow/2200/status\":\"6\"}");
}

Test(sflow_extra, application_and_http)
{
    struct build body = {0};
    put_numbers(&body, 2, 2);
    for (int i = 0; i < 7; i++) {
        sflow_put_string(&body, i < 2 ? "x" : "");
    }
    put_numbers(&body, 0, 6);
    check_record(2206, &body);
    check_extra("{\"sFlow/2206/method\":\"2\",\"sFlow/2206/protocol\":\"3\","
                "\"sFlow/2206/uri\":\"x\",\"sFlow/2206/host\":\"x\",\"sFlow/2206/req_bytes\":\"1\","
                "\"sFlow/2206/resp_bytes\":\"8589934595\",\"sFlow/2206/uS\":\"4\","
                "\"sFlow/2206/status\":\"5\"}");
    body = (struct build){0};
    put_numbers(&body, 1, 12);
    check_record(2209, &body);
    cr_assert_eq(flow.extra.count, 12);
}
