/* SPDX-License-Identifier: BSD-3-Clause -- protobuf encoding of each field, and careful parsing. */
#include "common/flow_wire.h"

#define KEY(number, type) ((number) << 3 | (type))
#define TAG(key)          ((key) < 128 ? (key) : ((key)&0x7f) | 0x80 | (key) >> 7 << 8)
#define ENCODING(member_name, key, kind_name)                                                      \
    .tag = TAG(key), .tag_mask = (key) < 128 ? 0xff : 0xffff, .tag_size = (key) < 128 ? 1 : 2,     \
    .offset = offsetof(struct flow, member_name), .kind = FLOW_KIND_##kind_name

const struct wire_field WIRE_FIELDS[FLOW_FIELD_COUNT] = {
#define FLOW_NUMBER(id, member, name, number, ...)                                                 \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_VARINT), NUMBER)},
#define FLOW_ADDRESS(id, member, name, number, ...)                                                \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_BYTES), ADDRESS)},
#define FLOW_NUMBER_LIST(id, member, name, number, ...)                                            \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_BYTES), NUMBER_LIST)},
#define FLOW_ADDRESS_LIST(id, member, name, number, ...)                                           \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_BYTES), ADDRESS_LIST)},
#define FLOW_TEXT(id, member, name, number, ...)                                                   \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_BYTES), TEXT)},
#define FLOW_TEXT_MAP(id, member, name, number, ...)                                               \
    [FLOW_##id] = {ENCODING(member, KEY(number, WIRE_BYTES), TEXT_MAP)},
#include "common/flow_fields.def"
};

_Static_assert(sizeof(struct wire_field) == 8, "see its comment");

const uint64_t WIRE_MAX[FLOW_FIELD_COUNT] = {
#define FLOW_NUMBER(id, member, name, number, c_type, ...) [FLOW_##id] = (c_type)-1,
#define FLOW_NUMBER_LIST(id, ...)                          [FLOW_##id] = UINT32_MAX,
#include "common/flow_fields.def"
};

/* Seven lengths in bits need so many bytes. */
#define VARINT(bytes)                                                                              \
    {                                                                                              \
        .continuation = WIRE_CONTINUATION >> 8 >> 8 * (8 - (bytes)), .size = (bytes)               \
    }
#define VARINTS(bytes)                                                                             \
    VARINT(bytes), VARINT(bytes), VARINT(bytes), VARINT(bytes), VARINT(bytes), VARINT(bytes),      \
        VARINT(bytes)

const struct wire_varint WIRE_VARINTS[64] = {
    [8] = VARINTS(8), /* longer values have less than eight leading zeroes */
    VARINTS(7),
    VARINTS(6),
    VARINTS(5),
    VARINTS(4),
    VARINTS(3),
    VARINTS(2),
    VARINTS(1),
};

/* One more than the field, so that numbers nobody has are 0. */
static const uint8_t FIELD_OF_NUMBER[WIRE_NUMBER_MAX + 1] = {
#define FLOW_NUMBER(id, member, name, number, ...)       [number] = FLOW_##id + 1,
#define FLOW_ADDRESS(id, member, name, number, ...)      [number] = FLOW_##id + 1,
#define FLOW_NUMBER_LIST(id, member, name, number, ...)  [number] = FLOW_##id + 1,
#define FLOW_ADDRESS_LIST(id, member, name, number, ...) [number] = FLOW_##id + 1,
#define FLOW_TEXT(id, member, name, number, ...)         [number] = FLOW_##id + 1,
#define FLOW_TEXT_MAP(id, member, name, number, ...)     [number] = FLOW_##id + 1,
#include "common/flow_fields.def"
};

_Static_assert(sizeof(struct flow) <= UINT16_MAX, "a member's offset must fit wire_field.offset");

enum flow_field wire_field_find(uint64_t number)
{
    if (number > WIRE_NUMBER_MAX || FIELD_OF_NUMBER[number] == 0) {
        return FLOW_FIELD_COUNT;
    }
    return (enum flow_field)(FIELD_OF_NUMBER[number] - 1);
}

enum err wire_take_varint(struct cursor *cursor, uint64_t *value_p)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < WIRE_VARINT_MAX; i++) {
        uint8_t byte = cursor_u8(cursor);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value_p = value;
            return cursor_failed(cursor) ? ERR_CORRUPT : ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

enum err wire_take_key(struct cursor *cursor, uint64_t *number_p, enum wire_type *type_p)
{
    uint64_t key;
    if (wire_take_varint(cursor, &key) != ERR_OK || key > UINT32_MAX || key >> 3 == 0) {
        return ERR_CORRUPT;
    }
    *number_p = key >> 3;
    *type_p = (enum wire_type)(key & 7);
    return ERR_OK;
}

enum err wire_take_bytes(struct cursor *cursor, struct cursor *bytes_p)
{
    uint64_t size;
    if (wire_take_varint(cursor, &size) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *bytes_p = cursor_sub(cursor, size);
    return cursor_failed(bytes_p) ? ERR_CORRUPT : ERR_OK;
}

enum err wire_take_message(struct cursor *batch, struct cursor *message_p)
{
    while (cursor_left(batch) > 0) {
        uint64_t number;
        enum wire_type type;
        if (wire_take_key(batch, &number, &type) != ERR_OK) {
            return ERR_CORRUPT;
        }
        if (number == WIRE_FLOWS_NUMBER) {
            return type == WIRE_BYTES ? wire_take_bytes(batch, message_p) : ERR_CORRUPT;
        }
        if (wire_skip(batch, type) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_END;
}

enum err wire_skip(struct cursor *cursor, enum wire_type type)
{
    uint64_t ignored;
    struct cursor bytes;
    switch (type) {
    case WIRE_VARINT:
        return wire_take_varint(cursor, &ignored);
    case WIRE_BYTES:
        return wire_take_bytes(cursor, &bytes);
    case WIRE_FIXED64:
        cursor_skip(cursor, 8);
        break;
    case WIRE_FIXED32:
        cursor_skip(cursor, 4);
        break;
    default:
        return ERR_CORRUPT;
    }
    return cursor_failed(cursor) ? ERR_CORRUPT : ERR_OK;
}

enum err wire_address(struct cursor bytes, struct address *address_p)
{
    switch (cursor_left(&bytes)) {
    case 0:
        *address_p = (struct address){{0}};
        return ERR_OK;
    case 4:
        *address_p = address_from_ipv4(bytes.pos);
        return ERR_OK;
    case 16:
        *address_p = address_from_ipv6(bytes.pos);
        return ERR_OK;
    default:
        return ERR_CORRUPT;
    }
}

static enum err take_text(struct cursor *message, const char **text_p, uint16_t *size_p)
{
    struct cursor bytes;
    if (wire_take_bytes(message, &bytes) != ERR_OK || cursor_left(&bytes) > UINT16_MAX) {
        return ERR_CORRUPT;
    }
    *text_p = (const char *)bytes.pos;
    *size_p = (uint16_t)cursor_left(&bytes);
    return ERR_OK;
}

enum err wire_text_entry(struct cursor message, struct text_entry *entry_p)
{
    *entry_p = (struct text_entry){.key = "", .value = ""};
    while (cursor_left(&message) > 0) {
        uint64_t number;
        enum wire_type type;
        enum err err = wire_take_key(&message, &number, &type);
        if (err == ERR_OK && number == WIRE_KEY_NUMBER && type == WIRE_BYTES) {
            err = take_text(&message, &entry_p->key, &entry_p->key_size);
        } else if (err == ERR_OK && number == WIRE_VALUE_NUMBER && type == WIRE_BYTES) {
            err = take_text(&message, &entry_p->value, &entry_p->value_size);
        } else if (err == ERR_OK) {
            bool is_known = number == WIRE_KEY_NUMBER || number == WIRE_VALUE_NUMBER;
            err = is_known ? ERR_CORRUPT : wire_skip(&message, type);
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}
