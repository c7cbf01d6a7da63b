/* SPDX-License-Identifier: BSD-3-Clause -- rows cut out of a Native block. */
#include "store/columns/native_cut.h"

#include "common/flow_wire.h"
#include "store/columns/native_type.h"

#include <string.h>

/* Values of `all` things, of which those from `first` to `end` are kept. */
struct cut {
    struct cursor *from;
    struct buffer *to;
    uint64_t all;
    uint64_t first;
    uint64_t end;
};

static uint64_t take_number(struct cursor *cursor)
{
    uint64_t value = 0;
    if (wire_take_varint(cursor, &value) != ERR_OK) {
        cursor_fail(cursor);
        return 0;
    }
    return value;
}

static void put_number(uint64_t value, struct buffer *out)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    buffer_append(out, bytes, (size_t)(wire_put_varint(bytes, value, false) - bytes));
}

static void cut_fixed(const struct cut *cut, size_t size_bytes)
{
    if (cut->all > cursor_left(cut->from) / size_bytes) {
        cursor_fail(cut->from);
        return;
    }
    const uint8_t *values = cursor_take(cut->from, (size_t)cut->all * size_bytes);
    if (values != NULL) {
        buffer_append(cut->to, values + cut->first * size_bytes,
            (size_t)(cut->end - cut->first) * size_bytes);
    }
}

static void cut_texts(const struct cut *cut)
{
    for (uint64_t i = 0; i < cut->all && !cursor_failed(cut->from); i++) {
        uint64_t length = take_number(cut->from);
        const uint8_t *text = length <= cursor_left(cut->from)
                                  ? cursor_take(cut->from, (size_t)length)
                                  : cursor_take(cut->from, SIZE_MAX);
        if (text != NULL && i >= cut->first && i < cut->end) {
            put_number(length, cut->to);
            buffer_append(cut->to, text, (size_t)length);
        }
    }
}

static uint64_t load_end(const uint8_t *ends, uint64_t index)
{
    uint64_t end;
    memcpy(&end, ends + index * sizeof end, sizeof end); /* Native is little-endian, as we are */
    return end;
}

/* The ends of lists, counted anew; `inner_p` gets the cut of what is in the lists. */
static void cut_ends(const struct cut *cut, struct cut *inner_p)
{
    *inner_p = (struct cut){.from = cut->from, .to = cut->to};
    if (cut->all > cursor_left(cut->from) / sizeof(uint64_t)) {
        cursor_fail(cut->from);
        return;
    }
    const uint8_t *ends = cursor_take(cut->from, (size_t)cut->all * sizeof(uint64_t));
    if (ends == NULL || cut->all == 0) {
        return;
    }
    inner_p->all = load_end(ends, cut->all - 1);
    inner_p->first = cut->first > 0 ? load_end(ends, cut->first - 1) : 0;
    inner_p->end = load_end(ends, cut->end - 1);
    if (inner_p->first > inner_p->end || inner_p->end > inner_p->all) {
        cursor_fail(cut->from);
        return;
    }
    for (uint64_t i = cut->first; i < cut->end; i++) {
        uint64_t end = load_end(ends, i) - inner_p->first;
        buffer_append(cut->to, &end, sizeof end);
    }
}

static void cut_values(const struct cut *cut, const struct native_type *type)
{
    if (type->is_nullable) {
        cut_fixed(cut, 1);
    }
    if (type->kind == NATIVE_STRING) {
        cut_texts(cut);
    } else {
        cut_fixed(cut, type->size_bytes);
    }
}

static void cut_column(const struct cut *cut, const struct native_type *type)
{
    struct cut inner;
    if (type->kind == NATIVE_MAP) {
        cut_ends(cut, &inner);
        cut_texts(&inner); /* keys */
        cut_texts(&inner); /* values */
    } else if (type->is_array) {
        cut_ends(cut, &inner);
        cut_values(&inner, type);
    } else {
        cut_values(cut, type);
    }
}

/* Copies a length and its text, which is a zero-terminated string in `text` as well. */
static void copy_text(struct cursor *from, char text[NATIVE_TYPE_NAME_MAX], struct buffer *to)
{
    text[0] = '\0';
    uint64_t length = take_number(from);
    if (length >= NATIVE_TYPE_NAME_MAX) {
        cursor_fail(from);
        return;
    }
    const uint8_t *bytes = cursor_take(from, (size_t)length);
    if (bytes == NULL) {
        return;
    }
    memcpy(text, bytes, (size_t)length);
    text[length] = '\0';
    put_number(length, to);
    buffer_append(to, text, (size_t)length);
}

enum err native_cut_rows(const struct buffer *block, uint64_t *rows_p)
{
    struct cursor from = cursor_of(block->bytes, block->size);
    (void)take_number(&from);
    *rows_p = take_number(&from);
    return cursor_failed(&from) ? ERR_CORRUPT : ERR_OK;
}

enum err native_cut_names(const struct buffer *block, struct buffer *names)
{
    struct cursor from = cursor_of(block->bytes, block->size);
    struct buffer skipped = {0};
    uint64_t columns = take_number(&from);
    struct cut cut = {.from = &from, .to = &skipped, .all = take_number(&from)};
    cut.end = cut.all;
    enum err err = ERR_OK;
    for (uint64_t i = 0; err == ERR_OK && i < columns && !cursor_failed(&from); i++) {
        char text[NATIVE_TYPE_NAME_MAX];
        struct native_type type;
        skipped.size = 0;
        copy_text(&from, text, &skipped);
        buffer_append(names, text, strlen(text) + 1);
        copy_text(&from, text, &skipped);
        err = cursor_failed(&from) ? ERR_CORRUPT : native_type_parse(&type, text);
        if (err == ERR_OK) {
            cut_column(&cut, &type);
        }
    }
    buffer_clear(&skipped);
    if (err == ERR_OK) {
        err = cursor_failed(&from) ? ERR_CORRUPT : buffer_check(names);
    }
    return err;
}

enum err native_cut(const struct buffer *block, uint64_t first, uint64_t count, struct buffer *out)
{
    struct cursor from = cursor_of(block->bytes, block->size);
    uint64_t columns = take_number(&from);
    struct cut cut = {.from = &from, .to = out, .all = take_number(&from), .first = first};
    if (cursor_failed(&from) || count == 0 || first > cut.all || count > cut.all - first) {
        return ERR_CORRUPT;
    }
    cut.end = first + count;
    put_number(columns, out);
    put_number(count, out);
    for (uint64_t i = 0; i < columns && !cursor_failed(&from); i++) {
        char text[NATIVE_TYPE_NAME_MAX];
        struct native_type type;
        copy_text(&from, text, out); /* name */
        copy_text(&from, text, out); /* type */
        if (!cursor_failed(&from) && native_type_parse(&type, text) != ERR_OK) {
            return ERR_UNSUPPORTED;
        }
        if (!cursor_failed(&from)) {
            cut_column(&cut, &type);
        }
    }
    return cursor_failed(&from) ? ERR_CORRUPT : buffer_check(out);
}
