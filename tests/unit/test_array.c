/* SPDX-License-Identifier: BSD-3-Clause -- arrays that grow keep what they hold. */
#include "common/array.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

Test(array, stays_where_it_is_while_it_has_room)
{
    uint32_t items[2];
    size_t room = 2;
    cr_assert_eq(array_grow(items, 0, &room, sizeof items[0]), items);
    cr_assert_eq(array_grow(items, 1, &room, sizeof items[0]), items);
    cr_assert_eq(room, 2);
}

Test(array, keeps_its_items_while_it_grows)
{
    uint32_t *items = NULL;
    size_t room = 0;
    for (size_t count = 0; count < 1000; count++) {
        items = array_grow(items, count, &room, sizeof *items);
        cr_assert_not_null(items);
        cr_assert_gt(room, count);
        items[count] = (uint32_t)count;
    }
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(items[i], i);
    }
    cr_assert_leq(room, 2000, "not more than twice what is used");
    free(items);
}
