/* SPDX-License-Identifier: BSD-3-Clause -- walks the fields of a record. */
#include "ingest/decode/record_place.h"

uint16_t record_take_length(struct cursor *cursor)
{
    uint8_t length = cursor_u8(cursor);
    return length == 255 ? cursor_be16(cursor) : length;
}

void record_skip(struct cursor *set, const struct template *template)
{
    for (uint32_t i = 0; i < template->field_count; i++) {
        uint16_t length = template->fields[i].length;
        cursor_skip(set, length == TEMPLATE_VARIABLE ? record_take_length(set) : length);
    }
}

const uint8_t *record_take(
    struct cursor *set, const struct template *template, struct record_place *places)
{
    const uint8_t *record = set->pos;
    for (uint32_t i = 0; i < template->field_count; i++) {
        uint16_t length = template->fields[i].length;
        if (length == TEMPLATE_VARIABLE) {
            length = record_take_length(set);
        }
        places[i].offset = (uint16_t)(set->pos - record);
        places[i].length = length;
        cursor_skip(set, length);
    }
    return cursor_failed(set) ? NULL : record;
}
