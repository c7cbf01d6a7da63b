/* SPDX-License-Identifier: BSD-3-Clause -- which of an exporter's sampling rates counts. */
#include "ingest/decode/sampling.h"

#include <criterion/criterion.h>

static struct sampling_table table;
static struct sampling_budget budget;

static void start(void)
{
    budget = (struct sampling_budget){.max_bytes = 1 << 20};
    sampling_table_init(&table, &budget);
}

static void stop(void)
{
    sampling_table_clear(&table);
}

TestSuite(sampling, .init = start, .fini = stop);

enum {
    FAMILY = 1
};

static uint16_t now_min = 1000;

/* Streams 1, 2 ... of one family. */
static void learn(struct sampling_table *of, enum sampling_scope scope, uint32_t stream,
    uint64_t id, uint64_t rate)
{
    struct sampling_teller teller = {.stream = stream, .family = FAMILY, .now_min = now_min};
    sampling_table_learn(of, scope, &teller, id, rate);
}

static struct sampling_answer find(
    const struct sampling_table *of, uint32_t stream, uint64_t sampler_id, uint64_t interface)
{
    struct sampling_subject subject = {
        .stream = stream, .family = FAMILY, .sampler_id = sampler_id, .interface = interface};
    return sampling_table_resolve(of, &subject);
}

static void check(struct sampling_answer answer, uint64_t rate, enum flow_sampling_source source)
{
    cr_assert_eq(answer.rate, rate);
    cr_assert_eq(answer.source, source);
}

Test(sampling, empty_table_knows_nothing)
{
    check(find(&table, 1, 1, 1), 0, FLOW_SAMPLING_UNKNOWN);
}

Test(sampling, sampler_goes_before_interface_before_domain)
{
    learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 10);
    learn(&table, SAMPLING_OF_INTERFACE, 1, 7, 20);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    check(find(&table, 1, 3, 7), 30, FLOW_SAMPLING_SAMPLER);
    check(find(&table, 1, 0, 7), 20, FLOW_SAMPLING_OPTIONS);
    check(find(&table, 1, 0, 8), 10, FLOW_SAMPLING_OPTIONS);
    check(find(&table, 1, 4, 0), 10, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, only_sampler_counts_for_flows_that_name_none)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    check(find(&table, 1, 0, 0), 30, FLOW_SAMPLING_OPTIONS);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 40); /* reconfigured */
    check(find(&table, 1, 0, 0), 40, FLOW_SAMPLING_OPTIONS);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 4, 50);
    check(find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
    check(find(&table, 1, 4, 0), 50, FLOW_SAMPLING_SAMPLER);
}

Test(sampling, sampler_of_another_domain_is_found_by_its_id)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 4, 40);
    check(find(&table, 2, 4, 0), 40, FLOW_SAMPLING_SAMPLER);
}

Test(sampling, rate_of_interface_zero_is_the_domains)
{
    learn(&table, SAMPLING_OF_INTERFACE, 1, 0, 5);
    check(find(&table, 1, 0, 0), 5, FLOW_SAMPLING_OPTIONS);
    check(find(&table, 1, 0, 7), 5, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, table_is_bounded_and_keeps_what_it_knows)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 11);
    for (uint64_t id = 2; id < 20000; id++) {
        learn(&table, SAMPLING_OF_SAMPLER, 1, id, 22);
    }
    cr_assert_leq(table.room, 8192);
    check(find(&table, 1, 1, 0), 11, FLOW_SAMPLING_SAMPLER);
    check(find(&table, 1, 100, 0), 22, FLOW_SAMPLING_SAMPLER);
    check(find(&table, 1, 19999, 0), 0, FLOW_SAMPLING_UNKNOWN);
}

enum {
    INTERFACES = 1000
};

static uint32_t interfaces_known(const struct sampling_table *of)
{
    uint32_t known = 0;
    for (uint32_t id = 1; id <= INTERFACES; id++) {
        known += find(of, 1, 0, id).rate != 0;
    }
    return known;
}

static void learn_interfaces(struct sampling_table *of)
{
    for (uint32_t id = 1; id <= INTERFACES; id++) {
        learn(of, SAMPLING_OF_INTERFACE, 1, id, 100);
    }
}

Test(sampling, a_budget_that_others_used_up_leaves_the_first_entries)
{
    struct sampling_table other;
    sampling_table_init(&other, &budget);
    budget.max_bytes = 2048 * sizeof(struct sampling_entry); /* one table of all interfaces */
    learn_interfaces(&other);
    cr_assert_eq(interfaces_known(&other), INTERFACES);
    learn_interfaces(&table);
    cr_assert_gt(interfaces_known(&table), 4);
    cr_assert_lt(interfaces_known(&table), 100);
    sampling_table_clear(&other);
    cr_assert_eq(budget.bytes, 0);
    learn_interfaces(&table);
    cr_assert_eq(interfaces_known(&table), INTERFACES);
}

static uint64_t resolve(struct sampling_subject subject)
{
    return sampling_table_resolve(&table, &subject).rate;
}

