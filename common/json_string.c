/* SPDX-License-Identifier: BSD-3-Clause -- JSON strings. */
#include "common/json_string.h"

#include "common/utf8.h"

#include <string.h>

static char *put_control(char *out, uint8_t byte)
{
    static const char NAMES[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    static const char HEX[] = "0123456789abcdef";
    *out++ = '\\';
    for (size_t i = 0; i + 1 < sizeof NAMES; i += 2) {
        if ((uint8_t)NAMES[i] == byte) {
            *out++ = NAMES[i + 1];
            return out;
        }
    }
    out = stpcpy(out, "u00");
    *out++ = HEX[byte >> 4];
    *out++ = HEX[byte & 15];
    return out;
}

char *json_put_string(char *out, const char *text, size_t size)
{
    static const char REPLACEMENT[] = {'\xef', '\xbf', '\xbd'}; /* U+FFFD */
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + size;
    *out++ = '"';
    while (p < end) {
        size_t length = utf8_length(p, (size_t)(end - p));
        if (*p < 0x20 || *p == '"' || *p == '\\') {
            out = put_control(out, *p++);
            continue;
        }
        memcpy(out, length != 0 ? (const char *)p : REPLACEMENT, length != 0 ? length : 3);
        out += length != 0 ? length : 3;
        p += length != 0 ? length : 1;
    }
    *out++ = '"';
    return out;
}
