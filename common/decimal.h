/*
 * decimal.h -- numbers as people write them: digits, without a sign or anything around them.
 *
 * For ports, lengths of prefixes and rates in flags, addresses and files. Pure.
 */
#pragma once

#include "common/err.h"

#include <stdint.h>

/*
 * Reads the digits that begin a text; *text_p moves behind them. ERR_INVALID: there is none, or the
 * number is over `max`; nothing moved.
 */
MUST_CHECK enum err decimal_take(const char **text_p, uint64_t max, uint64_t *number_p);

/* The same of a text that is nothing but digits. */
MUST_CHECK enum err decimal_parse(const char *text, uint64_t max, uint64_t *number_p);
