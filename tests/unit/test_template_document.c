/* SPDX-License-Identifier: BSD-3-Clause -- the templates as JSON. */
#include "common/buffer.h"
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

static struct flow_collector collector;
static struct packet packet;
static struct buffer document;

static void start(void)
{
    collector_start(&collector);
}

static void stop(void)
{
    buffer_clear(&document);
    collector_stop(&collector);
}

TestSuite(template_document, .init = start, .fini = stop);

Test(template_document, is_empty_without_templates)
{
    packet_netflow5(&packet, 1, 0);
    packet_netflow5_record(&packet, 1);
    collector_decode(&collector, &packet);
    decoder_print(collector.decoder, DECODER_TEMPLATES, &document);
    cr_assert_str_eq(buffer_text(&document), "");
}

Test(template_document, is_by_router_version_domain_and_id)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 257, {0, 1, 8});
    PACKET_TEMPLATE(&packet, 0, 256, {0, 8, 4}, {0, 1, 8});
    collector_decode(&collector, &packet);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, 256, {6876, 880, 1});
    PACKET_OPTIONS_TEMPLATE(&packet, 300, 1, {0, 149, 4}, {0, 34, 4});
    packet_close(&packet);
    collector_decode(&collector, &packet);
    decoder_print(collector.decoder, DECODER_TEMPLATES, &document);
    cr_assert_str_eq(buffer_text(&document),
        "\"203.0.113.9\":{"
        "\"9\":{\"77\":{"
        "\"256\":{\"TemplateId\":256,\"FieldCount\":2,"
        "\"Fields\":[{\"Type\":8,\"Length\":4},{\"Type\":1,\"Length\":8}]},"
        "\"257\":{\"TemplateId\":257,\"FieldCount\":1,\"Fields\":[{\"Type\":1,\"Length\":8}]}}},"
        "\"10\":{\"77\":{"
        "\"256\":{\"TemplateId\":256,\"FieldCount\":1,"
        "\"Fields\":[{\"Type\":880,\"Length\":1,\"Pen\":6876}]},"
        "\"300\":{\"TemplateId\":300,\"FieldCount\":2,\"Scopes\":[{\"Type\":149,\"Length\":4}],"
        "\"Options\":[{\"Type\":34,\"Length\":4}]}}}}");
}

Test(template_document, has_one_member_for_each_router)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 1, 8});
    collector_decode(&collector, &packet);
    collector.source = "2001:db8::9";
    collector_decode(&collector, &packet);
    decoder_print(collector.decoder, DECODER_TEMPLATES, &document);
    cr_assert_not_null(strstr(buffer_text(&document), "}}},\"2001:db8::9\":{\"9\""));
}
