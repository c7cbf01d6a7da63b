/* SPDX-License-Identifier: BSD-3-Clause -- which sFlow records were passed over. */
#include "ingest/decode/sflow_skipped.h"

#include <criterion/criterion.h>

static struct sflow_skipped skipped;

static void check(
    size_t place, bool is_counter, uint32_t enterprise, uint32_t format, uint64_t records)
{
    struct sflow_skipped_entry entry;
    cr_assert(sflow_skipped_read(&skipped, place, &entry));
    cr_expect_eq(entry.is_counter, is_counter);
    cr_expect_eq(entry.enterprise, enterprise);
    cr_expect_eq(entry.format, format);
    cr_expect_eq(entry.records, records);
}

Test(sflow_skipped, has_nothing_at_first)
{
    struct sflow_skipped_entry entry;
    cr_assert_not(sflow_skipped_read(&skipped, 0, &entry));
}

Test(sflow_skipped, keeps_formats_enterprises_and_samples_apart)
{
    sflow_skipped_count(&skipped, false, 0);
    sflow_skipped_count(&skipped, true, 0);
    sflow_skipped_count(&skipped, false, 4413 << 12 | 1);
    sflow_skipped_count(&skipped, false, 4413 << 12 | 1);
    sflow_skipped_count(&skipped, false, UINT32_MAX);
    check(0, false, 0, 0, 1);
    check(1, true, 0, 0, 1);
    check(2, false, 4413, 1, 2);
    check(3, false, 0xfffff, 0xfff, 1);
}

Test(sflow_skipped, adds_up_what_finds_no_place)
{
    struct sflow_skipped_entry entry;
    for (uint32_t format = 0; format < 1000; format++) {
        sflow_skipped_count(&skipped, false, format);
    }
    check(SFLOW_SKIPPED_FORMATS - 1, false, 0, SFLOW_SKIPPED_FORMATS - 1, 1);
    cr_assert_not(sflow_skipped_read(&skipped, SFLOW_SKIPPED_FORMATS, &entry));
    cr_assert_eq(counter_get(&skipped.others), 1000 - SFLOW_SKIPPED_FORMATS);
}
