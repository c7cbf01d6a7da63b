/* SPDX-License-Identifier: BSD-3-Clause -- what exporters told of themselves, remembered. */
#include "ingest/decode/options_memory.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <string.h>

enum {
    NOW_S = 1700000000,
    HOUR_S = 3600,
    MANY = 20000
};

static struct options_budget budget;
static struct options_memory memory;

static void start(void)
{
    options_memory_init(&memory, &budget);
}

static void stop(void)
{
    options_memory_clear(&memory);
    assert(budget.bytes == 0); /* all of it is given back */
}

TestSuite(options_memory, .init = start, .fini = stop);

static bool learn(uint64_t interface, const char *text, uint32_t now_s)
{
    struct option_fact fact = {.scope = "interface",
        .name = "interfaceName",
        .text = text,
        .size = strlen(text),
        .scope_id = interface,
        .has_scope_id = true,
        .stream = 77};
    return options_memory_learn(&memory, &fact, now_s);
}

Test(options_memory, value_is_news_when_new_or_changed_and_once_an_hour)
{
    cr_assert(learn(1, "eth0", NOW_S));
    cr_assert_not(learn(1, "eth0", NOW_S + 1));
    cr_assert(learn(1, "eth1", NOW_S + 2));
    cr_assert_not(learn(1, "eth1", NOW_S + HOUR_S + 1));
    cr_assert(learn(1, "eth1", NOW_S + HOUR_S + 2));
    cr_assert_eq(memory.used, 1);
}

Test(options_memory, longer_and_shorter_values_are_whole)
{
    static const char *const NAMES[] = {"a", "GigabitEthernet0/0/0/0", "", "b"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        cr_assert(learn(1, NAMES[i], NOW_S));
        cr_assert_not(learn(1, NAMES[i], NOW_S));
    }
}

Test(options_memory, things_are_told_apart)
{
    struct option_fact fact = {.scope = "vrf", .name = "VRFname", .text = "x", .size = 1};
    cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    fact.stream = 1;
    cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    fact.scope_id = 1;
    cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    fact.scope = "system";
    cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    fact.name = "interfaceName";
    cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    cr_assert_not(options_memory_learn(&memory, &fact, NOW_S));
    cr_assert_eq(memory.used, 5);
}

Test(options_memory, is_bounded_and_keeps_what_it_knows)
{
    for (uint64_t interface = 0; interface < MANY; interface++) {
        cr_assert(learn(interface, "eth", NOW_S));
    }
    cr_assert_leq(memory.room, 8192);
    cr_assert_lt(memory.used, memory.room);
    cr_assert_not(learn(0, "eth", NOW_S));
    cr_assert_not(learn(4000, "eth", NOW_S));
    cr_assert(learn(MANY - 1, "eth", NOW_S), "what found no room is news again");
    cr_assert(learn(0, "wan", NOW_S), "what is known may change");
}

Test(options_memory, all_exporters_share_a_budget)
{
    struct options_memory others[64];
    size_t full = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        options_memory_init(&others[i], &budget);
        memory = others[i];
        for (uint64_t interface = 0; interface < 6000; interface++) {
            (void)learn(interface, "TenGigabitEthernet0/0/0/0.1000, to somewhere", NOW_S);
        }
        others[i] = memory;
        full += memory.used == 6000;
    }
    cr_assert_leq(budget.bytes, UINT64_C(32) << 20);
    cr_assert_gt(full, 10);
    cr_assert_lt(full, sizeof others / sizeof others[0]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        options_memory_clear(&others[i]);
    }
    options_memory_init(&memory, &budget);
}

static uint64_t fnv(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* The slot of an interface while the hash had no seed. */
static uint32_t foreseen_slot(uint64_t interface, uint32_t room)
{
    uint32_t domain = 77;
    uint64_t hash = fnv(UINT64_C(0xcbf29ce484222325), &domain, sizeof domain);
    hash = fnv(hash, "interface", 9);
    hash = fnv(hash, &interface, sizeof interface);
    return (uint32_t)(fnv(hash, "interfaceName", 13) >> 32) & (room - 1);
}

Test(options_memory, chosen_ids_do_not_fall_on_one_slot)
{
    for (uint64_t interface = 1; memory.used < 500; interface++) {
        if (foreseen_slot(interface, 1024) == 0) {
            (void)learn(interface, "eth", NOW_S);
        }
    }
    cr_assert_eq(memory.room, 1024);
    uint32_t run = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < memory.room; i++) {
        run = memory.entries[i].key != 0 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    cr_assert_lt(longest, 250, "a search looks at no more than a run of used slots");
}

Test(options_memory, a_stream_that_is_forgotten_leaves_the_others_theirs)
{
    static const char NAME[] = "x";
    struct option_fact fact = {.scope = "vrf", .name = "VRFname", .text = NAME, .size = 1};
    for (fact.scope_id = 0; fact.scope_id < 50; fact.scope_id++) {
        for (fact.stream = 1; fact.stream <= 2; fact.stream++) {
            cr_assert(options_memory_learn(&memory, &fact, NOW_S));
        }
    }
    options_memory_forget(&memory, 1);
    cr_assert_eq(memory.used, 50);
    for (fact.scope_id = 0; fact.scope_id < 50; fact.scope_id++) {
        fact.stream = 2;
        cr_assert_not(options_memory_learn(&memory, &fact, NOW_S));
        fact.stream = 1;
        cr_assert(options_memory_learn(&memory, &fact, NOW_S));
    }
}
