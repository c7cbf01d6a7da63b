/* SPDX-License-Identifier: BSD-3-Clause -- columns of maps. */
#include "store/columns/native_map.h"

#include "common/flow_wire.h"
#include "common/json_string.h"

/* Where the entries of the rows are. */
struct map_source {
    const uint8_t *bytes;
    const uint64_t *ends; /* of the rows, in bytes */
    uint32_t rows;
};

static void append_text(struct buffer *out, const char *text, size_t size)
{
    uint8_t *room = buffer_reserve(out, WIRE_VARINT_MAX + size);
    if (room == NULL) {
        return;
    }
    uint8_t *start = wire_put_varint(room, size, false);
    memcpy(start, text, size);
    out->size += (size_t)(start + size - room);
}

/* How many entries each row and all before it have. */
static void append_offsets(const struct map_source *source, struct buffer *out)
{
    uint64_t *room = buffer_reserve(out, source->rows * sizeof *room);
    if (room == NULL) {
        return;
    }
    const uint8_t *p = source->bytes;
    uint64_t count = 0;
    for (uint32_t row = 0; row < source->rows; row++) {
        for (const uint8_t *end = source->bytes + source->ends[row]; p < end; count++) {
            struct text_entry entry;
            p = text_entry_read(&entry, p);
        }
        memcpy(room + row, &count, sizeof count);
    }
    out->size += source->rows * sizeof *room;
}

static void append_texts(const struct map_source *source, bool is_keys, struct buffer *out)
{
    const uint8_t *p = source->bytes;
    const uint8_t *end = source->bytes + (source->rows > 0 ? source->ends[source->rows - 1] : 0);
    while (p < end) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        append_text(
            out, is_keys ? entry.key : entry.value, is_keys ? entry.key_size : entry.value_size);
    }
}

static void append_objects(const struct map_source *source, struct buffer *out)
{
    uint64_t start = 0;
    for (uint32_t row = 0; row < source->rows; row++) {
        char json[JSON_STRING_MAX(TEXT_MAP_BYTES)];
        size_t size = (size_t)(source->ends[row] - start);
        const char *end = text_entries_put_json(json, source->bytes + start, size);
        append_text(out, json, (size_t)(end - json));
        start = source->ends[row];
    }
}

static bool has_column(const struct native_keys *keys, const struct text_entry *entry)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strlen(keys->names[i]) == entry->key_size &&
            memcmp(keys->names[i], entry->key, entry->key_size) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies the entries up to `end` that have no column. */
static void copy_entries(
    const uint8_t *p, const uint8_t *end, const struct native_keys *keys, struct buffer *bytes)
{
    while (p < end) {
        struct text_entry entry;
        const uint8_t *next = text_entry_read(&entry, p);
        if (!has_column(keys, &entry)) {
            buffer_append(bytes, p, (size_t)(next - p));
        }
        p = next;
    }
}

/* The entries that are left go to `bytes`, where each row's end to `ends`. */
static void copy_rest(const struct map_source *source, const struct native_keys *keys,
    struct buffer *bytes, struct buffer *ends)
{
    uint64_t start = 0;
    for (uint32_t row = 0; row < source->rows; row++) {
        copy_entries(source->bytes + start, source->bytes + source->ends[row], keys, bytes);
        uint64_t end = bytes->size;
        buffer_append(ends, &end, sizeof end);
        start = source->ends[row];
    }
}

static void append_map(
    const struct native_type *type, const struct map_source *source, struct buffer *out)
{
    if (type->kind == NATIVE_STRING) {
        append_objects(source, out);
        return;
    }
    append_offsets(source, out);
    append_texts(source, true, out);
    append_texts(source, false, out);
}

void native_write_map(const struct native_type *type, const struct columns *columns,
    const struct native_keys *keys, struct buffer *out)
{
    struct map_source source = {.bytes = columns_values(columns, FLOW_EXTRA),
        .ends = columns_list_ends(columns, FLOW_EXTRA),
        .rows = columns_rows(columns)};
    if (keys->count == 0) {
        append_map(type, &source, out);
        return;
    }
    struct buffer bytes = {0};
    struct buffer ends = {0};
    copy_rest(&source, keys, &bytes, &ends);
    out->failed |= bytes.failed || ends.failed;
    if (!out->failed) {
        source.bytes = (const uint8_t *)bytes.bytes;
        source.ends = (const uint64_t *)(const void *)ends.bytes;
        append_map(type, &source, out);
    }
    buffer_clear(&bytes);
    buffer_clear(&ends);
}
