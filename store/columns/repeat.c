/* SPDX-License-Identifier: BSD-3-Clause -- finds and ends repetitions. */
#include "store/columns/repeat.h"

#include "store/columns/column.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes at its start the message shares with the one kept. */
static size_t shared_size(const struct repeat *repeat, struct cursor message)
{
    size_t size = smaller(repeat->kept_size, cursor_left(&message));
    for (size_t i = 0; i < size; i += 8) {
        uint64_t difference = wire_load64(message.pos + i) ^ wire_load64(repeat->kept + i);
        if (difference != 0) {
            return smaller(size, i + (size_t)__builtin_ctzll(difference) / 8);
        }
    }
    return size;
}

/* The end of the field at `p`, and its value as it stands in a row; NULL: it can't repeat. */
static const uint8_t *read_field(
    const struct column *column, const uint8_t *p, struct column_value *value_p)
{
    p += column->tag_size;
    if (column->kind == FLOW_KIND_NUMBER) {
        uint64_t number;
        p = wire_get_varint(p, &number, false);
        *value_p = (struct column_value){{number < column->max ? number : column->max, 0}};
        return p;
    }
    if (column->kind != FLOW_KIND_ADDRESS || (*p != 4 && *p != 16)) {
        return NULL;
    }
    struct address address = *p == 4 ? address_from_ipv4(p + 1) : address_from_ipv6(p + 1);
    memcpy(value_p, &address, sizeof address);
    return p + 1 + *p;
}

/*
 * After a repetition that lasted, the same fields are expected to repeat; else those that this
 * message shares with the one before.
 */
void repeat_start(struct columns *columns, struct cursor message)
{
    struct repeat *repeat = &columns->repeat;
    bool has_lasted = repeat->rows > 1;
    size_t size = has_lasted ? cursor_left(&message) : shared_size(repeat, message);
    size_t most_fields = has_lasted ? repeat->field_count : REPEAT_FIELDS;
    const uint8_t *p = message.pos;
    const uint8_t *end = p + smaller(size, REPEAT_BYTES);
    size_t field_count = 0;
    while (field_count < most_fields && p < end) {
        struct column_value value;
        struct column *column = column_find(columns, wire_load64(p));
        const uint8_t *next = read_field(column, p, &value);
        if (next == NULL || next > end) {
            break;
        }
        column->absent = value;
        repeat->columns[field_count++] = column;
        p = next;
    }
    repeat->rows = 0;
    repeat->field_count = (uint32_t)field_count;
    repeat->size = (size_t)(p - message.pos);
    repeat->kept_size = smaller(cursor_left(&message), REPEAT_BYTES);
    memcpy(repeat->kept, message.pos, repeat->kept_size);
}

void repeat_end(struct columns *columns, uint32_t row)
{
    struct repeat *repeat = &columns->repeat;
    if (repeat->size == 0) {
        return;
    }
    for (size_t i = 0; i < repeat->field_count; i++) {
        column_fill(repeat->columns[i], row);
        repeat->columns[i]->absent = (struct column_value){{0, 0}};
    }
    repeat->size = 0;
}
