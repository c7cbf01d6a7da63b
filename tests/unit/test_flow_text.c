/* SPDX-License-Identifier: BSD-3-Clause -- flows as lines. */
#include "common/flow_text.h"

#include "tests/support/random_flow.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct flow flow;
static char line[FLOW_TEXT_MAX];

static void check_json(const char *expected)
{
    line[flow_print_json(&flow, line)] = '\0';
    cr_assert_str_eq(line, expected);
}

static void check_text(const char *expected)
{
    line[flow_print_text(&flow, line)] = '\0';
    cr_assert_str_eq(line, expected);
}

static struct address address_of(const char *text)
{
    struct address address;
    cr_assert_eq(address_parse(&address, text), ERR_OK);
    return address;
}

Test(flow_text, prints_nothing_for_an_empty_flow)
{
    flow_begin(&flow);
    check_json("{}\n");
    check_text("\n");
}

Test(flow_text, leaves_zeroes_out)
{
    flow_begin(&flow);
    flow_set_bytes(&flow, 0);
    flow_set_packets(&flow, 1);
    check_json("{\"Packets\":1}\n");
    check_text("Packets=1\n");
}

Test(flow_text, prints_numbers_addresses_and_macs)
{
    struct address src = address_of("10.0.0.1");
    struct address dst = address_of("2001:db8::1");
    flow_begin(&flow);
    flow_set_type(&flow, FLOW_TYPE_IPFIX);
    flow_set_bytes(&flow, UINT64_MAX);
    flow_set_src_addr(&flow, &src);
    flow_set_dst_addr(&flow, &dst);
    flow_set_src_mac(&flow, 0x00259012abfe);
    check_json("{\"Type\":4,\"Bytes\":18446744073709551615,\"SrcAddr\":\"10.0.0.1\","
               "\"DstAddr\":\"2001:db8::1\",\"SrcMac\":\"00:25:90:12:ab:fe\"}\n");
    check_text("Type=4 Bytes=18446744073709551615 SrcAddr=10.0.0.1 DstAddr=2001:db8::1 "
               "SrcMac=00:25:90:12:ab:fe\n");
}

Test(flow_text, prints_lists)
{
    struct address hop = address_of("192.0.2.1");
    flow_begin(&flow);
    flow_append_as_path(&flow, 64512);
    flow_append_as_path(&flow, 0);
    flow_append_mpls_ip(&flow, &hop);
    flow_append_mpls_ip(&flow, &hop);
    check_json("{\"AsPath\":[64512,0],\"MplsIP\":[\"192.0.2.1\",\"192.0.2.1\"]}\n");
    check_text("AsPath=64512,0 MplsIP=192.0.2.1,192.0.2.1\n");
}

Test(flow_text, prints_a_map_as_an_object_or_as_pairs)
{
    flow_begin(&flow);
    flow_set_bytes(&flow, 1);
    struct text_entry first = {.key = "0/36", .value = "60", .key_size = 4, .value_size = 2};
    struct text_entry second = {.key = "9/\"", .value = "a b\n", .key_size = 3, .value_size = 4};
    cr_assert(flow_append_extra(&flow, &first));
    check_json("{\"Bytes\":1,\"Extra\":{\"0/36\":\"60\"}}\n");
    cr_assert(flow_append_extra(&flow, &second));
    check_json("{\"Bytes\":1,\"Extra\":{\"0/36\":\"60\",\"9/\\\"\":\"a b\\n\"}}\n");
    check_text("Bytes=1 Extra[0/36]=\"60\" Extra[9/\\\"]=\"a b\\n\"\n");
}

/* Control characters take the most room. */
static void fill_map(struct text_map *map)
{
    static const char CONTROLS[TEXT_MAP_BYTES] = {0};
    map->count = 0;
    map->size = 0;
    struct text_entry entry = {.key = CONTROLS, .value = CONTROLS, .key_size = 1};
    while (map->count < TEXT_MAP_ENTRIES - 1) {
        cr_assert(text_map_append(map, &entry));
    }
    entry.value_size = (uint16_t)(TEXT_MAP_BYTES - map->size - TEXT_ENTRY_HEADER - entry.key_size);
    cr_assert(text_map_append(map, &entry));
}

/* The widest value of everything: what FLOW_TEXT_MAX must hold. */
static void fill(struct flow *full)
{
    struct address widest = address_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    flow_begin(full);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        uint8_t *member = (uint8_t *)full + FLOW_FIELDS[i].offset;
        struct number_list *numbers = (struct number_list *)member;
        struct address_list *addresses = (struct address_list *)member;
        flow_mark(full, (enum flow_field)i, true);
        switch (FLOW_FIELDS[i].kind) {
        case FLOW_KIND_NUMBER:
            flow_set_number(full, (enum flow_field)i, UINT64_MAX);
            break;
        case FLOW_KIND_ADDRESS:
            *(struct address *)member = widest;
            break;
        case FLOW_KIND_NUMBER_LIST:
            numbers->count = FLOW_LIST_MAX;
            memset(numbers->values, 0xff, sizeof numbers->values);
            break;
        case FLOW_KIND_ADDRESS_LIST:
            addresses->count = FLOW_LIST_MAX;
            memset(addresses->values, 0xff, sizeof addresses->values);
            break;
        case FLOW_KIND_TEXT:
            ((struct flow_text *)member)->size = FLOW_TEXT_BYTES;
            memset(((struct flow_text *)member)->bytes, 1, FLOW_TEXT_BYTES);
            break;
        case FLOW_KIND_TEXT_MAP:
            fill_map((struct text_map *)member);
            break;
        }
    }
}

Test(flow_text, stays_within_its_room_for_the_longest_flow)
{
    fill(&flow);
    cr_assert_leq(flow_print_json(&flow, line), sizeof line);
    cr_assert_leq(flow_print_text(&flow, line), sizeof line);
}

Test(flow_text, names_every_present_field_once)
{
    struct random random = {1};
    for (unsigned round = 0; round < 200; round++) {
        random_flow(&random, &flow, 50);
        line[flow_print_json(&flow, line)] = '\0';
        for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
            char key[64];
            (void)snprintf(key, sizeof key, "\"%s\":", FLOW_FIELDS[i].name);
            const char *found = strstr(line, key);
            cr_assert_eq(found != NULL, flow_has(&flow, (enum flow_field)i), "%s", key);
            cr_assert(found == NULL || strstr(found + 1, key) == NULL, "%s twice", key);
        }
    }
}
