/* SPDX-License-Identifier: BSD-3-Clause -- texts by key in one block. */
#include "common/text_map.h"

#include "common/json_string.h"

void text_entry_write(const struct text_entry *entry, uint8_t *out)
{
    memcpy(out, &entry->key_size, 2);
    memcpy(out + 2, &entry->value_size, 2);
    memcpy(out + TEXT_ENTRY_HEADER, entry->key, entry->key_size);
    memcpy(out + TEXT_ENTRY_HEADER + entry->key_size, entry->value, entry->value_size);
}

char *text_entries_put_json(char *out, const uint8_t *bytes, size_t size)
{
    const uint8_t *end = bytes + size;
    *out++ = '{';
    for (const uint8_t *p = bytes; p < end;) {
        struct text_entry entry;
        *out = ',';
        out += p > bytes ? 1 : 0;
        p = text_entry_read(&entry, p);
        out = json_put_string(out, entry.key, entry.key_size);
        *out++ = ':';
        out = json_put_string(out, entry.value, entry.value_size);
    }
    *out++ = '}';
    return out;
}

bool text_map_append(struct text_map *map, const struct text_entry *entry)
{
    size_t size = text_entry_size(entry);
    if (map->count == TEXT_MAP_ENTRIES || size > TEXT_MAP_BYTES - map->size) {
        return false;
    }
    text_entry_write(entry, map->bytes + map->size);
    map->size += (uint32_t)size;
    map->count++;
    return true;
}
