/* SPDX-License-Identifier: BSD-3-Clause -- statements that others have begun are waited for. */
#include "store/sink/underway.h"

#include <criterion/criterion.h>
#include <string.h>

enum {
    QUESTIONS_MAX = 64,
    TIMEOUT_MS = 200
};

/* A database that says what the test tells it to. */
static struct {
    const char *list; /* of the statements under way */
    unsigned turns;   /* so often they still run when asked about */
    enum sink_outcome outcome;
    char questions[QUESTIONS_MAX][512];
    unsigned count;
} fake;

static enum sink_outcome query(struct sink_backend *backend, const char *sql, const char *format,
    struct buffer *result, struct buffer *error)
{
    (void)backend;
    (void)format;
    (void)error;
    cr_assert_lt(fake.count, QUESTIONS_MAX);
    (void)strncpy(fake.questions[fake.count], sql, sizeof fake.questions[0] - 1);
    if (fake.count++ == 0) {
        buffer_text_append(result, fake.list);
    } else {
        buffer_text_append(result, fake.turns > 0 ? "2\n" : "0\n");
        fake.turns -= fake.turns > 0;
    }
    return fake.outcome;
}

static enum sink_outcome wait_with(const char *list, unsigned turns)
{
    static const struct sink_backend_class class = {.query = query};
    struct sink_backend backend = {&class};
    struct buffer error = {0};
    fake.list = list;
    fake.turns = turns;
    enum sink_outcome outcome = underway_wait(&backend, "`d`.`it's`", TIMEOUT_MS, &error);
    buffer_clear(&error);
    return outcome;
}

Test(underway, passes_on_that_nobody_answers)
{
    fake.outcome = SINK_UNKNOWN;
    cr_assert_eq(wait_with("", 0), SINK_UNKNOWN);
    cr_assert_eq(fake.count, 1);
}

Test(underway, gives_up_for_now_when_they_run_too_long)
{
    cr_assert_eq(wait_with("'a','b'\n", 1000), SINK_RETRY);
}

Test(underway, does_not_wait_when_nothing_runs)
{
    cr_assert_eq(wait_with("\n", 1000), SINK_DONE);
    cr_assert_eq(fake.count, 1);
}

Test(underway, waits_for_those_that_ran_and_no_others)
{
    cr_assert_eq(wait_with("'a','b'\n", 2), SINK_DONE);
    cr_assert_eq(fake.count, 4);
    cr_assert_not_null(strstr(fake.questions[0], "'INSERT INTO `d`.`it\\'s` '"));
    cr_assert_not_null(strstr(fake.questions[3], "query_id IN ('a','b')"));
}
