/* SPDX-License-Identifier: BSD-3-Clause -- cursors: how they fail, and what they lend. */
#include "common/cursor.h"

#include <criterion/criterion.h>

static const uint8_t BYTES[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct cursor failed_cursor(void)
{
    struct cursor cursor = cursor_of(BYTES, sizeof BYTES);
    cursor_skip(&cursor, sizeof BYTES + 1);
    return cursor;
}

Test(cursor, fails_at_a_read_past_its_end)
{
    struct cursor cursor = cursor_of(BYTES, 3);
    cr_assert_eq(cursor_be32(&cursor), 0);
    cr_assert(cursor_failed(&cursor));
}

Test(cursor, stays_failed_whatever_is_read)
{
    struct cursor cursor = failed_cursor();
    cursor_skip(&cursor, 0);
    cr_assert_eq(cursor_u8(&cursor), 0);
    cr_assert_eq(cursor_be16(&cursor), 0);
    cr_assert_eq(cursor_be64(&cursor), 0);
    cr_assert_eq(cursor_left(&cursor), 0);
    cr_assert(cursor_failed(&cursor));
}

Test(cursor, refuses_a_size_that_would_wrap_around)
{
    struct cursor cursor = cursor_of(BYTES, sizeof BYTES);
    cr_assert_null(cursor_take(&cursor, SIZE_MAX));
    cr_assert(cursor_failed(&cursor));
}

Test(cursor, fails_with_a_child_that_is_longer)
{
    struct cursor cursor = cursor_of(BYTES, sizeof BYTES);
    struct cursor child = cursor_sub(&cursor, sizeof BYTES + 1);
    cr_assert(cursor_failed(&child));
    cr_assert(cursor_failed(&cursor));
}

Test(cursor, has_only_failed_children_once_it_failed)
{
    struct cursor cursor = failed_cursor();
    struct cursor child = cursor_sub(&cursor, 0);
    cr_assert(cursor_failed(&child));
    cr_assert_eq(cursor_left(&child), 0);
}

Test(cursor, is_not_failed_for_being_empty)
{
    struct cursor empty = cursor_of(NULL, 0);
    struct cursor used_up = cursor_of(BYTES, 1);
    cursor_skip(&used_up, 1);
    cr_assert(!cursor_failed(&empty));
    cr_assert(!cursor_failed(&used_up));
}

Test(cursor, keeps_a_failed_child_to_itself)
{
    struct cursor cursor = cursor_of(BYTES, sizeof BYTES);
    struct cursor child = cursor_sub(&cursor, 2);
    cursor_skip(&child, 3);
    cr_assert(cursor_failed(&child));
    cr_assert_eq(cursor_u8(&cursor), 3);
}

Test(cursor, reads_numbers_most_significant_byte_first)
{
    struct cursor cursor = cursor_of(BYTES, sizeof BYTES);
    cr_assert_eq(cursor_u8(&cursor), 0x01);
    cr_assert_eq(cursor_be16(&cursor), 0x0203);
    cr_assert_eq(cursor_be32(&cursor), 0x04050607);
    cr_assert_eq(cursor_left(&cursor), 1);
}
