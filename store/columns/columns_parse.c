/* SPDX-License-Identifier: BSD-3-Clause -- one FlowMessage into one row of the columns. */
#include "common/flow_wire.h"
#include "store/columns/column.h"

enum {
    FETCH_AHEAD = 256 /* bytes: columns are more streams of stores than a processor foresees */
};

/* Bytes 8 to 11 of an IPv4-mapped address, as a little-endian word. */
static const uint64_t MAPPED = 0xffff0000;

/* As many values as 16 bytes hold, each of them the same. */
static struct column_value repeated(const struct column_value *value, unsigned size_shift)
{
    static const uint64_t ONES[] = {
        0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 0x0000000000000001};
    if (size_shift >= sizeof ONES / sizeof ONES[0]) {
        return *value;
    }
    uint64_t word = value->words[0] * ONES[size_shift];
    return (struct column_value){{word, word}};
}

/* The last store spills over, as stores may here. */
static void fill_values(struct column *column, uint32_t row)
{
    struct column_value values = repeated(&column->absent, column->size_shift);
    uint8_t *p = column->values + ((size_t)column->filled << column->size_shift);
    const uint8_t *end = column->values + ((size_t)row << column->size_shift);
    for (; p < end; p += sizeof values) {
        memcpy(p, &values, sizeof values);
    }
}

void column_fill(struct column *column, uint32_t row)
{
    if (column->filled >= row) {
        return;
    }
    if (column->ends != NULL) {
        for (uint32_t i = column->filled; i < row; i++) {
            column->ends[i] = column->value_count;
        }
    } else {
        fill_values(column, row);
    }
    column->filled = row;
}

/* Where the row's value goes; from now on the row has one. */
WIRE_INLINE uint8_t *open_row(struct column *column, uint32_t row)
{
    if (__builtin_expect(column->filled < row, 0)) {
        column_fill(column, row); /* rows without the field */
    }
    column->filled = row + 1;
    uint8_t *out = column->values + ((size_t)row << column->size_shift);
    __builtin_prefetch(out + FETCH_AHEAD, 1);
    return out;
}

WIRE_INLINE void set_number(struct column *column, uint32_t row, uint64_t value)
{
    wire_store64(open_row(column, row), value < column->max ? value : column->max);
}

static void set_address(struct column *column, uint32_t row, const struct address *address)
{
    memcpy(open_row(column, row), address, sizeof *address);
}

/* Room for `count` more of the row's values, or NULL: it has room for `max`, and they are left out.
 */
static uint8_t *open_list_values(struct column *column, uint32_t row, uint64_t count, uint64_t max)
{
    if (column->filled <= row) {
        column_fill(column, row);
        column->filled = row + 1;
        column->ends[row] = column->value_count;
    }
    uint64_t start = row > 0 ? column->ends[row - 1] : 0;
    if (column->value_count - start + count > max) {
        return NULL;
    }
    uint64_t index = column->value_count;
    column->value_count += count;
    column->ends[row] = column->value_count;
    return column->values + (index << column->size_shift);
}

static uint8_t *open_list_value(struct column *column, uint32_t row)
{
    return open_list_values(column, row, 1, FLOW_LIST_MAX);
}

static enum err take_list_number(struct column *column, uint32_t row, struct cursor *cursor)
{
    uint64_t value;
    if (wire_take_varint(cursor, &value) != ERR_OK) {
        return ERR_CORRUPT;
    }
    uint8_t *out = open_list_value(column, row);
    if (out != NULL) {
        uint32_t number = (uint32_t)value;
        memcpy(out, &number, sizeof number);
    }
    return ERR_OK;
}

