/* SPDX-License-Identifier: BSD-3-Clause -- lines and words of an operator's text. */
#include "common/text_line.h"

#include <criterion/criterion.h>
#include <string.h>

static struct text_line line;

Test(text_line, refuses_one_that_is_too_long_with_its_number)
{
    char text[TEXT_LINE_SIZE + 2] = "\n";
    memset(text + 1, 'x', TEXT_LINE_SIZE);
    const char *rest = text;
    cr_assert_eq(text_line_next(&line, &rest), ERR_FULL);
    cr_assert_eq(line.number, 2);
    text[TEXT_LINE_SIZE] = '\0';
    rest = text + 1;
    cr_assert_eq(text_line_next(&line, &rest), ERR_OK);
    cr_assert_eq(strlen(line.words[0]), TEXT_LINE_SIZE - 1);
}

Test(text_line, is_passed_over_without_words)
{
    const char *rest = "\n  \t\n# a comment\n \r\nword # and a comment\r\n#";
    cr_assert_eq(text_line_next(&line, &rest), ERR_OK);
    cr_assert_eq(line.number, 5);
    cr_assert_eq(line.count, 1);
    cr_assert_str_eq(line.words[0], "word");
    cr_assert_str_eq(line.words[1], "");
    cr_assert_eq(text_line_next(&line, &rest), ERR_END);
    cr_assert_eq(*rest, '\0');
}

Test(text_line, has_five_words_and_no_look_at_more)
{
    const char *rest = "\ta  b c\td e f";
    cr_assert_eq(text_line_next(&line, &rest), ERR_OK);
    cr_assert_eq(line.count, TEXT_LINE_WORDS);
    cr_assert_str_eq(line.words[0], "a");
    cr_assert_str_eq(line.words[TEXT_LINE_WORDS - 1], "e");
}
