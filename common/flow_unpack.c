/* SPDX-License-Identifier: BSD-3-Clause -- protobuf to struct flow, by table. */
#include "common/flow_codec.h"

#include "common/flow_wire.h"

/* Absent once more when the value is the default: the last occurrence of a field counts. */
static enum err take_number(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    uint64_t value;
    if (wire_take_varint(cursor, &value) != ERR_OK) {
        return ERR_CORRUPT;
    }
    bool is_bool = WIRE_MAX[field] == true;
    bool is_wide = FLOW_FIELDS[field].size_bytes == 8; /* protobuf keeps 32 bits of any other */
    flow_set_number(flow, field, is_bool ? value != 0 : is_wide ? value : (uint32_t)value);
    return ERR_OK;
}

static enum err take_address(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    struct cursor bytes;
    if (wire_take_bytes(cursor, &bytes) != ERR_OK) {
        return ERR_CORRUPT;
    }
    struct address *member = (struct address *)((uint8_t *)flow + WIRE_FIELDS[field].offset);
    flow_mark(flow, field, cursor_left(&bytes) != 0);
    return wire_address(bytes, member);
}

static enum err take_list_number(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    uint64_t value;
    if (wire_take_varint(cursor, &value) != ERR_OK) {
        return ERR_CORRUPT;
    }
    struct number_list *list = (struct number_list *)((uint8_t *)flow + WIRE_FIELDS[field].offset);
    uint32_t count = flow_has(flow, field) ? list->count : 0;
    if (count < FLOW_LIST_MAX) {
        list->values[count] = (uint32_t)value;
        list->count = count + 1;
        flow_mark(flow, field, true);
    }
    return ERR_OK;
}

static enum err take_number_list(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    struct cursor packed;
    if (wire_take_bytes(cursor, &packed) != ERR_OK) {
        return ERR_CORRUPT;
    }
    while (cursor_left(&packed) > 0) {
        if (take_list_number(flow, field, &packed) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

static enum err take_list_address(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    struct cursor bytes;
    struct address address;
    if (wire_take_bytes(cursor, &bytes) != ERR_OK || wire_address(bytes, &address) != ERR_OK) {
        return ERR_CORRUPT;
    }
    struct address_list *list =
        (struct address_list *)((uint8_t *)flow + WIRE_FIELDS[field].offset);
    uint32_t count = flow_has(flow, field) ? list->count : 0;
    if (count < FLOW_LIST_MAX) {
        list->values[count] = address;
        list->count = count + 1;
        flow_mark(flow, field, true);
    }
    return ERR_OK;
}

/* The last occurrence of a field counts. */
static enum err take_text(struct flow *flow, enum flow_field field, struct cursor *cursor)
{
    struct cursor bytes;
    if (wire_take_bytes(cursor, &bytes) != ERR_OK) {
        return ERR_CORRUPT;
    }
    flow_set_text(flow, field, (const char *)bytes.pos, cursor_left(&bytes));
    return ERR_OK;
}

static enum err take_text_entry(struct flow *flow, struct cursor *cursor)
{
    struct cursor message;
    struct text_entry entry;
    if (wire_take_bytes(cursor, &message) != ERR_OK || wire_text_entry(message, &entry) != ERR_OK) {
        return ERR_CORRUPT;
    }
    (void)flow_append_extra(flow, &entry);
    return ERR_OK;
}

static enum err take_field(
    struct flow *flow, enum flow_field field, enum wire_type type, struct cursor *cursor)
{
    enum flow_kind kind = FLOW_FIELDS[field].kind;
    bool is_number = kind == FLOW_KIND_NUMBER || kind == FLOW_KIND_NUMBER_LIST;
    if (type == WIRE_VARINT && is_number) {
        return kind == FLOW_KIND_NUMBER ? take_number(flow, field, cursor)
                                        : take_list_number(flow, field, cursor);
    }
    if (type != WIRE_BYTES || kind == FLOW_KIND_NUMBER) {
        return ERR_CORRUPT;
    }
    switch (kind) {
    case FLOW_KIND_ADDRESS:
        return take_address(flow, field, cursor);
    case FLOW_KIND_NUMBER_LIST:
        return take_number_list(flow, field, cursor);
    case FLOW_KIND_TEXT:
        return take_text(flow, field, cursor);
    case FLOW_KIND_TEXT_MAP:
        return take_text_entry(flow, cursor);
    default:
        return take_list_address(flow, field, cursor);
    }
}

enum err flow_unpack_message(struct flow *flow, struct cursor *message)
{
    flow_begin(flow);
    while (cursor_left(message) > 0) {
        uint64_t number;
        enum wire_type type;
        if (wire_take_key(message, &number, &type) != ERR_OK) {
            return ERR_CORRUPT;
        }
        enum flow_field field = wire_field_find(number);
        enum err err = field < FLOW_FIELD_COUNT ? take_field(flow, field, type, message)
                                                : wire_skip(message, type);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

enum err flow_unpack(struct flow *flow, struct cursor *batch)
{
    struct cursor message;
    enum err err = wire_take_message(batch, &message);
    return err == ERR_OK ? flow_unpack_message(flow, &message) : err;
}
