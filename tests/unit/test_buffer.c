/* SPDX-License-Identifier: BSD-3-Clause -- growing, failing and JSON text of the buffer. */
#include "common/buffer.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static void check_json(const char *text, size_t size, const char *expected)
{
    struct buffer buffer = {0};
    buffer_json_string(&buffer, text, size);
    cr_assert_str_eq(buffer_text(&buffer), expected);
    buffer_clear(&buffer);
}

Test(buffer, stays_failed_after_an_impossible_append)
{
    struct buffer buffer = {0};
    buffer_text_append(&buffer, "kept");
    buffer_append(&buffer, "x", SIZE_MAX / 2);
    buffer_text_append(&buffer, "more");
    cr_assert_eq(buffer_check(&buffer), ERR_MEMORY);
    cr_assert_eq(buffer.size, 4);
    cr_assert_str_eq(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    cr_assert_eq(buffer_check(&buffer), ERR_OK);
}

Test(buffer, replaces_what_is_not_utf8)
{
    check_json("a\xff", 2, "\"a\xef\xbf\xbd\"");
    check_json("\xc0\x80", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    check_json("\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    check_json("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(buffer, escapes_json_strings)
{
    check_json("a\"b\\c\nd\x01", 8, "\"a\\\"b\\\\c\\nd\\u0001\"");
    check_json("\xc3\xa9\xf0\x9f\x90\x99", 6, "\"\xc3\xa9\xf0\x9f\x90\x99\"");
    check_json("", 0, "\"\"");
}

Test(buffer, is_empty_text_while_empty)
{
    struct buffer buffer = {0};
    cr_assert_str_eq(buffer_text(&buffer), "");
    buffer_append(&buffer, "", 0);
    cr_assert_eq(buffer.size, 0);
}

Test(buffer, grows_over_many_appends)
{
    struct buffer buffer = {0};
    for (int i = 0; i < 10000; i++) {
        buffer_format(&buffer, "%04d", i);
    }
    cr_assert_eq(buffer_check(&buffer), ERR_OK);
    cr_assert_eq(buffer.size, 40000);
    cr_assert_eq(memcmp(buffer.bytes + 4 * 1234, "1234", 4), 0);
    cr_assert_eq(strlen(buffer_text(&buffer)), 40000);
    buffer_clear(&buffer);
}

Test(buffer, reserves_room_behind_its_content)
{
    struct buffer buffer = {0};
    buffer_text_append(&buffer, "ab");
    char *room = buffer_reserve(&buffer, 3);
    cr_assert_not_null(room);
    memcpy(room, "cde", 3);
    cr_assert_eq(buffer.size, 2);
    buffer.size += 2;
    cr_assert_str_eq(buffer_text(&buffer), "abcd");
    cr_assert_null(buffer_reserve(&buffer, SIZE_MAX));
    cr_assert_eq(buffer_check(&buffer), ERR_MEMORY);
    buffer_clear(&buffer);
}
