/* SPDX-License-Identifier: BSD-3-Clause -- texts that try to leave their quotes. */
#include "store/sink/sql_text.h"

#include <criterion/criterion.h>

static void expect(
    void (*append)(struct buffer *sql, const char *text), const char *text, const char *wanted)
{
    struct buffer sql = {0};
    append(&sql, text);
    cr_assert_str_eq(buffer_text(&sql), wanted);
    buffer_clear(&sql);
}

Test(sql_text, a_literal_keeps_its_quotes_and_backslashes_inside)
{
    expect(sql_append_literal, "", "''");
    expect(sql_append_literal, "it's", "'it\\'s'");
    expect(sql_append_literal, "\\", "'\\\\'");
    expect(sql_append_literal, "\\' OR 1", "'\\\\\\' OR 1'");
    expect(sql_append_literal, "a`b\"c\n", "'a`b\"c\n'");
}

Test(sql_text, an_identifier_keeps_its_backticks_and_backslashes_inside)
{
    expect(sql_append_identifier, "netflow", "`netflow`");
    expect(sql_append_identifier, "a`; DROP", "`a\\`; DROP`");
    expect(sql_append_identifier, "a\\", "`a\\\\`");
    expect(sql_append_identifier, "it's", "`it's`");
}
