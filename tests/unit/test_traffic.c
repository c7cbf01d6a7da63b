/* SPDX-License-Identifier: BSD-3-Clause -- traffic by exporter, in bounded memory. */
#include "ingest/receive/traffic.h"

#include <criterion/criterion.h>

static struct traffic *traffic;

static void count_from(uint16_t exporter, uint8_t version, size_t size)
{
    uint8_t bytes[64] = {0, version};
    const uint8_t source[4] = {10, 0, (uint8_t)(exporter >> 8), (uint8_t)exporter};
    struct datagram datagram = {
        .bytes = bytes, .size = size, .source = address_from_ipv4(source), .local_port = 2055};
    traffic_count(traffic, &datagram, 1);
}

static uint64_t all_datagrams(void)
{
    uint64_t sum = 0;
    const struct traffic_entry *entry;
    for (size_t i = 0; (entry = traffic_entry(traffic, i)) != NULL; i++) {
        sum += counter_get(&entry->datagrams);
    }
    return sum;
}

Test(traffic, keeps_exporters_and_protocols_apart)
{
    cr_assert_eq(traffic_new(&traffic), ERR_OK);
    cr_assert_null(traffic_entry(traffic, 0));
    for (int i = 0; i < 3; i++) {
        count_from(1, 9, 40);
        count_from(2, 9, 50);
        count_from(1, 5, 60);
        count_from(1, 0, 0);
    }
    const struct traffic_entry *entry = traffic_entry(traffic, 0);
    cr_assert_eq(entry->type, TRAFFIC_NETFLOW);
    cr_assert_eq(counter_get(&entry->datagrams), 6); /* no version at all counts as NetFlow */
    cr_assert_eq(counter_get(&entry->bytes), 120);
    cr_assert_eq(traffic_entry(traffic, 1)->source.bytes[15], 2);
    cr_assert_eq(traffic_entry(traffic, 2)->type, TRAFFIC_NETFLOW5);
    cr_assert_null(traffic_entry(traffic, 3));
    traffic_destroy(&traffic);
}

Test(traffic, counts_the_exporters_beyond_its_room_together)
{
    cr_assert_eq(traffic_new(&traffic), ERR_OK);
    for (uint16_t exporter = 0; exporter < 4 * TRAFFIC_ENTRIES_MAX; exporter++) {
        count_from(exporter, 10, 20);
    }
    count_from(0, 10, 20);
    cr_assert_null(traffic_entry(traffic, TRAFFIC_ENTRIES_MAX));
    const struct traffic_entry *others = traffic_entry(traffic, TRAFFIC_ENTRIES_MAX - 1);
    cr_assert(others->is_others);
    cr_assert_eq(counter_get(&others->datagrams), 3 * TRAFFIC_ENTRIES_MAX + 1);
    cr_assert_eq(counter_get(&traffic_entry(traffic, 0)->datagrams), 2);
    cr_assert_eq(all_datagrams(), 4 * TRAFFIC_ENTRIES_MAX + 1);
    traffic_destroy(&traffic);
}
