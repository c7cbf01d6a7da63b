/*
 * quantity.h -- numbers with units, as options are written: 64MiB, 1h30m.
 *
 * Parsing takes one or more of digits and unit, which are added up; printing finds the largest unit
 * that divides the number. Pure.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

#include <stdint.h>

/* Bytes; a plain number needs no unit. ERR_INVALID: no size, or over 64 bits. */
MUST_CHECK enum err quantity_parse_size(const char *text, uint64_t *bytes_p);

/*
 * Milliseconds; a plain number is refused, since nobody can tell its unit. Only 0 is the same in
 * all of them.
 */
MUST_CHECK enum err quantity_parse_duration(const char *text, uint64_t *ms_p);

void quantity_print_size(uint64_t bytes, struct buffer *out);
void quantity_print_duration(uint64_t ms, struct buffer *out);
