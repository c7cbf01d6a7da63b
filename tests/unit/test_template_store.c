/* SPDX-License-Identifier: BSD-3-Clause -- the memory of templates, and of their fields that are
 * chosen for Extra. */
#include "ingest/decode/template_store.h"

#include "common/mapping.h"
#include "ingest/decode/extra_program.h"

#include <assert.h>
#include <criterion/criterion.h>

static struct template_limits limits = {.max_per_exporter = 4, .max_shared_bytes = 1 << 20};
static struct template_budget budget;
static struct extra_choice choice;
static struct template_store store;
static struct mapping *mapping;

static const struct stream STREAM = {.number = 1, .family = 1};
static const struct template_key KEY = {.id = TEMPLATE_FIRST_ID, .version = 10};
static const struct template_field FIELDS[] = {{.id = 1, .length = 4}, {.id = 82, .length = 8}};

static void set_up(void)
{
    template_store_init(&store, &limits, &choice, &budget);
    struct mapping_fault fault;
    cr_assert_eq(mapping_parse(&mapping, "0/1 Octets\n0/82 InterfaceName", &fault), ERR_OK);
}

static void tear_down(void)
{
    template_store_clear(&store);
    assert(budget.shared_bytes == 0);
    mapping_destroy(&mapping);
}

TestSuite(template_store, .init = set_up, .fini = tear_down);

static void announce(bool is_options)
{
    const struct template_definition definition = {.key = KEY,
        .stream = 1,
        .family = 1,
        .field_count = 2,
        .scope_count = is_options ? 1 : 0,
        .is_options = is_options,
        .fields = FIELDS};
    cr_assert_eq(template_store_put(&store, &definition, 1), ERR_OK);
}

static size_t extra_bytes(void)
{
    return extra_program_bytes(template_store_find(&store, &KEY, &STREAM, 1)->extra);
}

Test(template_store, sends_nothing_to_extra_where_memory_does_not_suffice)
{
    announce(false);
    limits.max_shared_bytes = 2 * budget.shared_bytes + 1; /* of which one takes half */
    choice.mapping = mapping;
    template_store_choose(&store);
    cr_assert_eq(extra_bytes(), 0);
    cr_assert_not_null(template_store_find(&store, &KEY, &STREAM, 1)->program);
}

Test(template_store, sends_nothing_of_options_to_extra)
{
    choice.takes_all = true;
    announce(true);
    template_store_choose(&store);
    cr_assert_eq(extra_bytes(), 0);
}

Test(template_store, is_fitted_to_every_new_choice)
{
    announce(false);
    uint64_t plain_bytes = budget.shared_bytes;
    cr_assert_eq(extra_bytes(), 0);
    choice.takes_all = true;
    template_store_choose(&store);
    size_t one = extra_bytes();
    cr_assert_gt(one, 0);
    cr_assert_eq(budget.shared_bytes, plain_bytes + one);
    choice.mapping = mapping;
    template_store_choose(&store);
    cr_assert_gt(extra_bytes(), one, "a name for an element that has a field too");
    choice = (struct extra_choice){.takes_all = false};
    template_store_choose(&store);
    cr_assert_eq(extra_bytes(), 0);
    cr_assert_eq(budget.shared_bytes, plain_bytes);
}

/* How many templates the store takes. */
static uint32_t fill(struct template_store *filled)
{
    struct template_definition definition = {
        .key = KEY, .stream = 1, .family = 1, .field_count = 2, .fields = FIELDS};
    while (template_store_put(filled, &definition, 1) == ERR_OK) {
        definition.key.id++;
    }
    return filled->count;
}

Test(template_store, of_one_exporter_leaves_as_much_to_the_others_and_each_has_some_of_its_own)
{
    announce(false);
    uint64_t size_bytes = store.bytes;
    template_store_clear(&store);
    limits = (struct template_limits){
        .max_per_exporter = 1000, .own_bytes = 3 * size_bytes, .max_shared_bytes = 16 * size_bytes};
    template_store_clear(&store);
    cr_assert_eq(fill(&store), 3 + 8, "its own, and half of what is for all");
    struct template_store others[5];
    static const uint32_t EXPECTED[] = {3 + 4, 3 + 2, 3 + 1, 3 + 1, 3};
    for (size_t i = 0; i < 5; i++) {
        template_store_init(&others[i], &limits, &choice, &budget);
        cr_assert_eq(fill(&others[i]), EXPECTED[i], "%zu", i);
    }
    for (size_t i = 0; i < 5; i++) {
        template_store_clear(&others[i]);
    }
}
