/* SPDX-License-Identifier: BSD-3-Clause -- what a writer does while there is no database. */
#include "common/clock.h"
#include "store/write/outage.h"
#include "tests/support/captured_log.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW_NS (5 * NS_PER_S)

enum {
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 60000
};

static const char REFUSAL[] = "Code: 242. DB::Exception: Table is in readonly mode";

static struct counter is_up;
static struct counter rows_waiting;
static struct outage outage;
static struct buffer error;

static void start(void)
{
    outage_init(&outage, &is_up, &rows_waiting, RETRY_MIN_MS, RETRY_MAX_MS);
    buffer_text_append(&error, "no answer");
}

static void finish(void)
{
    buffer_clear(&error);
}

TestSuite(outage, .init = start, .fini = finish);

static uint64_t wait_ns(void)
{
    outage_continue(&outage, 3, NOW_NS, &error);
    return outage.due_ns - NOW_NS;
}

/* From now on the database answers so. */
static void answer(const char *words)
{
    buffer_clear(&error);
    buffer_text_append(&error, words);
}

Test(outage, waits_longer_after_each_refusal_and_shortly_again_after_its_end)
{
    answer(REFUSAL);
    cr_assert_leq(wait_ns(), RETRY_MIN_MS * NS_PER_MS);
    for (int i = 0; i < 10; i++) {
        outage_continue(&outage, 3, NOW_NS, &error);
    }
    cr_assert_geq(wait_ns(), RETRY_MAX_MS / 2 * NS_PER_MS);
    outage_end(&outage, NOW_NS);
    cr_assert_leq(wait_ns(), RETRY_MIN_MS * NS_PER_MS);
}

Test(outage, looks_each_second_for_a_database_that_is_away)
{
    for (int i = 0; i < 100; i++) {
        cr_assert_leq(wait_ns(), NS_PER_S);
    }
    cr_assert_geq(wait_ns(), NS_PER_S / 2, "and not more often");
}

Test(outage, waits_shortly_again_when_a_database_that_was_away_refuses)
{
    answer(REFUSAL);
    for (int i = 0; i < 10; i++) {
        outage_continue(&outage, 3, NOW_NS, &error);
    }
    answer("no answer");
    (void)wait_ns();
    answer(REFUSAL);
    cr_assert_leq(wait_ns(), RETRY_MIN_MS * NS_PER_MS);
}

Test(outage, is_what_the_counter_says)
{
    cr_assert_eq(counter_get(&is_up), 0);
    outage_end(&outage, NOW_NS);
    cr_assert_eq(counter_get(&is_up), 1);
    outage_continue(&outage, 3, NOW_NS, &error);
    cr_assert_eq(counter_get(&is_up), 0);
}

Test(outage, says_at_its_end_how_much_waited)
{
    captured_log_begin();
    outage_continue(&outage, 2, NOW_NS, &error);
    counter_set(&rows_waiting, 1200);
    outage_continue(&outage, 5, NOW_NS, &error);
    counter_set(&rows_waiting, 900);
    outage_continue(&outage, 4, NOW_NS, &error);
    outage_end(&outage, NOW_NS + 7 * NS_PER_S);
    outage_end(&outage, NOW_NS + 7 * NS_PER_S);
    const char *text = captured_log_end();
    static const char END[] = "the database takes data again after_s=7 blocks=5 rows=1200\n";
    const char *end = strstr(text, END);
    cr_assert(end != NULL, "%s", text);
    cr_assert_str_eq(end + strlen(END), "", "said twice: %s", text);
}
