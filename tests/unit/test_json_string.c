/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as a JSON string. */
#include "common/json_string.h"

#include <criterion/criterion.h>
#include <string.h>

static void check(const char *text, size_t size, const char *expected)
{
    char out[256];
    cr_assert_leq(JSON_STRING_MAX(size), sizeof out);
    *json_put_string(out, text, size) = '\0';
    cr_assert_str_eq(out, expected);
}

#define CHECK(text, expected) check(text, sizeof(text) - 1, expected)

Test(json_string, replaces_what_is_no_utf8)
{
    CHECK("\xff", "\"\xef\xbf\xbd\"");
    CHECK("a\xc3", "\"a\xef\xbf\xbd\"");
    CHECK("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK("\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(json_string, escapes_controls_quotes_and_backslashes)
{
    CHECK("", "\"\"");
    CHECK("\0\x1f\n\t\"\\", "\"\\u0000\\u001f\\n\\t\\\"\\\\\"");
}

Test(json_string, keeps_characters_of_every_length)
{
    CHECK("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

Test(json_string, needs_no_more_room_than_it_says)
{
    char controls[100] = {0};
    char out[JSON_STRING_MAX(sizeof controls)];
    cr_assert_eq(json_put_string(out, controls, sizeof controls) - out, sizeof out);
}
