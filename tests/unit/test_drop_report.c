/* SPDX-License-Identifier: BSD-3-Clause -- what is reported of dropped flows, and how often. */
#include "common/clock.h"
#include "common/drop_report.h"
#include "tests/support/captured_log.h"

#include <criterion/criterion.h>
#include <string.h>

static struct drop_counts total;
static struct drop_report *report;

static void count(void *context, struct drop_counts *counts)
{
    (void)context;
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        counts->values[i] += total.values[i];
    }
}

static void start(void)
{
    const struct drop_report_options options = {.component = "ingest", .count = count};
    cr_assert_eq(drop_report_new(&report, &options), ERR_OK);
}

static void finish(void)
{
    drop_report_destroy(&report);
}

TestSuite(drop_report, .init = start, .fini = finish);

static const char *tick_at(uint64_t second)
{
    captured_log_begin();
    drop_report_tick(report, second * NS_PER_S);
    return captured_log_end();
}

static void check_logged(uint64_t second, const char *part)
{
    const char *text = tick_at(second);
    cr_assert(strstr(text, part) != NULL, "second %u: \"%s\"", (unsigned)second, text);
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1, "not one line: \"%s\"", text);
}

Test(drop_report, logs_nothing_while_nothing_is_dropped)
{
    for (uint64_t second = 0; second < 200; second++) {
        cr_assert_str_eq(tick_at(second), "");
    }
}

Test(drop_report, logs_the_first_drops_at_once_with_count_and_reason)
{
    cr_assert_str_eq(tick_at(10), "");
    total.values[DROP_WINDOW] = 42;
    check_logged(11, "warning ingest: dropped flows=42 reason=window cause=\"the window is full");
}

Test(drop_report, logs_what_is_dropped_at_most_once_a_minute_and_loses_no_count)
{
    unsigned lines = 0;
    for (uint64_t second = 1; second <= 181; second++) {
        total.values[DROP_FULL] = 10 * second;
        if (second == 61) {
            check_logged(second, " flows=600 reason=full ");
            lines++;
        } else {
            lines += *tick_at(second) != '\0';
        }
    }
    cr_assert_eq(lines, 4, "seconds 1, 61, 121 and 181: %u lines", lines);
}

Test(drop_report, names_every_reason_in_the_same_line)
{
    total.values[DROP_KERNEL] = 3;
    total.values[DROP_MEMORY] = 4;
    check_logged(1, "dropped datagrams=3 reason=kernel cause=");
    total.values[DROP_KERNEL] = 5;
    total.values[DROP_SPOOL] = 6;
    const char *text = tick_at(61);
    cr_assert(strstr(text, "datagrams=2 reason=kernel") != NULL, "%s", text);
    cr_assert(strstr(text, "flows=6 reason=spool") != NULL, "%s", text);
    cr_assert(strstr(text, "memory") == NULL, "%s", text);
}

Test(drop_report, logs_the_end_once)
{
    total.values[DROP_WINDOW] = 1;
    check_logged(1, "dropped");
    for (uint64_t second = 2; second < 61; second++) {
        cr_assert_str_eq(tick_at(second), "");
    }
    check_logged(61, "notice ingest: nothing was dropped in the last minute");
    cr_assert_str_eq(tick_at(62), "");
    total.values[DROP_WINDOW] = 2;
    check_logged(63, "flows=1 reason=window");
}

Test(drop_report, counts_on_when_the_kernels_counter_wraps)
{
    total.values[DROP_KERNEL] = UINT32_MAX;
    check_logged(1, "datagrams=4294967295 ");
    total.values[DROP_KERNEL] = 9;
    check_logged(61, "datagrams=9 ");
}

static const char *printed(void)
{
    static struct buffer out;
    buffer_clear(&out);
    drop_report_print(report, &out);
    return buffer_text(&out);
}

Test(drop_report, prints_the_reasons_until_a_minute_without_drops)
{
    (void)tick_at(1);
    cr_assert_str_eq(printed(), "");
    total.values[DROP_WINDOW] = 7;
    (void)tick_at(2);
    cr_assert(strstr(printed(), "dropped 7 flows, reason window: the window is full") != NULL);
    (void)tick_at(61);
    cr_assert_str_neq(printed(), "");
    (void)tick_at(62);
    cr_assert_str_eq(printed(), "");
}

Test(drop_report, prints_drops_that_are_not_logged_yet)
{
    total.values[DROP_WINDOW] = 7;
    (void)tick_at(1);
    total.values[DROP_SPOOL] = 8;
    (void)tick_at(2);
    cr_assert(strstr(printed(), "dropped 8 flows, reason spool:") != NULL, "%s", printed());
}
