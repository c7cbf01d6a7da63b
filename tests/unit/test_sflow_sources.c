/* SPDX-License-Identifier: BSD-3-Clause -- samples lost, told by the numbers of their sources. */
#include "ingest/decode/sflow_sources.h"

#include "common/flow.h"

#include <criterion/criterion.h>

static struct stream_table datagrams;
static struct sequence_counters datagram_counters;
static const struct stream *datagram;
static struct sflow_sources sources;
static struct sflow_source_counters counters[SFLOW_SOURCE_KIND_COUNT];

static void stop(void)
{
    stream_table_clear(&datagrams);
    sflow_sources_clear(&sources);
}

TestSuite(sflow_sources, .fini = stop);

/* The samples that follow lie in the datagram of this number. */
static void begin_datagram(uint32_t number)
{
    struct sequence_step step = {
        .type = FLOW_TYPE_SFLOW5, .has_units = true, .number = number, .units = 1};
    struct stream *stream = stream_table_find(&datagrams, &step);
    stream_follow(stream, &datagram_counters, &step);
    datagram = stream;
}

static void follow_step(const struct sflow_source_step *step)
{
    sflow_sources_follow(&sources, counters, datagram, step);
}

static void follow(uint32_t number)
{
    follow_step(&(struct sflow_source_step){.source_index = 3, .number = number});
}

static void check(uint64_t lost, uint64_t late, uint64_t resets)
{
    cr_expect_eq(counter_get(&counters->lost), lost, "lost");
    cr_expect_eq(counter_get(&counters->late), late, "late");
    cr_expect_eq(counter_get(&counters->resets), resets, "resets");
}

Test(sflow_sources, numbers_in_order_are_no_loss_even_when_they_wrap)
{
    begin_datagram(1);
    for (uint32_t i = 0; i < 100; i++) {
        follow(UINT32_MAX - 50 + i);
    }
    check(0, 0, 0);
}

Test(sflow_sources, jump_ahead_is_loss)
{
    begin_datagram(1);
    follow(10);
    begin_datagram(2);
    follow(14);
    check(3, 0, 0);
}

Test(sflow_sources, late_datagram_brings_back_all_its_samples)
{
    begin_datagram(1);
    follow(1);
    begin_datagram(3);
    follow(12);
    begin_datagram(2);
    for (uint32_t number = 2; number < 12; number++) {
        follow(number);
    }
    begin_datagram(4);
    follow(13);
    check(10, 10, 0);
}

Test(sflow_sources, doubled_datagram_is_neither_loss_nor_reset)
{
    for (uint32_t number = 1; number <= 2; number++) {
        begin_datagram(number);
        for (uint32_t i = 0; i < 40; i++) {
            follow(100 + number * 40 + i);
        }
    }
    begin_datagram(1);
    for (uint32_t i = 0; i < 40; i++) {
        follow(140 + i);
    }
    begin_datagram(3);
    follow(220);
    check(0, 0, 0);
}

Test(sflow_sources, samples_out_of_order_in_a_datagram_are_late)
{
    begin_datagram(1);
    follow(10);
    follow(12);
    follow(11);
    follow(13);
    check(1, 1, 0);
}

Test(sflow_sources, agent_that_starts_anew_is_no_loss)
{
    begin_datagram(4000000000);
    follow(5);
    begin_datagram(1);
    follow(900);
    follow(901);
    check(0, 0, 0);
}

Test(sflow_sources, source_that_starts_anew_alone_is_a_reset)
{
    begin_datagram(1);
    follow(5000);
    begin_datagram(2);
    follow(1);
    follow(2);
    check(0, 0, 1);
}

Test(sflow_sources, count_for_themselves)
{
    static const struct sflow_source_step STEPS[] = {
        {.source_index = 3, .number = 10},
        {.source_index = 4, .number = 2000},
        {.source_class = 1, .source_index = 3, .number = 300},
        {.kind = SFLOW_SOURCE_COUNTER, .source_index = 3, .number = 70},
        {.kind = SFLOW_SOURCE_DISCARDED, .source_index = 3, .number = 50},
    };
    for (uint32_t round = 0; round < 3; round++) {
        begin_datagram(round);
        for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
            struct sflow_source_step step = STEPS[i];
            step.number += round * (1 + (uint32_t)i);
            follow_step(&step);
        }
    }
    cr_assert_eq(sources.count, 5);
    cr_assert_eq(counter_get(&counters[SFLOW_SOURCE_FLOW].lost), 2 * (1 + 2));
    cr_assert_eq(counter_get(&counters[SFLOW_SOURCE_COUNTER].lost), 2 * 3);
    cr_assert_eq(counter_get(&counters[SFLOW_SOURCE_DISCARDED].lost), 2 * 4);
}

Test(sflow_sources, pool_and_drops_are_what_was_added_since_the_first_sample)
{
    begin_datagram(1);
    follow_step(&(struct sflow_source_step){.number = 1, .pool = 5000, .agent_drops = 7});
    follow_step(&(struct sflow_source_step){.number = 2, .pool = 6000, .agent_drops = 7});
    follow_step(&(struct sflow_source_step){.number = 3, .pool = 7500, .agent_drops = 10});
    cr_expect_eq(counter_get(&counters->pool), 2500);
    cr_expect_eq(counter_get(&counters->dropped), 3);
    follow_step(&(struct sflow_source_step){.number = 4}); /* they went back: nothing to add */
    cr_expect_eq(counter_get(&counters->pool), 2500);
    cr_expect_eq(counter_get(&counters->dropped), 3);
}

Test(sflow_sources, pool_may_wrap)
{
    begin_datagram(1);
    follow_step(&(struct sflow_source_step){.number = 1, .pool = UINT32_MAX - 99});
    follow_step(&(struct sflow_source_step){.number = 2, .pool = 400});
    cr_expect_eq(counter_get(&counters->pool), 500);
}

Test(sflow_sources, too_many_are_counted_and_not_followed)
{
    begin_datagram(1);
    for (uint32_t index = 0; index < 100000; index++) {
        follow_step(&(struct sflow_source_step){.source_index = index, .number = 1});
    }
    cr_assert_leq(sources.room, 4096);
    cr_assert_geq(sources.count, 1024);
    cr_assert_geq(counter_get(&counters->untracked), 100000 - 4096);
    check(0, 0, 0);
}

Test(sflow_sources, survive_growth)
{
    for (uint32_t round = 0; round < 3; round++) {
        begin_datagram(round);
        for (uint32_t index = 0; index < 1000; index++) {
            follow_step(&(struct sflow_source_step){.source_index = index, .number = round});
        }
    }
    check(0, 0, 0);
    cr_assert_eq(sources.count, 1000);
    cr_assert_eq(counter_get(&counters->untracked), 0);
}

Test(sflow_sources, share_a_budget_and_give_it_back)
{
    struct sflow_source_budget budget = {.max_bytes = 40 * sizeof(struct sflow_source)};
    sources.budget = &budget;
    begin_datagram(1);
    for (uint32_t index = 0; index < 1000; index++) {
        follow_step(&(struct sflow_source_step){.source_index = index, .number = 1});
    }
    cr_assert_eq(sources.room, 16);
    cr_assert_eq(budget.bytes, 16 * sizeof(struct sflow_source));
    cr_assert_eq(sources.count + counter_get(&counters->untracked), 1000);
    sflow_sources_clear(&sources);
    cr_assert_eq(budget.bytes, 0);
}
