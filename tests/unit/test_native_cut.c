/* SPDX-License-Identifier: BSD-3-Clause -- rows cut out of Native blocks. */
#include "store/columns/native_cut.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buffer out;

static void tear_down(void)
{
    buffer_clear(&out);
}

TestSuite(native_cut, .fini = tear_down);

/* Three rows: A UInt8 = 1, 2, 3; B String = "", "x", "yz"; C Array(UInt16) = [], [7, 8], [9]. */
#define COLUMN_A "\1A\5UInt8\1\2\3"
#define COLUMN_B "\1B\6String\0\1x\2yz"
#define COLUMN_C                                                                                   \
    "\1C\15Array(UInt16)"                                                                          \
    "\0\0\0\0\0\0\0\0"                                                                             \
    "\2\0\0\0\0\0\0\0"                                                                             \
    "\3\0\0\0\0\0\0\0"                                                                             \
    "\7\0\10\0\11\0"
/* M Map(String, String) = {}, {a: b}, {c: d}; N Nullable(UInt64) = 5, NULL, 6. */
#define COLUMN_M                                                                                   \
    "\1M\23Map(String, String)"                                                                    \
    "\0\0\0\0\0\0\0\0"                                                                             \
    "\1\0\0\0\0\0\0\0"                                                                             \
    "\2\0\0\0\0\0\0\0"                                                                             \
    "\1a\1c\1b\1d"
#define COLUMN_N                                                                                   \
    "\1N\20Nullable(UInt64)\0\1\0"                                                                 \
    "\5\0\0\0\0\0\0\0"                                                                             \
    "\0\0\0\0\0\0\0\0"                                                                             \
    "\6\0\0\0\0\0\0\0"

static const char BLOCK[] = "\5\3" COLUMN_A COLUMN_B COLUMN_C COLUMN_M COLUMN_N;

static struct buffer whole(void)
{
    return (struct buffer){.bytes = (char *)BLOCK, .size = sizeof BLOCK - 1};
}

static void check(const char *expected, size_t size)
{
    cr_assert_eq(out.size, size, "%zu bytes, expected %zu", out.size, size);
    cr_assert_eq(memcmp(out.bytes, expected, size), 0);
}

Test(native_cut, a_block_that_ends_too_early_is_refused_wherever_it_ends)
{
    for (size_t size = 0; size < sizeof BLOCK - 1; size++) {
        struct buffer cut = {.bytes = (char *)BLOCK, .size = size};
        buffer_clear(&out);
        cr_assert_eq(native_cut(&cut, 1, 2, &out), ERR_CORRUPT, "%zu bytes", size);
    }
}

Test(native_cut, names_are_those_of_the_columns_in_order)
{
    struct buffer block = whole();
    cr_assert_eq(native_cut_names(&block, &out), ERR_OK);
    check("A\0B\0C\0M\0N", 10);
}

Test(native_cut, names_of_a_block_that_ends_too_early_are_refused)
{
    for (size_t size = 0; size < sizeof BLOCK - 1; size++) {
        struct buffer cut = {.bytes = (char *)BLOCK, .size = size};
        buffer_clear(&out);
        cr_assert_eq(native_cut_names(&cut, &out), ERR_CORRUPT, "%zu bytes", size);
    }
}

Test(native_cut, rows_that_are_not_there_are_refused)
{
    struct buffer block = whole();
    cr_assert_eq(native_cut(&block, 3, 1, &out), ERR_CORRUPT);
    cr_assert_eq(native_cut(&block, 0, 4, &out), ERR_CORRUPT);
    cr_assert_eq(native_cut(&block, 1, UINT64_MAX, &out), ERR_CORRUPT);
    cr_assert_eq(native_cut(&block, 0, 0, &out), ERR_CORRUPT);
}

Test(native_cut, numbers_out_of_all_measure_are_refused)
{
    static const char ROWS[] = "\1\377\377\377\377\377\377\377\177\1A\6UInt64\1";
    static const char ENDS[] = "\1\1\1A\14Array(UInt8)\377\377\377\377\377\377\377\377";
    static const char TEXT[] = "\1\1\1A\6String\377\377\377\377\377\377\377\377\377\1";
    struct buffer rows = {.bytes = (char *)ROWS, .size = sizeof ROWS - 1};
    struct buffer ends = {.bytes = (char *)ENDS, .size = sizeof ENDS - 1};
    struct buffer text = {.bytes = (char *)TEXT, .size = sizeof TEXT - 1};
    cr_assert_eq(native_cut(&rows, 0, 1, &out), ERR_CORRUPT);
    cr_assert_eq(native_cut(&ends, 0, 1, &out), ERR_CORRUPT);
    cr_assert_eq(native_cut(&text, 0, 1, &out), ERR_CORRUPT);
}

Test(native_cut, a_type_that_is_not_ours_is_refused)
{
    static const char OTHER[] = "\1\1\1A\4Ring\1";
    struct buffer block = {.bytes = (char *)OTHER, .size = sizeof OTHER - 1};
    cr_assert_eq(native_cut(&block, 0, 1, &out), ERR_UNSUPPORTED);
}

Test(native_cut, all_rows_are_the_block_itself)
{
    struct buffer block = whole();
    uint64_t rows = 0;
    cr_assert_eq(native_cut_rows(&block, &rows), ERR_OK);
    cr_assert_eq(rows, 3);
    cr_assert_eq(native_cut(&block, 0, 3, &out), ERR_OK);
    check(BLOCK, sizeof BLOCK - 1);
}

Test(native_cut, the_last_rows_have_lists_that_begin_anew)
{
    static const char LAST[] = "\5\1"
                               "\1A\5UInt8\3"
                               "\1B\6String\2yz"
                               "\1C\15Array(UInt16)\1\0\0\0\0\0\0\0\11\0"
                               "\1M\23Map(String, String)\1\0\0\0\0\0\0\0\1c\1d"
                               "\1N\20Nullable(UInt64)\0\6\0\0\0\0\0\0\0";
    struct buffer block = whole();
    cr_assert_eq(native_cut(&block, 2, 1, &out), ERR_OK);
    check(LAST, sizeof LAST - 1);
}
