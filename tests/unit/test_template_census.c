/* SPDX-License-Identifier: BSD-3-Clause -- how often templates were announced. */
#include "ingest/decode/template_census.h"

#include <criterion/criterion.h>

static struct template_census census;

static void count(uint8_t router, uint32_t domain, uint16_t id, bool is_options)
{
    const uint8_t bytes[4] = {192, 0, 2, router};
    const struct address address = address_from_ipv4(bytes);
    const struct template_definition definition = {
        .key = {.domain = domain, .id = id, .version = 9}, .is_options = is_options};
    template_census_count(&census, &address, &definition);
}

static uint64_t announcements(uint32_t index)
{
    const struct template_census_entry *entry = template_census_entry(&census, index);
    return entry != NULL ? counter_get(&entry->announcements) : 0;
}

Test(template_census, is_empty_at_first)
{
    cr_assert_null(template_census_entry(&census, 0));
}

Test(template_census, tells_router_domain_id_and_kind_apart)
{
    for (int i = 0; i < 3; i++) {
        count(1, 0, 256, false);
        count(2, 0, 256, false);
        count(1, 7, 256, false);
        count(1, 0, 257, false);
        count(1, 0, 256, true);
    }
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(announcements(i), 3, "entry %u", i);
    }
    cr_assert_null(template_census_entry(&census, 5));
    cr_assert(template_census_entry(&census, 4)->is_options);
}

Test(template_census, counts_what_has_no_room_together)
{
    for (uint16_t id = 256; id < 256 + 2 * TEMPLATE_CENSUS_ENTRIES; id++) {
        count(1, 0, id, false);
        count(1, 0, id, false);
    }
    cr_assert_null(template_census_entry(&census, TEMPLATE_CENSUS_ENTRIES));
    uint32_t last = TEMPLATE_CENSUS_ENTRIES - 1;
    cr_assert(template_census_entry(&census, last)->is_others);
    cr_assert_eq(announcements(last), 2 * (TEMPLATE_CENSUS_ENTRIES + 1));
    cr_assert_eq(announcements(last - 1), 2);
}