/* Most lists are of small numbers, a byte each. False: this one is not, or finds no room. */
static bool take_small_numbers(struct column *column, uint32_t row, const struct cursor *packed)
{
    size_t count = cursor_left(packed);
    uint8_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all |= packed->pos[i];
    }
    if (count == 0 || all >= 0x80) {
        return false;
    }
    uint8_t *out = open_list_values(column, row, count, FLOW_LIST_MAX);
    for (size_t i = 0; out != NULL && i < count; i++) {
        uint32_t number = packed->pos[i];
        memcpy(out + i * sizeof number, &number, sizeof number);
    }
    return out != NULL;
}

static enum err take_list_numbers(struct column *column, uint32_t row, struct cursor packed)
{
    if (take_small_numbers(column, row, &packed)) {
        return ERR_OK;
    }
    while (cursor_left(&packed) > 0) {
        if (take_list_number(column, row, &packed) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

static enum err take_text_entry(struct column *column, uint32_t row, struct cursor message)
{
    struct text_entry entry;
    if (wire_text_entry(message, &entry) != ERR_OK) {
        return ERR_CORRUPT;
    }
    uint8_t *out = open_list_values(column, row, text_entry_size(&entry), TEXT_MAP_BYTES);
    if (out != NULL) {
        text_entry_write(&entry, out);
    }
    return ERR_OK;
}

/* The last occurrence of a field counts; what is too long is cut. */
static void set_text(struct column *column, uint32_t row, struct cursor text)
{
    if (column->filled > row) {
        column->value_count = row > 0 ? column->ends[row - 1] : 0;
    }
    size_t size = cursor_left(&text) < FLOW_TEXT_BYTES ? cursor_left(&text) : FLOW_TEXT_BYTES;
    uint8_t *out = open_list_values(column, row, size, FLOW_TEXT_BYTES);
    if (out != NULL) {
        memcpy(out, text.pos, size);
    }
}

static enum err take_bytes(struct column *column, uint32_t row, struct cursor bytes)
{
    if (column->kind == FLOW_KIND_NUMBER_LIST) {
        return take_list_numbers(column, row, bytes);
    }
    if (column->kind == FLOW_KIND_TEXT_MAP) {
        return take_text_entry(column, row, bytes);
    }
    if (column->kind == FLOW_KIND_TEXT) {
        set_text(column, row, bytes);
        return ERR_OK;
    }
    struct address address;
    if (column->kind == FLOW_KIND_NUMBER || wire_address(bytes, &address) != ERR_OK) {
        return ERR_CORRUPT;
    }
    if (column->kind == FLOW_KIND_ADDRESS) {
        set_address(column, row, &address);
        return ERR_OK;
    }
    uint8_t *out = open_list_value(column, row);
    if (out != NULL) {
        memcpy(out, &address, sizeof address);
    }
    return ERR_OK;
}

/* Any field in any legal encoding, with every check: what the fast path leaves. */
static enum err take_field(struct columns *columns, uint32_t row, struct cursor *cursor)
{
    uint64_t number;
    uint64_t value;
    enum wire_type type;
    struct cursor bytes;
    if (wire_take_key(cursor, &number, &type) != ERR_OK) {
        return ERR_CORRUPT;
    }
    enum flow_field field = wire_field_find(number);
    if (field == FLOW_FIELD_COUNT) {
        return wire_skip(cursor, type);
    }
    struct column *column = &columns->columns[field];
    if (type == WIRE_VARINT && column->kind == FLOW_KIND_NUMBER_LIST) {
        return take_list_number(column, row, cursor);
    }
    if (type == WIRE_VARINT && column->kind == FLOW_KIND_NUMBER) {
        enum err err = wire_take_varint(cursor, &value);
        set_number(column, row, err == ERR_OK ? value : 0);
        return err;
    }
    if (type != WIRE_BYTES || wire_take_bytes(cursor, &bytes) != ERR_OK) {
        return ERR_CORRUPT;
    }
    return take_bytes(column, row, bytes);
}

/*
 * Any field from its tag on; returns its end, or NULL: it is no field. Kept out of the loop below,
 * which then needs no memory of its own.
 */
__attribute__((noinline)) static const uint8_t *take_any(
    struct columns *columns, uint32_t row, const uint8_t *p, const uint8_t *end)
{
    struct cursor rest = {.pos = p, .end = end};
    return take_field(columns, row, &rest) == ERR_OK ? rest.pos : NULL;
}

struct column *column_find(struct columns *columns, uint64_t word)
{
    uint64_t key = (word & 0x80) == 0 ? word & 0x7f : (word & 0x7f) | (word & 0x7f00) >> 1;
    enum flow_field field = wire_field_find(key >> 3);
    if (field == FLOW_FIELD_COUNT) {
        return &columns->unknown;
    }
    struct column *column = &columns->columns[field];
    return ((word ^ column->tag) & column->tag_mask) == 0 ? column : &columns->unknown;
}

WIRE_INLINE const uint8_t *take_number(
    struct column *column, uint32_t row, const uint8_t *p, bool is_bmi2)
{
    uint64_t value;
    p = wire_get_varint(p, &value, is_bmi2);
    set_number(column, row, value);
    return p;
}

/* An address of 4 or 16 bytes, or NULL: it is something else. */
WIRE_INLINE const uint8_t *take_address(struct column *column, uint32_t row, const uint8_t *p)
{
    if (column->kind != FLOW_KIND_ADDRESS) {
        return NULL;
    }
    if (*p == 4) {
        uint8_t *out = open_row(column, row);
        wire_store64(out, 0);
        wire_store64(out + 8, MAPPED | wire_load64(p + 1) << 32);
        return p + 5;
    }
    if (*p == 16) {
        memcpy(open_row(column, row), p + 1, 16);
        return p + 17;
    }
    return NULL;
}

/*
 * Bytes are read here without a cursor: the slack lets every field be read whole, and one that
 * leaves the message is noticed at its end. Each column remembers which one came after it, so that
 * a flow with the fields of the flow before it costs one comparison a field.
 */
WIRE_INLINE enum err parse_fields(
    struct columns *columns, struct cursor message, struct column **bet, uint32_t row, bool is_bmi2)
{
    const uint8_t *p = message.pos;
    while (p < message.end) {
        struct column *column = *bet;
        uint64_t word = wire_load64(p);
        if (__builtin_expect(((word ^ column->tag) & column->tag_mask) != 0, 0)) {
            column = column_find(columns, word);
            *bet = column;
        }
        bet = &column->next;
        if (column->kind == FLOW_KIND_NUMBER) {
            p = take_number(column, row, p + column->tag_size, is_bmi2);
            continue;
        }
        const uint8_t *next = take_address(column, row, p + column->tag_size);
        if (__builtin_expect(next == NULL, 0)) {
            next = take_any(columns, row, p, message.end);
        }
        if (next == NULL) {
            return ERR_CORRUPT;
        }
        p = next;
    }
    return p == message.end ? ERR_OK : ERR_CORRUPT;
}

WIRE_BMI2 static enum err parse_bmi2(
    struct columns *columns, struct cursor message, struct column **bet, uint32_t row)
{
    return parse_fields(columns, message, bet, row, true);
}

static enum err parse(
    struct columns *columns, struct cursor message, struct column **bet, uint32_t row)
{
    if (columns->has_bmi2) {
        return parse_bmi2(columns, message, bet, row);
    }
    return parse_fields(columns, message, bet, row, false);
}

enum err columns_parse(struct columns *columns, struct cursor message, uint32_t row)
{
    struct repeat *repeat = &columns->repeat;
    if (repeat_matches(repeat, message)) {
        struct column *last = repeat->columns[repeat->field_count - 1];
        repeat->rows++;
        message.pos += repeat->size;
        return parse(columns, message, &last->next, row);
    }
    repeat_end(columns, row);
    enum err err = parse(columns, message, &columns->first, row);
    if (err == ERR_OK) {
        repeat_start(columns, message);
    }
    return err;
}
