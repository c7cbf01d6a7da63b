/* SPDX-License-Identifier: BSD-3-Clause -- Prometheus' text format from the samples of collectors.
 */
#include "common/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct metric_family DROPS = {"zz_drops", METRIC_COUNTER, "Drops\nby \\ reason."};
static const struct metric_family LOAD = {"za_load", METRIC_GAUGE, "Load."};
static const struct metric_family SIZE = {"zb_size", METRIC_SUMMARY, "Sizes."};
static const struct metric_family DELAY = {"zc_delay", METRIC_SUMMARY, "Delays."};

/* Everything printed after the built-in families, which all sort before "z". */
static char *print_with(metrics_collect_fn *first, metrics_collect_fn *second)
{
    static char text[65536];
    struct metrics *metrics = NULL;
    struct buffer out = {0};
    cr_assert_eq(metrics_new(&metrics), ERR_OK);
    cr_assert_eq(metrics_register(metrics, first, NULL), ERR_OK);
    if (second != NULL) {
        cr_assert_eq(metrics_register(metrics, second, NULL), ERR_OK);
    }
    cr_assert_eq(metrics_print(metrics, &out), ERR_OK);
    (void)snprintf(text, sizeof text, "%s", buffer_text(&out));
    buffer_clear(&out);
    metrics_destroy(&metrics);
    cr_assert_null(metrics);
    char *ours = strstr(text, "# HELP z");
    return ours != NULL ? ours : text + strlen(text);
}

static void drop_some(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &DROPS, 3, "reason=\"%s\"", "short");
    metrics_page_add(page, &DROPS, 1, "reason=\"%s\"", "full");
}

static void drop_more(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &DROPS, 4, "reason=\"%s\"", "full");
    metrics_page_add(page, &LOAD, 0.1, "%s", "");
    metrics_page_declare(page, &LOAD);
}

Test(metrics, adds_up_the_shares_of_a_series)
{
    cr_assert_str_eq(print_with(drop_some, drop_more), "# HELP za_load Load.\n"
                                                       "# TYPE za_load gauge\n"
                                                       "za_load 0.1\n"
                                                       "# HELP zz_drops Drops\\nby \\\\ reason.\n"
                                                       "# TYPE zz_drops counter\n"
                                                       "zz_drops{reason=\"short\"} 3\n"
                                                       "zz_drops{reason=\"full\"} 5\n");
}

static void declare_only(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_declare(page, &LOAD);
}

Test(metrics, shows_a_declared_family_once_without_samples)
{
    cr_assert_str_eq(
        print_with(declare_only, declare_only), "# HELP za_load Load.\n# TYPE za_load gauge\n");
}

static void add_summary(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add_part(page, &SIZE, "", 9, "quantile=\"0.5\"");
    metrics_page_add_part(page, &SIZE, "_sum", 40, "%s", "");
    metrics_page_add_part(page, &SIZE, "_count", 2, "%s", "");
}

Test(metrics, keeps_the_parts_of_a_summary_in_order)
{
    cr_assert_str_eq(print_with(add_summary, add_summary), "# HELP zb_size Sizes.\n"
                                                           "# TYPE zb_size summary\n"
                                                           "zb_size{quantile=\"0.5\"} 9\n"
                                                           "zb_size_sum 80\n"
                                                           "zb_size_count 4\n");
}

static void add_odd_values(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &LOAD, (double)NAN, "v=\"0\"");
    metrics_page_add(page, &LOAD, -(double)INFINITY, "v=\"1\"");
    metrics_page_add(page, &LOAD, 9007199254740991.0, "v=\"2\"");
    metrics_page_add(page, &LOAD, 1.0 / 3, "v=\"3\"");
}

Test(metrics, prints_values_that_read_back_the_same)
{
    cr_assert_str_eq(print_with(add_odd_values, NULL), "# HELP za_load Load.\n"
                                                       "# TYPE za_load gauge\n"
                                                       "za_load{v=\"0\"} NaN\n"
                                                       "za_load{v=\"1\"} -Inf\n"
                                                       "za_load{v=\"2\"} 9007199254740991\n"
                                                       "za_load{v=\"3\"} 0.3333333333333333\n");
}

static void add_quantile(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &DELAY, 2, "quantile=\"0.5\"");
    metrics_page_add(page, &DELAY, 3, "quantile=\"0.5\"");
}

Test(metrics, keeps_the_largest_of_equal_quantiles)
{
    cr_assert_not_null(strstr(print_with(add_quantile, NULL), "\nzc_delay{quantile=\"0.5\"} 3\n"));
}

static void add_a_too_long_label(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &LOAD, 1, "v=\"%02000d\"", 0);
}

Test(metrics, refuses_a_label_without_end)
{
    struct metrics *metrics = NULL;
    struct buffer out = {0};
    cr_assert_eq(metrics_new(&metrics), ERR_OK);
    cr_assert_eq(metrics_register(metrics, add_a_too_long_label, NULL), ERR_OK);
    cr_assert_eq(metrics_print(metrics, &out), ERR_MEMORY);
    metrics_destroy(&metrics);
    buffer_clear(&out);
}

Test(metrics, reports_the_process_itself)
{
    struct metrics *metrics = NULL;
    struct buffer out = {0};
    cr_assert_eq(metrics_new(&metrics), ERR_OK);
    cr_assert_eq(metrics_print(metrics, &out), ERR_OK);
    static const char *const NAMES[] = {"\nprocess_cpu_seconds_total ",
        "\nprocess_resident_memory_bytes ", "\nprocess_start_time_seconds ", "\nprocess_open_fds ",
        "\ngoflow_build_info{version=\"0.1.0\"} 1\n"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        cr_assert_not_null(strstr(buffer_text(&out), NAMES[i]), "%s", NAMES[i]);
    }
    metrics_destroy(&metrics);
    buffer_clear(&out);
}
