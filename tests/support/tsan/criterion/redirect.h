/*
 * redirect.h -- output of a test into a file, to compare it: see criterion.h beside this.
 */
#pragma once

#include "criterion.h"

void cr_redirect_stdout(void);
void cr_redirect_stderr(void);

/* All that was written to the descriptor since it was redirected; lent until the next call. */
const char *test_redirected(int descriptor);

#define cr_assert_stdout_eq_str(text, ...) cr_assert_str_eq(test_redirected(1), (text), __VA_ARGS__)
#define cr_assert_stderr_eq_str(text, ...) cr_assert_str_eq(test_redirected(2), (text), __VA_ARGS__)
