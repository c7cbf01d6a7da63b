/* SPDX-License-Identifier: BSD-3-Clause -- texts by key in one block. */
#include "common/text_map.h"

#include "common/json_string.h"

#include <criterion/criterion.h>
#include <string.h>

static struct text_map map;
static char text[TEXT_MAP_BYTES];

static bool append(size_t key_size, size_t value_size)
{
    struct text_entry entry = {.key = text,
        .value = text,
        .key_size = (uint16_t)key_size,
        .value_size = (uint16_t)value_size};
    return text_map_append(&map, &entry);
}

Test(text_map, leaves_out_what_is_larger_than_its_room)
{
    cr_assert_not(append(1, TEXT_MAP_BYTES - TEXT_ENTRY_HEADER));
    cr_assert_eq(map.count, 0);
    cr_assert(append(1, TEXT_MAP_BYTES - TEXT_ENTRY_HEADER - 1));
    cr_assert_eq(map.size, TEXT_MAP_BYTES);
    cr_assert_not(append(0, 0));
    cr_assert_eq(map.count, 1);
}

Test(text_map, takes_a_smaller_entry_after_one_that_was_too_large)
{
    cr_assert(append(1, 3000));
    cr_assert_not(append(1, 3000));
    cr_assert(append(1, 1000));
    cr_assert_eq(map.count, 2);
}

Test(text_map, has_a_highest_number_of_entries)
{
    for (uint32_t i = 0; i < TEXT_MAP_ENTRIES; i++) {
        cr_assert(append(1, 0));
    }
    cr_assert_not(append(1, 0));
    cr_assert_eq(map.count, TEXT_MAP_ENTRIES);
}

Test(text_map, prints_no_longer_than_a_json_string_of_its_bytes)
{
    static char out[JSON_STRING_MAX(TEXT_MAP_BYTES)];
    cr_assert_eq(text_entries_put_json(out, map.bytes, 0) - out, 2, "{}");
    while (append(0, 0)) {
    }
    cr_assert_leq(
        (size_t)(text_entries_put_json(out, map.bytes, map.size) - out), JSON_STRING_MAX(map.size));
    map = (struct text_map){0};
    cr_assert(append(0, TEXT_MAP_BYTES - TEXT_ENTRY_HEADER));
    cr_assert_leq((size_t)(text_entries_put_json(out, map.bytes, map.size) - out), sizeof out);
}

Test(text_map, keeps_the_order_of_its_entries)
{
    struct text_entry first = {.key = "ab", .value = "", .key_size = 2, .value_size = 0};
    struct text_entry second = {.key = "c", .value = "d\0e", .key_size = 1, .value_size = 3};
    cr_assert(text_map_append(&map, &first) && text_map_append(&map, &second));
    struct text_entry read;
    const uint8_t *next = text_entry_read(&read, map.bytes);
    cr_assert(read.key_size == 2 && memcmp(read.key, "ab", 2) == 0 && read.value_size == 0);
    next = text_entry_read(&read, next);
    cr_assert(read.key_size == 1 && read.key[0] == 'c');
    cr_assert(read.value_size == 3 && memcmp(read.value, "d\0e", 3) == 0);
    cr_assert_eq(next - map.bytes, map.size);
}
