/* SPDX-License-Identifier: BSD-3-Clause -- the fields of each kind of record, and their bytes. */
#include "common/record.h"

#include "common/device_counters.h"
#include "common/flow_wire.h"

#define FIELD(id, name, type, tag, documentation) {#name, documentation, RECORD_##type, tag},

static const struct record_field COUNTERS[] = {
#define COUNTERS_FIELD FIELD
#include "common/record_fields.def"
#define DEVICE_COUNTER(id, name, size, documentation)                                              \
    {#name, documentation, RECORD_COUNTER, RECORD_DEVICE_TAG + DEVICE_##id},
#include "common/device_counters.def"
};
static const struct record_field OPTIONS[] = {
#define OPTIONS_FIELD FIELD
#include "common/record_fields.def"
};
static const struct record_field LOSSES[] = {
#define LOSSES_FIELD FIELD
#include "common/record_fields.def"
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

_Static_assert(COUNT(COUNTERS) <= RECORD_FIELDS_MAX, "the presence bitmap is too small");

const struct record_schema RECORD_SCHEMAS[RECORD_KIND_COUNT] = {
    [RECORD_COUNTERS] = {"counters", COUNTERS, COUNT(COUNTERS)},
    [RECORD_OPTIONS] = {"options", OPTIONS, COUNT(OPTIONS)},
    [RECORD_LOSSES] = {"loss", LOSSES, COUNT(LOSSES)},
};

enum {
    TEXT_FIELDS_MAX = 4, /* of one kind, addresses included */
    NUMBER_BYTES = 2 + WIRE_VARINT_MAX,
    TEXT_BYTES = 4 + RECORD_TEXT_MAX,
    KEY_BYTES = 4 /* of the record itself: tag and length */
};
_Static_assert(
    RECORD_FIELDS_MAX *NUMBER_BYTES + TEXT_FIELDS_MAX * TEXT_BYTES + KEY_BYTES <= RECORD_PACKED_MAX,
    "a full record fits");

static bool is_text(enum record_type type)
{
    return type == RECORD_TEXT || type == RECORD_ADDRESS;
}

static uint8_t *put_key(uint8_t *out, unsigned tag, enum wire_type type)
{
    return wire_put_varint(out, (uint64_t)tag << 3 | type, false);
}

static size_t pack_fields(
    const struct record_schema *schema, const struct record *record, uint8_t *out)
{
    uint8_t *end = out;
    for (unsigned i = 0; i < schema->field_count; i++) {
        const struct record_field *field = &schema->fields[i];
        const struct record_value *value = &record->values[i];
        if (!record_has(record, i)) {
            continue;
        }
        if (is_text(field->type)) {
            end = put_key(end, field->tag, WIRE_BYTES);
            end = wire_put_varint(end, value->size, false);
            memcpy(end, value->text, value->size);
            end += value->size;
        } else {
            end = put_key(end, field->tag, WIRE_VARINT);
            end = wire_put_varint(end, value->number, false);
        }
    }
    return (size_t)(end - out);
}

size_t record_pack(enum record_kind kind, const struct record *record, uint8_t *out)
{
    uint8_t fields[RECORD_PACKED_MAX];
    size_t size = pack_fields(&RECORD_SCHEMAS[kind], record, fields);
    uint8_t *end = put_key(out, kind, WIRE_BYTES);
    end = wire_put_varint(end, size, false);
    memcpy(end, fields, size);
    return (size_t)(end - out) + size;
}

static size_t find_field(const struct record_schema *schema, uint64_t tag)
{
    size_t i = 0;
    while (i < schema->field_count && schema->fields[i].tag != tag) {
        i++;
    }
    return i;
}

static enum err take_text(
    struct cursor *message, struct record *record, unsigned field, enum record_type type)
{
    struct cursor bytes;
    enum err err = wire_take_bytes(message, &bytes);
    if (err != ERR_OK) {
        return err;
    }
    if (type == RECORD_ADDRESS && cursor_left(&bytes) != sizeof(struct address)) {
        return ERR_CORRUPT;
    }
    record_set_text(record, field, (const char *)bytes.pos, cursor_left(&bytes));
    return ERR_OK;
}

static enum err take_field(
    struct cursor *message, const struct record_schema *schema, struct record *record)
{
    uint64_t tag;
    enum wire_type wire;
    enum err err = wire_take_key(message, &tag, &wire);
    if (err != ERR_OK) {
        return err;
    }
    size_t field = find_field(schema, tag);
    if (field == schema->field_count) {
        return wire_skip(message, wire);
    }
    enum record_type type = schema->fields[field].type;
    if (wire != (is_text(type) ? WIRE_BYTES : WIRE_VARINT)) {
        return wire_skip(message, wire);
    }
    if (is_text(type)) {
        return take_text(message, record, (unsigned)field, type);
    }
    uint64_t number;
    err = wire_take_varint(message, &number);
    record_set_number(record, (unsigned)field, number);
    return err;
}

enum err record_parse(struct cursor *batch, enum record_kind kind, struct record *record_p)
{
    if (cursor_left(batch) == 0) {
        return ERR_END;
    }
    uint64_t tag;
    enum wire_type wire;
    struct cursor message;
    if (wire_take_key(batch, &tag, &wire) != ERR_OK || tag != kind || wire != WIRE_BYTES ||
        wire_take_bytes(batch, &message) != ERR_OK) {
        return ERR_CORRUPT;
    }
    record_p->present = 0;
    while (cursor_left(&message) > 0) {
        if (take_field(&message, &RECORD_SCHEMAS[kind], record_p) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}
