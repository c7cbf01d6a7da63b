/* SPDX-License-Identifier: BSD-3-Clause -- our own packets, and the flows in them. */
#include "common/flow_text.h"
#include "tests/support/corpus.h"
#include "tests/support/flow_collector.h"
#include "tests/support/golden.h"

#include <criterion/criterion.h>

enum {
    TEXT_MAX = 1 << 18
};

/* Data may wait for its template. */
static const struct decoder_options OPTIONS = {.max_held_bytes = 1 << 20};

static struct flow_collector collector;
static struct golden golden;
static struct golden_list list;
static char text[TEXT_MAX];

static void start(void)
{
    golden_find(&list);
    cr_assert_gt(list.count, 0);
}

TestSuite(golden, .init = start);

static void print_flows(void)
{
    size_t size = 0;
    for (size_t i = 0; i < collector.flow_count; i++) {
        cr_assert_lt(size + FLOW_TEXT_MAX, sizeof text);
        size += flow_print_json(&collector.flows[i], text + size);
    }
    text[size] = '\0';
}

Test(golden, packets_give_the_flows_written_down_for_them)
{
    for (size_t i = 0; i < list.count; i++) {
        golden_load(&golden, list.names[i]);
        collector_start_with(&collector, &OPTIONS);
        for (size_t j = 0; j < golden.count; j++) {
            collector_decode(&collector, &golden.datagrams[j]);
        }
        print_flows();
        cr_expect_str_eq(text, golden.json, "%s gives\n%s", list.names[i], text);
        collector_stop(&collector);
        golden_clear(&golden);
    }
}

static void decode_corpus_file(const uint8_t *bytes, size_t size)
{
    static struct packet packet;
    struct cursor input = cursor_of(bytes, size);
    collector_start_with(&collector, &OPTIONS);
    while (cursor_left(&input) > 2) {
        size_t length = cursor_be16(&input);
        length = length < cursor_left(&input) ? length : cursor_left(&input);
        packet.wire.size = 0;
        build_bytes(&packet.wire, cursor_take(&input, length), length);
        collector_decode(&collector, &packet);
    }
    collector_stop(&collector);
}

Test(golden, findings_of_the_fuzzer_are_survived)
{
    cr_assert_gt(corpus_replay("netflow", decode_corpus_file), 0);
}
