/* SPDX-License-Identifier: BSD-3-Clause -- walks the fields of a record. */
#include "ingest/decode/record_place.h"

/* RFC 7011 section 7: one byte, or 255 and two more. */
static uint16_t take_length(struct cursor *set)
{
    uint8_t length = cursor_u8(set);
    return length == 255 ? cursor_be16(set) : length;
}

const uint8_t *record_take(
    struct cursor *set, const struct template *template, struct record_place *places)
{
    const uint8_t *record = set->pos;
    for (uint32_t i = 0; i < template->field_count; i++) {
        uint16_t length = template->fields[i].length;
        if (length == TEMPLATE_VARIABLE) {
            length = take_length(set);
        }
        places[i].offset = (uint16_t)(set->pos - record);
        places[i].length = length;
        cursor_skip(set, length);
    }
    return cursor_failed(set) ? NULL : record;
}