Test(sampling, narrower_scopes_go_before_wider_ones)
{
    learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 10);
    learn(&table, SAMPLING_OF_LINE_CARD, 1, 2, 20);
    learn(&table, SAMPLING_OF_TEMPLATE, 1, 256, 30);
    learn(&table, SAMPLING_OF_VRF, 1, 4, 40);
    learn(&table, SAMPLING_OF_INTERFACE, 1, 5, 50);
    struct sampling_subject subject = {
        .stream = 1, .interface = 5, .vrf = 4, .template_id = 256, .line_card = 2};
    cr_assert_eq(resolve(subject), 50);
    subject.interface = 0;
    cr_assert_eq(resolve(subject), 40);
    subject.vrf = 0;
    cr_assert_eq(resolve(subject), 30);
    subject.template_id = 257;
    cr_assert_eq(resolve(subject), 20);
    subject.line_card = 3;
    cr_assert_eq(resolve(subject), 10);
}

Test(sampling, a_line_card_counts_for_flows_that_name_none_while_it_is_the_only_one)
{
    learn(&table, SAMPLING_OF_LINE_CARD, 1, 2, 20);
    cr_assert_eq(resolve((struct sampling_subject){.stream = 1}), 20);
    learn(&table, SAMPLING_OF_LINE_CARD, 1, 3, 30);
    cr_assert_eq(resolve((struct sampling_subject){.stream = 1}), 0);
    cr_assert_eq(resolve((struct sampling_subject){.stream = 1, .line_card = 3}), 30);
}

Test(sampling, a_rate_of_0_takes_back_what_was_known)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 100);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 0);
    check(find(&table, 1, 3, 0), 0, FLOW_SAMPLING_UNKNOWN);
    check(find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
}

/* The old one is not announced any more. */
Test(sampling, a_sampler_that_is_gone_gives_way_to_the_one_that_replaced_it)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
    now_min += 61;
    learn(&table, SAMPLING_OF_SAMPLER, 1, 2, 1000);
    check(find(&table, 1, 0, 0), 1000, FLOW_SAMPLING_OPTIONS);
    check(find(&table, 2, 0, 0), 1000, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, samplers_that_disagreed_are_one_again_when_only_one_was_announced_for_an_hour)
{
    for (int i = 0; i < 10; i++) {
        now_min += 10;
        learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
        learn(&table, SAMPLING_OF_SAMPLER, 1, 2, 1000);
        check(find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
    }
    for (int i = 0; i < 6; i++) {
        now_min += 10;
        learn(&table, SAMPLING_OF_SAMPLER, 1, 2, 1000);
        check(find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
    }
    now_min += 10;
    learn(&table, SAMPLING_OF_SAMPLER, 1, 2, 1000);
    check(find(&table, 1, 0, 0), 1000, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, a_clock_that_is_set_back_makes_nobody_look_gone)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
    now_min -= 600;
    learn(&table, SAMPLING_OF_SAMPLER, 1, 2, 1000);
    check(find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
}

Test(sampling, a_rate_for_all_gives_way_to_a_sampler_when_it_is_not_announced_any_more)
{
    learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 10);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
    check(find(&table, 1, 0, 0), 10, FLOW_SAMPLING_OPTIONS);
    now_min += 61;
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
    check(find(&table, 1, 0, 0), 100, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, an_interface_s_rate_gives_way_to_its_sampler_when_it_is_not_announced_any_more)
{
    struct sampling_teller teller = {.stream = 1, .family = FAMILY, .now_min = now_min + 61};
    learn(&table, SAMPLING_OF_INTERFACE, 1, 7, 10);
    learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 100);
    sampling_table_bind(&table, &teller, 7, 1);
    check(find(&table, 1, 0, 7), 100, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, families_know_nothing_of_each_other)
{
    learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 20);
    struct sampling_subject stranger = {.stream = 2, .family = 2, .sampler_id = 3};
    cr_assert_eq(sampling_table_resolve(&table, &stranger).rate, 0);
}

Test(sampling, a_stream_that_is_forgotten_leaves_the_others_what_they_announced)
{
    for (uint64_t id = 1; id <= 100; id++) {
        learn(&table, SAMPLING_OF_INTERFACE, 1, id, 10);
        learn(&table, SAMPLING_OF_INTERFACE, 2, id, 20);
    }
    learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 30);
    sampling_table_forget(&table, 1);
    cr_assert_eq(table.used, 100);
    for (uint64_t id = 1; id <= 100; id++) {
        check(find(&table, 1, 0, id), 0, FLOW_SAMPLING_UNKNOWN);
        check(find(&table, 2, 0, id), 20, FLOW_SAMPLING_OPTIONS);
    }
}

/* The inverse of an odd number, modulo 2^64. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t found = odd;
    for (int i = 0; i < 6; i++) {
        found *= 2 - odd * found;
    }
    return found;
}

/* An interface of those that all fell on one slot while the hash had no seed. */
static uint64_t chosen_interface(uint64_t number)
{
    uint64_t mixed = (number << 45 | 1) * inverse(UINT64_C(0xbf58476d1ce4e5b9));
    mixed ^= mixed >> 29 ^ mixed >> 58;
    return mixed * inverse(UINT64_C(0x9e3779b97f4a7c15)) - 2;
}

Test(sampling, chosen_interfaces_do_not_fall_on_one_slot)
{
    for (uint64_t number = 1; number <= 2000; number++) {
        learn(&table, SAMPLING_OF_INTERFACE, 1, chosen_interface(number), number);
    }
    cr_assert_eq(table.used, 2000);
    uint32_t run = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < table.room; i++) {
        run = table.entries[i].use != SAMPLING_UNUSED ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    cr_assert_lt(longest, 300, "a search looks at no more than a run of used slots");
    check(find(&table, 1, 0, chosen_interface(7)), 7, FLOW_SAMPLING_OPTIONS);
}
