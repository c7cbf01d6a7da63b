/*
 * route_distinguisher.h -- route distinguishers as people write them: RFC 4364 section 4.2.
 *
 * Pure functions; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Room for the longest text. */
enum {
    ROUTE_DISTINGUISHER_TEXT_SIZE = 32
};

/*
 * Writes, without a closing zero, "65001:100" (type 0), "192.0.2.1:100" (type 1), "65001L:100"
 * (type 2, an AS number of four bytes), or "0x" and hexadecimal digits for other types. Returns the
 * length; 0: the value does not have eight bytes.
 */
size_t route_distinguisher_print(char *out, const uint8_t *bytes, size_t length);
