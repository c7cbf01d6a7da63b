/* SPDX-License-Identifier: BSD-3-Clause -- SQL as tokens, the unclosed ones first. */
#include "store/sink/sql_scanner.h"

#include <criterion/criterion.h>
#include <string.h>

/* The tokens of the text between blanks: "SELECT ( 'a b' )". */
static void check(const char *text, const char *expected)
{
    struct sql_scanner scanner = {.text = text, .size = strlen(text)};
    char found[256] = "";
    for (struct sql_token token = sql_scanner_next(&scanner); token.kind != SQL_END;
         token = sql_scanner_next(&scanner)) {
        strcat(found, found[0] != '\0' ? " " : "");
        strncat(found, text + token.start, token.end - token.start);
    }
    cr_assert_str_eq(found, expected, "%s", text);
}

Test(sql_scanner, ends_what_is_unclosed_with_the_text)
{
    check("a 'b c", "a 'b c");
    check("a 'b\\", "a 'b\\");
    check("a /* b", "a");
    check("a -- b", "a");
    check("$q$ a $q", "$q$ a $q");
    check("$q", "$ q");
}

Test(sql_scanner, says_that_it_is_over_as_often_as_it_is_asked)
{
    struct sql_scanner scanner = {.text = "a", .size = 1};
    (void)sql_scanner_next(&scanner);
    cr_assert_eq(sql_scanner_next(&scanner).kind, SQL_END);
    cr_assert_eq(sql_scanner_next(&scanner).kind, SQL_END);
    cr_assert_eq(sql_scanner_peek(&scanner, 0), '\0');
}

Test(sql_scanner, passes_over_comments)
{
    check("-- a\nb /* c\n d */ e #! f\ng # h", "b e g");
    check("a-1 / b # 2", "a - 1 / b");
    check("a #2", "a # 2");
}

Test(sql_scanner, takes_a_text_as_one_token)
{
    check("'a;b' \"c(d\" `e -- f`", "'a;b' \"c(d\" `e -- f`");
    check("'a\\'b' c", "'a\\'b' c");
    check("$q$ it's $x$ $q$;", "$q$ it's $x$ $q$ ;");
}

Test(sql_scanner, tells_brackets_from_words)
{
    static const enum sql_token_kind KINDS[] = {
        SQL_WORD, SQL_OPEN, SQL_QUOTED, SQL_OTHER, SQL_WORD, SQL_CLOSE, SQL_SEMICOLON, SQL_END};
    static const char TEXT[] = "f('a', 12);";
    struct sql_scanner scanner = {.text = TEXT, .size = sizeof TEXT - 1};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        cr_assert_eq(sql_scanner_next(&scanner).kind, KINDS[i], "token %zu", i);
    }
}

Test(sql_scanner, knows_a_keyword_in_any_case_but_not_in_quotes)
{
    struct sql_scanner scanner = {.text = "Format 'format' formats", .size = 23};
    struct sql_token token = sql_scanner_next(&scanner);
    cr_assert(sql_scanner_is_word(&scanner, &token, "FORMAT"));
    token = sql_scanner_next(&scanner);
    cr_assert_not(sql_scanner_is_word(&scanner, &token, "FORMAT"));
    token = sql_scanner_next(&scanner);
    cr_assert_not(sql_scanner_is_word(&scanner, &token, "FORMAT"));
}
