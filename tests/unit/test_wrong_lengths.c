/* SPDX-License-Identifier: BSD-3-Clause -- datagrams with any length, count or end wrong. */
#include "tests/support/corpus.h"
#include "tests/support/flow_collector.h"
#include "tests/support/golden.h"

#include <criterion/criterion.h>
#include <stdio.h>

/*
 * Each number of each datagram is made zero, too short, too long and as large as can be, whatever
 * it means: so no length is forgotten. What a wrong one gives is bounded by its size, and what
 * comes after it, from the same exporter, is whole.
 */
enum {
    NAME_SIZE = GOLDEN_NAME_SIZE,
    EXPORTERS = 4
};

/* Datagrams of one exporter, in order. */
static struct golden sent;
static char name[NAME_SIZE];
static struct flow_collector collector;
static size_t whole; /* flows of all datagrams, when their templates are known */

static size_t send_all(void)
{
    size_t before = collector.flow_count;
    for (size_t i = 0; i < sent.count; i++) {
        collector_decode(&collector, &sent.datagrams[i]);
    }
    return collector.flow_count - before;
}

static void start(void)
{
    collector_start_with(&collector, &(struct decoder_options){.max_exporters = EXPORTERS});
    (void)send_all();
    whole = send_all();
}

/* The first pass tells the templates anew, where the wrong datagram changed them. */
static void check_that_nothing_is_remembered(size_t datagram, size_t at)
{
    (void)send_all();
    cr_assert_eq(send_all(), whole, "%s, datagram %zu, byte %zu", name, datagram, at);
}

static uint32_t load(const uint8_t *bytes, size_t width)
{
    return (uint32_t)load_be(bytes, width);
}

static void store(uint8_t *bytes, uint32_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        bytes[i] = (uint8_t)(value >> 8 * (width - 1 - i));
    }
}

static void make_wrong(size_t datagram, size_t at, size_t width)
{
    struct build *wire = &sent.datagrams[datagram].wire;
    uint32_t right = load(wire->bytes + at, width);
    uint32_t largest = UINT32_MAX >> 8 * (sizeof largest - width);
    const uint32_t wrong[] = {0, right - 1, right + 1, largest / 2, largest / 2 + 1, largest};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t before = collector.flow_count;
        store(wire->bytes + at, wrong[i], width);
        collector_decode(&collector, &sent.datagrams[datagram]);
        cr_assert_leq(collector.flow_count - before, 2 * wire->size, "%s, byte %zu", name, at);
    }
    store(wire->bytes + at, right, width);
    check_that_nothing_is_remembered(datagram, at);
}

static void make_every_number_wrong(void)
{
    start();
    for (size_t i = 0; i < sent.count; i++) {
        for (size_t width = 1; width <= sizeof(uint32_t); width *= 2) {
            for (size_t at = 0; at + width <= sent.datagrams[i].wire.size; at++) {
                make_wrong(i, at, width);
            }
        }
    }
    collector_stop(&collector);
}

static void cut_anywhere(void)
{
    start();
    for (size_t i = 0; i < sent.count; i++) {
        size_t before = collector.flow_count;
        collector_decode(&collector, &sent.datagrams[i]);
        size_t uncut = collector.flow_count - before;
        for (size_t size = 0; size < sent.datagrams[i].wire.size; size++) {
            before = collector.flow_count;
            collector_decode_part(&collector, &sent.datagrams[i], size);
            cr_assert_leq(collector.flow_count - before, uncut, "%s cut to %zu", name, size);
            check_that_nothing_is_remembered(i, size);
        }
    }
    collector_stop(&collector);
}

static void for_each_golden_packet(void (*check)(void))
{
    static struct golden_list list;
    golden_find(&list);
    cr_assert_gt(list.count, 0);
    for (size_t i = 0; i < list.count; i++) {
        (void)snprintf(name, sizeof name, "%s", list.names[i]);
        golden_load(&sent, name);
        check();
        golden_clear(&sent);
    }
}

static void (*check_seed)(void);

static void take_seed(const uint8_t *bytes, size_t size)
{
    sent.count = 1;
    sent.datagrams[0].wire.size = 0;
    build_bytes(&sent.datagrams[0].wire, bytes, size);
    (void)snprintf(name, sizeof name, "an sFlow seed of %zu bytes", size);
    check_seed();
}

static void for_each_sflow_seed(void (*check)(void))
{
    check_seed = check;
    cr_assert_gt(corpus_replay("sflow", take_seed), 0);
}

Test(wrong_lengths, of_netflow_and_ipfix_cost_only_their_datagram)
{
    for_each_golden_packet(make_every_number_wrong);
}

Test(wrong_lengths, of_sflow_cost_only_their_datagram)
{
    for_each_sflow_seed(make_every_number_wrong);
}

Test(wrong_lengths, cut_netflow_and_ipfix_give_no_more_than_the_whole)
{
    for_each_golden_packet(cut_anywhere);
}

Test(wrong_lengths, cut_sflow_gives_no_more_than_the_whole)
{
    for_each_sflow_seed(cut_anywhere);
}
