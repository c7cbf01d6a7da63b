/* SPDX-License-Identifier: BSD-3-Clause -- the templates as JSON. */
#include "common/buffer.h"
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

static struct buffer document;

static void stop(void)
{
    buffer_clear(&document);
    collector_stop(&collector);
}

TestSuite(template_document, .init = fixture_start, .fini = stop);

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
    fixture_decode();
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

/* Templates of 256 and on, so many. */
static void announce(uint16_t first, uint16_t count, uint16_t length)
{
    packet_ipfix(&packet);
    for (uint16_t i = 0; i < count; i++) {
        const struct template_field field = {0, 1, length};
        packet_open_set(&packet, 2);
        packet_template(&packet, (uint16_t)(first + i), &field, 1);
        packet_close_set(&packet);
    }
    fixture_decode();
}

static bool print_part(struct document_place *place)
{
    size_t before = document.size;
    bool has_more = decoder_print_part(collector.decoder, DECODER_TEMPLATES, place, &document);
    cr_assert_leq(document.size - before, (1 << 16) + 1000);
    return has_more;
}

Test(template_document, of_one_exporter_is_printed_in_bounded_parts_and_the_same)
{
    struct buffer whole = {0};
    struct document_place place = {.exporter = 0};
    announce(256, 2000, 4);
    decoder_print(collector.decoder, DECODER_TEMPLATES, &whole);
    size_t parts = 1;
    while (print_part(&place)) {
        parts++;
    }
    cr_assert_gt(parts, 2);
    cr_assert_str_eq(buffer_text(&document), buffer_text(&whole));
    buffer_clear(&whole);
}

/* Templates that are not announced again go when a new one finds no place. */
static void start_short_lived(void)
{
    collector_stop(&collector);
    collector_start_with(&collector,
        &(struct decoder_options){.max_templates_per_exporter = 2000, .template_lifetime_s = 100});
    announce(256, 2000, 4);
}

static void wait_s(uint64_t seconds)
{
    collector.received_ns += seconds * UINT64_C(1000000000);
}

Test(template_document, goes_on_although_templates_come_and_go_between_its_parts)
{
    struct document_place place = {.exporter = 0};
    start_short_lived();
    cr_assert(print_part(&place));
    uint16_t last_printed = (uint16_t)(place.item & UINT16_MAX);
    wait_s(70);
    announce(257, (uint16_t)(last_printed - 257), 4);
    announce((uint16_t)(last_printed + 1), (uint16_t)(2254 - last_printed), 4);
    wait_s(70);
    announce(3000, 1, 8); /* instead of 256, the last printed, and 2255 */
    while (print_part(&place)) {
    }
    const char *text = buffer_text(&document);
    cr_assert(strstr(text, "\"2254\":{") != NULL);
    cr_assert(strstr(text, "\"2255\":{") == NULL);
    cr_assert(strstr(text, "\"3000\":{\"TemplateId\":3000,\"FieldCount\":1,\"Fields\":[{\"Type\":1,"
                           "\"Length\":8}]}}}}") != NULL);
    cr_assert_eq(document.size, strlen(text));
}

Test(template_document, is_closed_although_all_templates_go_between_its_parts)
{
    struct document_place place = {.exporter = 0};
    start_short_lived();
    cr_assert(print_part(&place));
    wait_s(140);
    announce(256, 1, 4); /* no other is left, and this one was printed */
    cr_assert_not(print_part(&place));
    const char *text = buffer_text(&document);
    cr_assert_str_eq(text + document.size - 5, "]}}}}");
}
