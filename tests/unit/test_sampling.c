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

static void check(struct sampling_answer answer, uint64_t rate, enum flow_sampling_source source)
{
    cr_assert_eq(answer.rate, rate);
    cr_assert_eq(answer.source, source);
}

Test(sampling, empty_table_knows_nothing)
{
    check(sampling_table_find(&table, 1, 1, 1), 0, FLOW_SAMPLING_UNKNOWN);
}

Test(sampling, sampler_goes_before_interface_before_domain)
{
    sampling_table_learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 10);
    sampling_table_learn(&table, SAMPLING_OF_INTERFACE, 1, 7, 20);
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    check(sampling_table_find(&table, 1, 3, 7), 30, FLOW_SAMPLING_SAMPLER);
    check(sampling_table_find(&table, 1, 0, 7), 20, FLOW_SAMPLING_OPTIONS);
    check(sampling_table_find(&table, 1, 0, 8), 10, FLOW_SAMPLING_OPTIONS);
    check(sampling_table_find(&table, 1, 4, 0), 10, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, only_sampler_counts_for_flows_that_name_none)
{
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    check(sampling_table_find(&table, 1, 0, 0), 30, FLOW_SAMPLING_OPTIONS);
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 40); /* reconfigured */
    check(sampling_table_find(&table, 1, 0, 0), 40, FLOW_SAMPLING_OPTIONS);
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 4, 50);
    check(sampling_table_find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
    check(sampling_table_find(&table, 1, 4, 0), 50, FLOW_SAMPLING_SAMPLER);
}

Test(sampling, sampler_of_another_domain_is_found_by_its_id)
{
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 30);
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 4, 40);
    check(sampling_table_find(&table, 2, 4, 0), 40, FLOW_SAMPLING_SAMPLER);
}

Test(sampling, rate_of_interface_zero_is_the_domains)
{
    sampling_table_learn(&table, SAMPLING_OF_INTERFACE, 1, 0, 5);
    check(sampling_table_find(&table, 1, 0, 0), 5, FLOW_SAMPLING_OPTIONS);
    check(sampling_table_find(&table, 1, 0, 7), 5, FLOW_SAMPLING_OPTIONS);
}

Test(sampling, table_is_bounded_and_keeps_what_it_knows)
{
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 1, 11);
    for (uint64_t id = 2; id < 20000; id++) {
        sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, id, 22);
    }
    cr_assert_leq(table.room, 8192);
    check(sampling_table_find(&table, 1, 1, 0), 11, FLOW_SAMPLING_SAMPLER);
    check(sampling_table_find(&table, 1, 100, 0), 22, FLOW_SAMPLING_SAMPLER);
    check(sampling_table_find(&table, 1, 19999, 0), 0, FLOW_SAMPLING_UNKNOWN);
}

enum {
    INTERFACES = 1000
};

static uint32_t interfaces_known(const struct sampling_table *of)
{
    uint32_t known = 0;
    for (uint32_t id = 1; id <= INTERFACES; id++) {
        known += sampling_table_find(of, 1, 0, id).rate != 0;
    }
    return known;
}

static void learn_interfaces(struct sampling_table *of)
{
    for (uint32_t id = 1; id <= INTERFACES; id++) {
        sampling_table_learn(of, SAMPLING_OF_INTERFACE, 1, id, 100);
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
    sampling_table_learn(&table, SAMPLING_OF_DOMAIN, 1, 0, 10);
    sampling_table_learn(&table, SAMPLING_OF_LINE_CARD, 1, 2, 20);
    sampling_table_learn(&table, SAMPLING_OF_TEMPLATE, 1, 256, 30);
    sampling_table_learn(&table, SAMPLING_OF_VRF, 1, 4, 40);
    sampling_table_learn(&table, SAMPLING_OF_INTERFACE, 1, 5, 50);
    struct sampling_subject subject = {
        .domain = 1, .interface = 5, .vrf = 4, .template_id = 256, .line_card = 2};
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
    sampling_table_learn(&table, SAMPLING_OF_LINE_CARD, 1, 2, 20);
    cr_assert_eq(resolve((struct sampling_subject){.domain = 1}), 20);
    sampling_table_learn(&table, SAMPLING_OF_LINE_CARD, 1, 3, 30);
    cr_assert_eq(resolve((struct sampling_subject){.domain = 1}), 0);
    cr_assert_eq(resolve((struct sampling_subject){.domain = 1, .line_card = 3}), 30);
}

Test(sampling, a_rate_of_0_takes_back_what_was_known)
{
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 100);
    sampling_table_learn(&table, SAMPLING_OF_SAMPLER, 1, 3, 0);
    check(sampling_table_find(&table, 1, 3, 0), 0, FLOW_SAMPLING_UNKNOWN);
    check(sampling_table_find(&table, 1, 0, 0), 0, FLOW_SAMPLING_UNKNOWN);
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
        sampling_table_learn(&table, SAMPLING_OF_INTERFACE, 0, chosen_interface(number), number);
    }
    cr_assert_eq(table.used, 2000);
    uint32_t run = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < table.room; i++) {
        run = table.entries[i].is_used ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    cr_assert_lt(longest, 300, "a search looks at no more than a run of used slots");
    check(sampling_table_find(&table, 0, 0, chosen_interface(7)), 7, FLOW_SAMPLING_OPTIONS);
}
