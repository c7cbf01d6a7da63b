/* SPDX-License-Identifier: BSD-3-Clause -- information elements as entries of Extra. */
#include "ingest/decode/extra_entry.h"

#include "ingest/decode/element_text.h"
#include "ingest/decode/elements.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    PADDING_OCTETS = 210 /* element: says nothing */
};

/* As what the bytes are read that go to a column. */
static enum element_type type_of_column(
    const struct mapping_column *column, enum element_type registered)
{
    switch (column->type) {
    case MAPPING_UNSIGNED:
        return ELEMENT_TYPE_UNSIGNED;
    case MAPPING_SIGNED:
        return ELEMENT_TYPE_SIGNED;
    case MAPPING_FLOAT:
        return registered == ELEMENT_TYPE_UNKNOWN ? ELEMENT_TYPE_FLOAT : registered;
    case MAPPING_ADDRESS:
        return ELEMENT_TYPE_ADDRESS;
    default:
        return registered == ELEMENT_TYPE_UNKNOWN ? ELEMENT_TYPE_STRING : registered;
    }
}

static bool is_without_field(const struct template_field *field)
{
    uint32_t pen = field->pen == ELEMENT_REVERSE_PEN ? 0 : field->pen;
    bool is_padding = pen == 0 && field->id == PADDING_OCTETS;
    return !is_padding && element_is_for_extra(element_find(pen, field->id));
}

/* Two digits at most: a flow has room for TEXT_MAP_ENTRIES. (printf() takes ten times as long.) */
void extra_key_number(struct extra_key *key, uint32_t others)
{
    key->size = key->name_size;
    key->others = (uint8_t)others;
    if (others == 0) {
        return;
    }
    uint32_t number = others + 1;
    key->text[key->size++] = '/';
    if (number >= 10) {
        key->text[key->size++] = (char)('0' + number / 10 % 10);
    }
    key->text[key->size++] = (char)('0' + number % 10);
}

bool extra_key_of(
    struct extra_key *key, const struct template_field *field, const struct extra_choice *choice)
{
    const struct mapping_column *column = mapping_find(choice->mapping, field->pen, field->id);
    if (column == NULL && !(choice->takes_all && is_without_field(field))) {
        return false;
    }
    enum element_type type = element_type_of(field->pen, field->id);
    key->type = (uint8_t)(column != NULL ? type_of_column(column, type) : type);
    int size = column != NULL ? snprintf(key->text, EXTRA_KEY_SIZE, "%s", column->name)
                              : snprintf(key->text, EXTRA_KEY_SIZE, "%" PRIu32 "/%" PRIu16,
                                    field->pen, field->id);
    key->name_size = (uint8_t)size;
    extra_key_number(key, 0);
    return true;
}

uint32_t extra_entry_count(const struct flow *flow, uint32_t entries, const struct extra_key *key)
{
    uint32_t count = 0;
    const uint8_t *p = flow->extra.bytes;
    for (uint32_t i = 0; i < entries; i++) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        count += entry.key_size >= key->name_size &&
                 memcmp(entry.key, key->text, key->name_size) == 0 &&
                 (entry.key_size == key->name_size || entry.key[key->name_size] == '/');
    }
    return count;
}

bool extra_entry_append(
    struct flow *flow, const struct extra_key *key, const uint8_t *value, size_t length)
{
    char text[ELEMENT_TEXT_MAX(TEXT_MAP_BYTES)];
    bool is_full = extra_entries(flow) == TEXT_MAP_ENTRIES;
    if (length == 0 || length > TEXT_MAP_BYTES || is_full) {
        return length == 0;
    }
    size_t size = element_text_put(text, (enum element_type)key->type, value, length);
    struct text_entry entry = {
        .key = key->text, .value = text, .key_size = key->size, .value_size = (uint16_t)size};
    return size == 0 || flow_append_extra(flow, &entry);
}
