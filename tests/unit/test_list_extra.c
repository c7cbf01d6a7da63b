/* SPDX-License-Identifier: BSD-3-Clause -- what lists inside records add to Extra. */
#include "tests/support/listed_record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct packet packet;

static void start(void)
{
    listed_start(&(struct decoder_options){.takes_extra = true});
}

TestSuite(list_extra, .init = start, .fini = listed_stop);

static uint64_t unread(void)
{
    return counter_get(&decoder_counters(listed.decoder)->lists_unread);
}

static void check_extra(const struct flow *flow, const char *expected)
{
    cr_assert_str_eq(collector_extra(flow), expected);
}

static uint64_t extra_dropped(void)
{
    return counter_get(&decoder_counters(listed.decoder)->extra_dropped);
}

Test(list_extra, is_not_wanted_of_elements_that_have_a_field)
{
    listed_announce();
    list_open_basic(483, 4);
    build_u32(&list, 0x10001);
    check_extra(listed_decode(291), "");
}

Test(list_extra, numbers_the_values_of_an_element_without_a_field)
{
    listed_announce();
    list_open_basic(82, 1);
    build_bytes(&list, "abc", 3);
    check_extra(listed_decode(291), "0/82=a 0/82/2=b 0/82/3=c");
}

Test(list_extra, names_enterprise_elements)
{
    listed_announce();
    list_open_basic(LIST_ENTERPRISE | 137, 2);
    build_u32(&list, 2636);
    build_u16(&list, 0x4142);
    check_extra(listed_decode(291), "2636/137=0x4142");
}

Test(list_extra, keeps_communities_of_the_source_apart_from_those_of_the_destination)
{
    listed_announce();
    list_open_basic(483, 4);
    build_u32(&list, 65000u << 16 | 100);
    build_u32(&list, 65000u << 16 | 200);
    const struct flow *flow = listed_decode(484);
    check_extra(flow, "0/484=65000:100 0/484/2=65000:200");
    cr_assert_not(flow_has(flow, FLOW_BGP_COMMUNITIES));
}

/* Junos OS sends it in a list of anything. */
Test(list_extra, has_the_path_to_the_source_whichever_list_it_is_in)
{
    static const uint16_t LISTS[] = {511, 291};
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++) {
        listed_announce();
        list.size = 0;
        list_open_basic(16, 4);
        build_u32(&list, 64500);
        build_u32(&list, 64501);
        check_extra(listed_decode(LISTS[i]), "0/511=64500 0/511/2=64501");
    }
}

Test(list_extra, has_extended_and_large_communities_by_their_direction)
{
    static const uint16_t LISTS[] = {487, 488, 490, 491};
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++) {
        bool is_large = LISTS[i] >= 490;
        listed_announce();
        list.size = 0;
        list_open_basic(is_large ? 489 : 486, is_large ? 12 : 8);
        list_put_number(64496, 4);
        list_put_number(1, 4);
        if (is_large) {
            list_put_number(2, 4);
        }
        char expected[64];
        (void)snprintf(expected, sizeof expected, "0/%u=%s", LISTS[i],
            is_large ? "64496:1:2" : "0x0000fbf000000001");
        check_extra(listed_decode(LISTS[i]), expected);
    }
}

/* Template 257 of records that no field takes. */
static void announce_names(void)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, LISTED_INNER, {0, 82, 1}, {0, 83, 2});
    packet_close(&packet);
    collector_decode(&listed, &packet);
}

static void put_names(const char *names)
{
    build_u8(&list, LIST_ALL_OF);
    build_u16(&list, LISTED_INNER);
    build_bytes(&list, names, strlen(names));
}

Test(list_extra, has_every_record_of_a_list)
{
    announce_names();
    put_names("abbcdd");
    check_extra(listed_decode(292), "0/82=a 0/83=bb 0/82/2=c 0/83/2=dd");
    cr_assert_eq(unread(), 0);
}

Test(list_extra, leaves_a_record_out_that_was_cut)
{
    announce_names();
    put_names("abbcd");
    check_extra(listed_decode(292), "0/82=a 0/83=bb");
}

Test(list_extra, ends_where_the_map_is_full_and_says_so)
{
    announce_names();
    char names[3 * 40 + 1];
    memset(names, 'x', sizeof names - 1);
    names[sizeof names - 1] = '\0';
    put_names(names);
    const struct flow *flow = listed_decode(292);
    cr_assert_eq(flow->extra.count, TEXT_MAP_ENTRIES);
    cr_assert_gt(extra_dropped(), 0);
}

Test(list_extra, counts_each_value_that_finds_no_room)
{
    listed_announce();
    list_open_basic(82, 1);
    for (int i = 0; i < 100; i++) {
        build_u8(&list, 'x');
    }
    cr_assert_eq(listed_decode(291)->extra.count, TEXT_MAP_ENTRIES);
    cr_assert_eq(extra_dropped(), 100 - TEXT_MAP_ENTRIES);
}
