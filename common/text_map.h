/*
 * text_map.h -- a few texts by key in one block: what a flow carries beside its fields.
 *
 * A value; whoever declares it owns it. Entries stand one behind the other, in the order in which
 * they came:
 *
 *   key size, 2 bytes | value size, 2 bytes | key | value
 *
 * in the machine's byte order. The store's columns keep the entries of many flows in the same form.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What does not fit is left out: a flow is no place for documents. */
enum {
    TEXT_MAP_ENTRIES = 64,
    TEXT_MAP_BYTES = 4096,
    TEXT_ENTRY_HEADER = 4
};

struct text_map {
    uint32_t count;
    uint32_t size; /* bytes in use */
    uint8_t bytes[TEXT_MAP_BYTES];
};

/* Borrows both texts. */
struct text_entry {
    const char *key;
    const char *value;
    uint16_t key_size;
    uint16_t value_size;
};

static inline size_t text_entry_size(const struct text_entry *entry)
{
    return TEXT_ENTRY_HEADER + (size_t)entry->key_size + entry->value_size;
}

/* Writes text_entry_size() bytes. */
void text_entry_write(const struct text_entry *entry, uint8_t *out);

/* Reads the entry at `bytes`, which it lends; returns its end. */
static inline const uint8_t *text_entry_read(struct text_entry *entry_p, const uint8_t *bytes)
{
    memcpy(&entry_p->key_size, bytes, 2);
    memcpy(&entry_p->value_size, bytes + 2, 2);
    entry_p->key = (const char *)bytes + TEXT_ENTRY_HEADER;
    entry_p->value = entry_p->key + entry_p->key_size;
    return bytes + text_entry_size(entry_p);
}

/*
 * Writes the entries in `size` bytes as a JSON object to `out`, which has room for
 * JSON_STRING_MAX(size) bytes; returns the end.
 */
char *text_entries_put_json(char *out, const uint8_t *bytes, size_t size);

/* Adds the entry at the end, whether or not its key is there. False: there is no room for it. */
bool text_map_append(struct text_map *map, const struct text_entry *entry);
