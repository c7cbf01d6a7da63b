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
    (void)traffic_count(traffic, &datagram, 1);
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
    cr_assert_eq(traffic_new(&traffic, false), ERR_OK);
    cr_assert_null(traffic_entry(traffic, 0));
    for (int i = 0; i < 3; i++) {
        count_from(1, 9, 40);
        count_from(2, 9, 50);
        count_from(1, 5, 60);
        count_from(1, 0, 0);
    }
    const struct traffic_entry *entry = traffic_entry(traffic, 0);
    cr_assert_eq(entry->key.type, TRAFFIC_NETFLOW);
    cr_assert_eq(entry->key.version, 9);
    cr_assert_eq(counter_get(&entry->datagrams), 3);
    cr_assert_eq(counter_get(&entry->bytes), 120);
    cr_assert_eq(traffic_entry(traffic, 1)->source.bytes[15], 2);
    cr_assert_eq(traffic_entry(traffic, 2)->key.type, TRAFFIC_NETFLOW5);
    cr_assert_eq(traffic_entry(traffic, 3)->key.type, TRAFFIC_NETFLOW); /* no version at all */
    cr_assert_eq(traffic_entry(traffic, 3)->key.version, 0);
    cr_assert_null(traffic_entry(traffic, 4));
    traffic_destroy(&traffic);
}

Test(traffic, counts_the_exporters_beyond_its_room_together)
{
    cr_assert_eq(traffic_new(&traffic, false), ERR_OK);
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

/* A NetFlow 9 or IPFIX header received 2500 ms after second 100. */
static uint64_t delay_ms(const uint8_t *header, size_t size)
{
    struct quantiles_view view = {0};
    struct datagram datagram = {
        .bytes = header, .size = size, .received_ns = UINT64_C(102500000000)};
    cr_assert_eq(traffic_new(&traffic, false), ERR_OK);
    quantiles_read(&view, &traffic_count(traffic, &datagram, 1)->delays_ms);
    traffic_destroy(&traffic);
    return view.count == 1 ? view.sum : UINT64_MAX;
}

Test(traffic, measures_the_delay_of_an_export)
{
    const uint8_t netflow9[12] = {0, 9, [11] = 100};
    const uint8_t ipfix[8] = {0, 10, [7] = 100};
    const uint8_t future[8] = {0, 10, [7] = 110};
    cr_assert_eq(delay_ms(netflow9, sizeof netflow9), 2500);
    cr_assert_eq(delay_ms(ipfix, sizeof ipfix), 2500);
    cr_assert_eq(delay_ms(future, sizeof future), 0);
    cr_assert_eq(delay_ms(netflow9, sizeof netflow9 - 1), UINT64_MAX);
}

Test(traffic, tells_source_ports_apart_only_when_asked)
{
    for (int has_ports = 0; has_ports < 2; has_ports++) {
        const uint8_t bytes[2] = {0, 9};
        struct datagram datagram = {.bytes = bytes, .size = sizeof bytes, .source_port = 1000};
        cr_assert_eq(traffic_new(&traffic, has_ports), ERR_OK);
        (void)traffic_count(traffic, &datagram, 1);
        datagram.source_port = 2000;
        (void)traffic_count(traffic, &datagram, 1);
        cr_assert_eq(traffic_entry(traffic, 1) != NULL, has_ports);
        traffic_destroy(&traffic);
    }
}
