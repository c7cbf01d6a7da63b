/* SPDX-License-Identifier: BSD-3-Clause -- templates that go out of force, and sets they do not
 * fit.
 */
#include "tests/support/decoder_fixture.h"

#include <criterion/criterion.h>

enum {
    TEMPLATE_ID = 256,
    OPTIONS_ID = 300,
    IPFIX_TEMPLATES = 2,
    IPFIX_OPTIONS_TEMPLATES = 3,
    ELEMENT_OCTETS = 1,
    ELEMENT_PACKETS = 2
};

static void start(void)
{
    collector_start_with(&collector, &(struct decoder_options){.max_held_bytes = 1 << 17});
}

TestSuite(template_set, .init = start, .fini = fixture_stop);

static uint64_t held(void)
{
    return counter_get(&decoder_counters(collector.decoder)->held_sets);
}

static uint64_t misfits(void)
{
    return counter_get(&decoder_counters(collector.decoder)->misfit_sets);
}

/* One message with a template of `count` fields of four bytes; the first is the given element. */
static void announce(uint16_t element, size_t count)
{
    static const uint16_t OTHERS[] = {0, 7, 11, 4};
    packet_ipfix(&packet);
    packet_open_set(&packet, IPFIX_TEMPLATES);
    struct template_field fields[4] = {{0, element, 4}};
    for (size_t i = 1; i < count; i++) {
        fields[i] = (struct template_field){0, OTHERS[i], 4};
    }
    packet_template(&packet, TEMPLATE_ID, fields, count);
    packet_close_set(&packet);
    fixture_decode();
}

/* One message with a data set of so many numbers of four bytes. */
static void send_data(uint32_t value, size_t numbers)
{
    packet_ipfix(&packet);
    packet_open_set(&packet, TEMPLATE_ID);
    for (size_t i = 0; i < numbers; i++) {
        build_u32(&packet.wire, value);
    }
    packet_close_set(&packet);
    fixture_decode();
}

static void check_out_of_force(void)
{
    size_t flows = collector.flow_count;
    send_data(7, 1);
    cr_assert_eq(collector.flow_count, flows);
    cr_assert_eq(held(), 1);
}

/* Twenty fields without length: over TEMPLATE_MAX_EMPTY_FIELDS. */
static void announce_refused(uint16_t id, bool is_options)
{
    struct template_field fields[20];
    for (size_t i = 0; i < 20; i++) {
        fields[i] = (struct template_field){0, (uint16_t)(i + 1), 0};
    }
    packet_ipfix(&packet);
    if (is_options) {
        packet_options_template(&packet, id, 1, fields, 20);
    } else {
        packet_open_set(&packet, IPFIX_TEMPLATES);
        packet_template(&packet, id, fields, 20);
        packet_close_set(&packet);
    }
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
}

Test(template_set, a_refused_template_takes_the_older_one_out_of_force)
{
    announce(ELEMENT_OCTETS, 1);
    announce_refused(TEMPLATE_ID, false);
    check_out_of_force();
}

Test(template_set, data_that_waited_is_read_when_the_same_template_comes_again)
{
    announce(ELEMENT_OCTETS, 1);
    announce_refused(TEMPLATE_ID, false);
    check_out_of_force();
    announce(ELEMENT_OCTETS, 1);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 7);
}

Test(template_set, a_template_over_the_limit_of_fields_takes_the_older_one_out_of_force)
{
    announce(ELEMENT_OCTETS, 1);
    packet_ipfix(&packet);
    packet_open_set(&packet, IPFIX_TEMPLATES);
    build_u16(&packet.wire, TEMPLATE_ID);
    build_u16(&packet.wire, TEMPLATE_MAX_FIELDS + 1);
    for (uint32_t i = 0; i <= TEMPLATE_MAX_FIELDS; i++) {
        build_u16(&packet.wire, ELEMENT_PACKETS);
        build_u16(&packet.wire, 4);
    }
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_TEMPLATE_LIMIT);
    check_out_of_force();
}

Test(template_set, a_template_that_its_set_cuts_takes_the_older_one_out_of_force)
{
    announce(ELEMENT_OCTETS, 1);
    packet_ipfix(&packet);
    packet_open_set(&packet, IPFIX_TEMPLATES);
    build_u16(&packet.wire, TEMPLATE_ID);
    build_u16(&packet.wire, 2);
    build_u32(&packet.wire, ELEMENT_PACKETS << 16 | 4);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.status, DECODE_TEMPLATE);
    check_out_of_force();
}

Test(template_set, a_template_that_its_datagram_cuts_takes_the_older_one_out_of_force)
{
    announce(ELEMENT_OCTETS, 1);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, IPFIX_TEMPLATES, TEMPLATE_ID, {0, 2, 4}, {0, 1, 4});
    packet_close(&packet);
    collector_decode_part(&collector, &packet, packet.wire.size - 4);
    check_out_of_force();
}

Test(template_set, a_withdrawn_template_is_out_of_force)
{
    announce(ELEMENT_OCTETS, 1);
    announce(0, 0);
    check_out_of_force();
}

