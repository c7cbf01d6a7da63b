/* SPDX-License-Identifier: BSD-3-Clause -- quantiles of known values. */
#include "common/quantiles.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <string.h>

static struct quantiles quantiles;
static struct quantiles_view view;

Test(quantiles, has_none_while_empty)
{
    quantiles_read(&view, &quantiles);
    cr_assert_eq(quantiles_at(&view, 0.5), 0);
    cr_assert_eq(view.count, 0);
}

Test(quantiles, takes_the_largest_value_there_is)
{
    quantiles_add(&quantiles, UINT64_MAX, 1);
    quantiles_read(&view, &quantiles);
    cr_assert_eq(quantiles_at(&view, 1), UINT64_MAX);
}

Test(quantiles, is_exact_for_small_values)
{
    for (uint64_t i = 1; i <= 10; i++) {
        quantiles_add(&quantiles, i, 1);
    }
    quantiles_read(&view, &quantiles);
    cr_assert_eq(quantiles_at(&view, 0.5), 5);
    cr_assert_eq(quantiles_at(&view, 0.9), 9);
    cr_assert_eq(quantiles_at(&view, 0.99), 10);
    cr_assert_eq(view.sum, 55);
}

Test(quantiles, is_never_low_and_at_most_a_sixteenth_high)
{
    for (uint64_t value = 1; value < UINT64_C(1) << 62; value = value * 5 / 3 + 1) {
        memset(&quantiles, 0, sizeof quantiles);
        memset(&view, 0, sizeof view);
        quantiles_add(&quantiles, value, 1);
        quantiles_read(&view, &quantiles);
        uint64_t found = quantiles_at(&view, 0.5);
        cr_assert_geq(found, value);
        cr_assert_leq(found - value, value / 16);
    }
}

Test(quantiles, forgets_values_after_two_generations)
{
    quantiles_add(&quantiles, 1000, NS_PER_S);
    quantiles_add(&quantiles, 1, 400 * NS_PER_S);
    quantiles_read(&view, &quantiles);
    cr_assert_geq(quantiles_at(&view, 1), 1000);
    memset(&view, 0, sizeof view);
    quantiles_add(&quantiles, 1, 800 * NS_PER_S);
    quantiles_read(&view, &quantiles);
    cr_assert_eq(quantiles_at(&view, 1), 1);
    cr_assert_eq(view.count, 3, "the count covers the whole life");
}

Test(quantiles, forgets_all_after_a_long_silence)
{
    quantiles_add(&quantiles, 1000, NS_PER_S);
    quantiles_add(&quantiles, 1, 4000 * NS_PER_S);
    quantiles_read(&view, &quantiles);
    cr_assert_eq(quantiles_at(&view, 1), 1);
}

Test(quantiles, merges_several_sketches_into_one_view)
{
    static struct quantiles other;
    quantiles_add(&quantiles, 1, 1);
    quantiles_add(&other, 3, 1);
    quantiles_add(&other, 3, 1);
    quantiles_read(&view, &quantiles);
    quantiles_read(&view, &other);
    cr_assert_eq(quantiles_at(&view, 0.5), 3);
    cr_assert_eq(view.count, 3);
}

static void collect(void *context, struct metrics_page *page)
{
    static const struct metric_family FAMILY = {"zz_delay", METRIC_SUMMARY, "Delay."};
    quantiles_page_add(page, &FAMILY, context, 0.5, "worker=\"0\"");
}

Test(quantiles, becomes_a_summary)
{
    struct metrics *metrics = NULL;
    struct buffer out = {0};
    quantiles_add(&quantiles, 4, 1);
    quantiles_read(&view, &quantiles);
    cr_assert_eq(metrics_new(&metrics), ERR_OK);
    cr_assert_eq(metrics_register(metrics, collect, &view), ERR_OK);
    cr_assert_eq(metrics_print(metrics, &out), ERR_OK);
    const char *found = strstr(buffer_text(&out), "zz_delay{");
    cr_assert_str_eq(found, "zz_delay{worker=\"0\",quantile=\"0.5\"} 2\n"
                            "zz_delay{worker=\"0\",quantile=\"0.9\"} 2\n"
                            "zz_delay{worker=\"0\",quantile=\"0.99\"} 2\n"
                            "zz_delay_sum{worker=\"0\"} 2\n"
                            "zz_delay_count{worker=\"0\"} 1\n");
    buffer_clear(&out);
    metrics_destroy(&metrics);
}
