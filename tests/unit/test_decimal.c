/* SPDX-License-Identifier: BSD-3-Clause -- decimal numbers, and what is none. */
#include "common/decimal.h"

#include <criterion/criterion.h>

static const char *const NO_NUMBERS[] = {
    "", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1,0", "a", "1a"};

Test(decimal, is_nothing_but_digits)
{
    for (size_t i = 0; i < sizeof NO_NUMBERS / sizeof NO_NUMBERS[0]; i++) {
        uint64_t number = 7;
        cr_expect_eq(
            decimal_parse(NO_NUMBERS[i], UINT64_MAX, &number), ERR_INVALID, "'%s'", NO_NUMBERS[i]);
        cr_expect_eq(number, 7, "'%s'", NO_NUMBERS[i]);
    }
}

Test(decimal, is_refused_over_its_maximum)
{
    uint64_t number;
    cr_assert_eq(decimal_parse("65536", 65535, &number), ERR_INVALID);
    cr_assert_eq(decimal_parse("655350", 65535, &number), ERR_INVALID);
    cr_assert_eq(decimal_parse("18446744073709551616", UINT64_MAX, &number), ERR_INVALID);
    cr_assert_eq(decimal_parse("99999999999999999999999", UINT64_MAX, &number), ERR_INVALID);
}

Test(decimal, goes_up_to_its_maximum)
{
    uint64_t number;
    cr_assert_eq(decimal_parse("0", 0, &number), ERR_OK);
    cr_assert_eq(number, 0);
    cr_assert_eq(decimal_parse("0065535", 65535, &number), ERR_OK);
    cr_assert_eq(number, 65535);
    cr_assert_eq(decimal_parse("18446744073709551615", UINT64_MAX, &number), ERR_OK);
    cr_assert_eq(number, UINT64_MAX);
}

Test(decimal, is_taken_from_the_front_of_a_text)
{
    const char *text = "9/26";
    uint64_t number;
    cr_assert_eq(decimal_take(&text, UINT32_MAX, &number), ERR_OK);
    cr_assert_eq(number, 9);
    cr_assert_str_eq(text, "/26");
    cr_assert_eq(decimal_take(&text, UINT32_MAX, &number), ERR_INVALID);
    cr_assert_str_eq(text, "/26", "nothing moved");
}
