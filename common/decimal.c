/* SPDX-License-Identifier: BSD-3-Clause -- decimal numbers in texts. */
#include "common/decimal.h"

#include <stdbool.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

enum err decimal_take(const char **text_p, uint64_t max, uint64_t *number_p)
{
    const char *p = *text_p;
    uint64_t number = 0;
    for (; is_digit(*p); p++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number) || number > max) {
            return ERR_INVALID;
        }
    }
    if (p == *text_p) {
        return ERR_INVALID;
    }
    *text_p = p;
    *number_p = number;
    return ERR_OK;
}

enum err decimal_parse(const char *text, uint64_t max, uint64_t *number_p)
{
    uint64_t number;
    if (decimal_take(&text, max, &number) != ERR_OK || *text != '\0') {
        return ERR_INVALID;
    }
    *number_p = number;
    return ERR_OK;
}
