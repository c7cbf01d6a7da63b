/* SPDX-License-Identifier: BSD-3-Clause -- what exceptions of the database mean. */
#include "store/sink/sink_error.h"

#include <criterion/criterion.h>

Test(sink_error, finds_no_code_where_there_is_no_exception)
{
    cr_assert_eq(sink_error_code(""), 0);
    cr_assert_eq(sink_error_code("Code: "), 0);
    cr_assert_eq(sink_error_code("Code: x. DB::Exception"), 0);
    cr_assert_eq(sink_error_code("10.0.0.1\tCode: 12 of something"), 0);
    cr_assert_eq(sink_error_code("Code: 99999999999999999999. DB::Exception"), 0);
}

Test(sink_error, reads_the_code_of_todays_and_of_old_servers)
{
    cr_assert_eq(sink_error_code("Code: 60. DB::Exception: Table d.t does not exist."), 60);
    cr_assert_eq(sink_error_code("Code: 516. DB::Exception: default: Authentication failed"), 516);
    cr_assert_eq(sink_error_code("Code: 62, e.displayText() = DB::Exception: Syntax error"), 62);
    cr_assert_eq(sink_error_code("{\"x\":1}\nCode: 241. DB::Exception: Memory limit"), 241);
}

static enum sink_outcome outcome_of(int code)
{
    return sink_error_outcome(500, code, "", false);
}

Test(sink_error, rejects_only_what_will_never_fit)
{
    cr_assert_eq(outcome_of(53), SINK_REJECT);
    cr_assert_eq(outcome_of(16), SINK_REJECT);
    cr_assert_eq(outcome_of(117), SINK_REJECT);
}

Test(sink_error, retries_freely_what_was_refused_before_it_ran)
{
    cr_assert_eq(outcome_of(516), SINK_RETRY);
    cr_assert_eq(outcome_of(242), SINK_RETRY);
}

Test(sink_error, does_not_trust_an_exception_from_the_middle_of_an_insert)
{
    cr_assert_eq(outcome_of(252), SINK_UNKNOWN, "too many parts, maybe of a view");
    cr_assert_eq(outcome_of(999), SINK_UNKNOWN, "keeper");
}

Test(sink_error, suspects_an_exception_that_is_not_known_to_pass)
{
    cr_assert_eq(outcome_of(153), SINK_SUSPECT, "a division by zero in a materialized column");
    cr_assert_eq(outcome_of(99998), SINK_SUSPECT, "a code of the future");
}

Test(sink_error, takes_the_code_from_the_words_unless_the_answer_is_a_success)
{
    const char *words = "Code: 53. DB::Exception: Type mismatch";
    cr_assert_eq(sink_error_outcome(500, 0, words, false), SINK_REJECT);
    cr_assert_eq(sink_error_outcome(200, 0, words, false), SINK_DONE, "a row of a table");
    cr_assert_eq(sink_error_outcome(200, 53, "", false), SINK_REJECT);
}

Test(sink_error, a_smaller_block_may_pass_where_a_large_one_does_not)
{
    const char *partitions =
        "Code: 252. DB::Exception: Too many partitions for single INSERT block";
    const char *query = "Code: 62. DB::Exception: Syntax error: Max query size exceeded";
    cr_assert_eq(sink_error_outcome(413, 0, "", false), SINK_TOO_LARGE);
    cr_assert_eq(sink_error_outcome(500, 241, "", false), SINK_TOO_LARGE);
    cr_assert_eq(sink_error_outcome(500, 252, partitions, false), SINK_TOO_LARGE);
    cr_assert_eq(sink_error_outcome(400, 62, query, false), SINK_TOO_LARGE);
    cr_assert_eq(outcome_of(252), SINK_UNKNOWN, "merges are behind: smaller blocks would not help");
    cr_assert_eq(outcome_of(62), SINK_REJECT, "any other syntax error");
}

Test(sink_error, one_batch_that_is_too_large_waits_only_for_what_passes)
{
    cr_assert_eq(sink_error_outcome(413, 0, "", true), SINK_REJECT);
    cr_assert_eq(sink_error_outcome(500, 241, "", true), SINK_UNKNOWN);
    cr_assert_eq(sink_error_outcome(500, 396, "", true), SINK_RETRY, "a limit of the profile");
}

Test(sink_error, every_status_has_an_outcome)
{
    cr_assert_eq(sink_error_outcome(200, 0, "", false), SINK_DONE);
    cr_assert_eq(sink_error_outcome(301, 0, "", false), SINK_RETRY);
    cr_assert_eq(sink_error_outcome(407, 0, "", false), SINK_RETRY);
    cr_assert_eq(sink_error_outcome(408, 0, "", false), SINK_UNKNOWN);
    cr_assert_eq(sink_error_outcome(503, 0, "", false), SINK_RETRY);
    cr_assert_eq(sink_error_outcome(504, 0, "", false), SINK_UNKNOWN);
    cr_assert_eq(sink_error_outcome(999, 0, "", false), SINK_UNKNOWN);
}
