/* SPDX-License-Identifier: BSD-3-Clause -- batches of records, kept as they came. */
#include "store/columns/record_rows.h"

#include "common/array.h"

#include <stdlib.h>

enum {
    ROWS_MAX = 1 << 18 /* far more than any block's age lets come together */
};

/* One batch. */
struct record_part {
    struct row_identity identity;
    uint8_t *bytes;
    size_t size;
    uint32_t row_count;
};

struct record_rows {
    enum record_kind kind;
    struct record_part *parts;
    size_t part_count;
    size_t part_room;
    size_t hidden_parts; /* behind the others */
    uint32_t row_count;
    size_t bytes;
};

enum err record_rows_new(struct record_rows **rows_p, enum record_kind kind)
{
    *rows_p = calloc(1, sizeof **rows_p);
    if (*rows_p == NULL) {
        return ERR_MEMORY;
    }
    (*rows_p)->kind = kind;
    return ERR_OK;
}

void record_rows_show_first(struct record_rows *rows, size_t appends)
{
    while (rows->part_count > appends) {
        rows->row_count -= rows->parts[--rows->part_count].row_count;
        rows->hidden_parts++;
    }
}

void record_rows_show_all(struct record_rows *rows)
{
    for (; rows->hidden_parts > 0; rows->hidden_parts--) {
        rows->row_count += rows->parts[rows->part_count++].row_count;
    }
}

void record_rows_reset(struct record_rows *rows)
{
    record_rows_show_all(rows);
    for (size_t i = 0; i < rows->part_count; i++) {
        free(rows->parts[i].bytes);
    }
    rows->part_count = 0;
    rows->row_count = 0;
    rows->bytes = 0;
}

void record_rows_destroy(struct record_rows **rows_p)
{
    if (*rows_p == NULL) {
        return;
    }
    record_rows_reset(*rows_p);
    free((*rows_p)->parts);
    free(*rows_p);
    *rows_p = NULL;
}

/* True when the payload is so many rows of that kind, and nothing else. */
static bool is_sound(struct cursor payload, enum record_kind kind, uint32_t row_count)
{
    uint32_t found = 0;
    struct record record;
    enum err err = record_parse(&payload, kind, &record);
    while (err == ERR_OK) {
        found++;
        err = record_parse(&payload, kind, &record);
    }
    return err == ERR_END && found == row_count && row_count > 0;
}

static enum err reserve_part(struct record_rows *rows)
{
    struct record_part *parts =
        array_grow(rows->parts, rows->part_count, &rows->part_room, sizeof *parts);
    if (parts == NULL) {
        return ERR_MEMORY;
    }
    rows->parts = parts;
    return ERR_OK;
}

enum err record_rows_append(struct record_rows *rows, struct cursor payload, uint32_t row_count,
    const struct row_identity *identity)
{
    if (!is_sound(payload, rows->kind, row_count)) {
        return ERR_CORRUPT;
    }
    if (row_count > ROWS_MAX - rows->row_count) {
        return ERR_FULL;
    }
    size_t size = cursor_left(&payload);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL || reserve_part(rows) != ERR_OK) {
        free(bytes);
        return ERR_MEMORY;
    }
    memcpy(bytes, payload.pos, size);
    rows->parts[rows->part_count++] = (struct record_part){
        .identity = *identity, .bytes = bytes, .size = size, .row_count = row_count};
    rows->row_count += row_count;
    rows->bytes += size;
    return ERR_OK;
}

void record_rows_drop(struct record_rows *rows, const struct row_identity *identity)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->part_count; i++) {
        struct record_part *part = &rows->parts[i];
        if (part->identity.ingest_id == identity->ingest_id &&
            part->identity.sequence == identity->sequence) {
            rows->row_count -= part->row_count;
            rows->bytes -= part->size;
            free(part->bytes);
        } else {
            rows->parts[kept++] = *part;
        }
    }
    rows->part_count = kept;
}

enum record_kind record_rows_kind(const struct record_rows *rows)
{
    return rows->kind;
}

uint32_t record_rows_count(const struct record_rows *rows)
{
    return rows->row_count;
}

size_t record_rows_bytes(const struct record_rows *rows)
{
    return rows->bytes;
}

void record_rows_walk(const struct record_rows *rows, record_rows_visit *visit, void *context)
{
    for (size_t i = 0; i < rows->part_count; i++) {
        const struct record_part *part = &rows->parts[i];
        struct cursor payload = cursor_of(part->bytes, part->size);
        struct record record;
        while (record_parse(&payload, rows->kind, &record) == ERR_OK) {
            visit(context, &record, &part->identity);
        }
    }
}