Test(template_set, the_id_of_the_set_withdraws_all_templates_but_no_options_templates)
{
    announce(ELEMENT_OCTETS, 1);
    packet_ipfix(&packet);
    packet_open_set(&packet, IPFIX_OPTIONS_TEMPLATES);
    packet_template(&packet, IPFIX_OPTIONS_TEMPLATES, NULL, 0);
    packet_close_set(&packet);
    fixture_decode();
    send_data(5, 1);
    cr_assert_eq(collector.flow_count, 1);
    packet_ipfix(&packet);
    packet_open_set(&packet, IPFIX_TEMPLATES);
    packet_template(&packet, IPFIX_TEMPLATES, NULL, 0);
    packet_close_set(&packet);
    fixture_decode();
    check_out_of_force();
}

/* Options: an observation domain, and the rate of its sampler. */
static void send_rate(uint32_t rate)
{
    packet_ipfix(&packet);
    packet_open_set(&packet, OPTIONS_ID);
    build_u32(&packet.wire, PACKET_DOMAIN);
    build_u32(&packet.wire, rate);
    packet_close_set(&packet);
    fixture_decode();
}

Test(template_set, options_are_not_read_by_a_template_that_was_refused_since)
{
    packet_ipfix(&packet);
    PACKET_OPTIONS_TEMPLATE(&packet, OPTIONS_ID, 1, {0, 149, 4}, {0, 34, 4});
    fixture_decode();
    send_rate(1000);
    announce_refused(OPTIONS_ID, true);
    send_rate(256002);
    announce(ELEMENT_OCTETS, 1);
    send_data(1, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_SAMPLING_RATE), 1000);
}

/* A subTemplateList of template 256: three semantics-and-id bytes, then the record. */
Test(template_set, lists_are_not_read_by_a_template_that_was_withdrawn)
{
    announce(ELEMENT_OCTETS, 1);
    announce(0, 0);
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, IPFIX_TEMPLATES, 257, {0, 292, TEMPLATE_VARIABLE});
    packet_open_set(&packet, 257);
    build_u8(&packet.wire, 7);
    build_u8(&packet.wire, 255);
    build_u16(&packet.wire, TEMPLATE_ID);
    build_u32(&packet.wire, 42);
    packet_close_set(&packet);
    fixture_decode();
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_not(flow_has(&collector.flows[0], FLOW_BYTES));
    cr_assert_eq(counter_get(&decoder_counters(collector.decoder)->lists_unread), 1);
}

Test(template_set, a_set_that_does_not_fit_waits_for_the_layout_that_it_has)
{
    announce(ELEMENT_OCTETS, 2);
    send_data(3, 3);
    cr_assert_eq(collector.flow_count, 0);
    cr_assert_eq(misfits(), 1);
    cr_assert_eq(held(), 1);
    announce(ELEMENT_OCTETS, 3);
    cr_assert_eq(collector.flow_count, 1);
    cr_assert_eq(flow_number(&collector.flows[0], FLOW_BYTES), 3);
    cr_assert_eq(collector_dropped(&collector, DECODE_SET_MISFIT), 0);
}

Test(template_set, a_set_that_fits_no_template_is_dropped_and_counted_apart)
{
    announce(ELEMENT_OCTETS, 2);
    send_data(3, 3);
    announce(ELEMENT_OCTETS, 2);
    cr_assert_eq(collector.flow_count, 0);
    cr_assert_eq(held(), 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_SET_MISFIT), 1);
    cr_assert_eq(collector_dropped(&collector, DECODE_TEMPLATE_MISSING), 0);
}

Test(template_set, a_set_that_does_not_fit_is_dropped_at_once_where_nothing_waits)
{
    fixture_restart(&(struct decoder_options){.max_held_bytes = 0});
    announce(ELEMENT_OCTETS, 2);
    send_data(3, 3);
    cr_assert_eq(collector.status, DECODE_SET_MISFIT);
    cr_assert_eq(collector.flow_count, 0);
    cr_assert_eq(collector_dropped(&collector, DECODE_SET_MISFIT), 1);
}

Test(template_set, zeroes_and_up_to_three_other_bytes_behind_the_records_are_padding)
{
    announce(ELEMENT_OCTETS, 2);
    for (uint8_t odd = 0; odd <= 1; odd++) {
        packet_ipfix(&packet);
        packet_open_set(&packet, TEMPLATE_ID);
        build_u32(&packet.wire, 9);
        build_u32(&packet.wire, 9);
        for (int i = 0; i < (odd != 0 ? 3 : 7); i++) {
            build_u8(&packet.wire, odd);
        }
        packet_close_set(&packet);
        fixture_decode();
    }
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(misfits(), 0);
}

/* A name of one byte and a number: behind the record is half of another. */
Test(template_set, a_set_of_records_of_any_length_fits_or_does_not)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, IPFIX_TEMPLATES, TEMPLATE_ID, {0, 82, TEMPLATE_VARIABLE}, {0, 1, 4});
    for (int broken = 0; broken <= 1; broken++) {
        packet_open_set(&packet, TEMPLATE_ID);
        for (int i = 0; i < 2; i++) {
            build_u8(&packet.wire, (uint8_t)(1 + 40 * broken * i));
            build_u8(&packet.wire, 'x');
            build_u32(&packet.wire, 5);
        }
        packet_close_set(&packet);
    }
    fixture_decode();
    cr_assert_eq(collector.flow_count, 2);
    cr_assert_eq(misfits(), 1);
}
