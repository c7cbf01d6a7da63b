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

Test(sink_error, rejects_only_what_will_never_fit)
{
    cr_assert_eq(sink_error_outcome(53), SINK_REJECT);
    cr_assert_eq(sink_error_outcome(16), SINK_REJECT);
    cr_assert_eq(sink_error_outcome(117), SINK_REJECT);
}

Test(sink_error, retries_freely_what_was_refused_before_it_ran)
{
    cr_assert_eq(sink_error_outcome(516), SINK_RETRY);
    cr_assert_eq(sink_error_outcome(242), SINK_RETRY);
}

Test(sink_error, does_not_trust_an_exception_from_the_middle_of_an_insert)
{
    cr_assert_eq(sink_error_outcome(252), SINK_UNKNOWN, "too many parts, maybe of a view");
    cr_assert_eq(sink_error_outcome(241), SINK_UNKNOWN, "memory limit, maybe of a view");
    cr_assert_eq(sink_error_outcome(999), SINK_UNKNOWN, "keeper");
    cr_assert_eq(sink_error_outcome(99998), SINK_UNKNOWN, "a code of the future");
}
