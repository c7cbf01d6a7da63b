/* SPDX-License-Identifier: BSD-3-Clause -- prints route distinguishers. */
#include "ingest/decode/route_distinguisher.h"

#include "common/address.h"
#include "common/cursor.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    SIZE = 8
};

enum type {
    TYPE_AS = 0,
    TYPE_ADDRESS = 1,
    TYPE_WIDE_AS = 2
};

size_t route_distinguisher_print(char *out, const uint8_t *bytes, size_t length)
{
    if (length != SIZE) {
        return 0;
    }
    char text[ROUTE_DISTINGUISHER_TEXT_SIZE];
    int size;
    switch (load_be16(bytes)) {
    case TYPE_AS:
        size =
            snprintf(text, sizeof text, "%u:%" PRIu32, load_be16(bytes + 2), load_be32(bytes + 4));
        break;
    case TYPE_ADDRESS:
        size = snprintf(text, sizeof text, "%u.%u.%u.%u:%u", bytes[2], bytes[3], bytes[4], bytes[5],
            load_be16(bytes + 6));
        break;
    case TYPE_WIDE_AS:
        size = snprintf(
            text, sizeof text, "%" PRIu32 "L:%u", load_be32(bytes + 2), load_be16(bytes + 6));
        break;
    default:
        size = snprintf(text, sizeof text, "0x%016" PRIx64, load_be64(bytes));
        break;
    }
    memcpy(out, text, (size_t)size);
    return (size_t)size;
}
