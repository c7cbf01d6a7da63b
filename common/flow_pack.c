/* SPDX-License-Identifier: BSD-3-Clause -- struct flow to protobuf, by table. */
#include "common/flow_codec.h"

#include "common/flow_wire.h"

enum {
    FLOW_HEADER_SIZE = 3 /* tag of FlowBatch.flows and a two-byte length */
};

/* The fields that are numbers, and those that have one value, as presence bits. */
#define BIT_OF(word, field) ((field) / 64 == (word) ? UINT64_C(1) << ((field) % 64) : 0)
static const uint64_t NUMBERS[FLOW_WORDS] = {
#define FLOW_NUMBER(id, ...) BIT_OF(0, FLOW_##id) |
#include "common/flow_fields.def"
    0,
#define FLOW_NUMBER(id, ...) BIT_OF(1, FLOW_##id) |
#include "common/flow_fields.def"
    0,
#define FLOW_NUMBER(id, ...) BIT_OF(2, FLOW_##id) |
#include "common/flow_fields.def"
    0};

static const uint64_t SINGLES[FLOW_WORDS] = {
#define FLOW_NUMBER(id, ...)  BIT_OF(0, FLOW_##id) |
#define FLOW_ADDRESS(id, ...) BIT_OF(0, FLOW_##id) |
#include "common/flow_fields.def"
    0,
#define FLOW_NUMBER(id, ...)  BIT_OF(1, FLOW_##id) |
#define FLOW_ADDRESS(id, ...) BIT_OF(1, FLOW_##id) |
#include "common/flow_fields.def"
    0,
#define FLOW_NUMBER(id, ...)  BIT_OF(2, FLOW_##id) |
#define FLOW_ADDRESS(id, ...) BIT_OF(2, FLOW_##id) |
#include "common/flow_fields.def"
    0};
#undef BIT_OF

WIRE_INLINE uint8_t *put_tag(uint8_t *out, const struct wire_field *field)
{
    memcpy(out, &field->tag, sizeof field->tag);
    return out + field->tag_size;
}

WIRE_INLINE uint8_t *put_address(uint8_t *out, const struct address *address)
{
    if (address_is_ipv4(address)) {
        *out = 4;
        memcpy(out + 1, address->bytes + 12, 4);
        return out + 5;
    }
    *out = 16;
    memcpy(out + 1, address->bytes, 16);
    return out + 17;
}

static uint8_t *put_varints(uint8_t *out, const struct number_list *list)
{
    size_t size = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        size += wire_varint_size(list->values[i]);
    }
    out = wire_put_varint(out, size, false);
    for (uint32_t i = 0; i < list->count; i++) {
        out = wire_put_varint(out, list->values[i], false);
    }
    return out;
}

/* Most lists are of small numbers, a byte each; that they are shows when they are written. */
static uint8_t *put_number_list(
    uint8_t *out, const struct wire_field *field, const struct number_list *list)
{
    uint32_t all = 0;
    out = put_tag(out, field);
    for (uint32_t i = 0; i < list->count; i++) {
        all |= list->values[i];
        out[1 + i] = (uint8_t)list->values[i];
    }
    if (all >= 0x80) {
        return put_varints(out, list);
    }
    *out = (uint8_t)list->count;
    return out + 1 + list->count;
}

static uint8_t *put_address_list(
    uint8_t *out, const struct wire_field *field, const struct address_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        out = put_address(put_tag(out, field), &list->values[i]);
    }
    return out;
}

/* A text that is empty is absent, as in any message of proto3. */
static size_t text_size(size_t size)
{
    return size != 0 ? 1 + wire_varint_size(size) + size : 0;
}

static uint8_t *put_text(uint8_t *out, unsigned number, const char *text, size_t size)
{
    if (size == 0) {
        return out;
    }
    *out++ = (uint8_t)(number << 3 | WIRE_BYTES);
    out = wire_put_varint(out, size, false);
    memcpy(out, text, size);
    return out + size;
}

static uint8_t *put_text_map(
    uint8_t *out, const struct wire_field *field, const struct text_map *map)
{
    const uint8_t *p = map->bytes;
    for (uint32_t i = 0; i < map->count; i++) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        size_t size = text_size(entry.key_size) + text_size(entry.value_size);
        out = wire_put_varint(put_tag(out, field), size, false);
        out = put_text(out, WIRE_KEY_NUMBER, entry.key, entry.key_size);
        out = put_text(out, WIRE_VALUE_NUMBER, entry.value, entry.value_size);
    }
    return out;
}

static uint8_t *put_flow_text(
    uint8_t *out, const struct wire_field *field, const struct flow_text *text)
{
    out = wire_put_varint(put_tag(out, field), text->size, false);
    memcpy(out, text->bytes, text->size);
    return out + text->size;
}

WIRE_INLINE uint8_t *put_number(
    uint8_t *out, const struct flow *flow, const struct wire_field *field, bool is_bmi2)
{
    uint64_t value;
    memcpy(&value, (const uint8_t *)flow + field->offset, sizeof value);
    return wire_put_varint(put_tag(out, field), value, is_bmi2);
}

__attribute__((noinline)) static uint8_t *put_rare(
    uint8_t *out, const struct wire_field *field, const void *member)
{
    switch (field->kind) {
    case FLOW_KIND_TEXT:
        return put_flow_text(out, field, member);
    case FLOW_KIND_TEXT_MAP:
        return put_text_map(out, field, member);
    default:
        return put_address_list(out, field, member);
    }
}

/* Every sampled packet has lists of numbers. */
static uint8_t *put_many(uint8_t *out, const struct wire_field *field, const void *member)
{
    return field->kind == FLOW_KIND_NUMBER_LIST ? put_number_list(out, field, member)
                                                : put_rare(out, field, member);
}

/* Addresses are in every flow, the others in few. */
static inline uint8_t *put_other(
    uint8_t *out, const struct flow *flow, const struct wire_field *field)
{
    const void *member = (const uint8_t *)flow + field->offset;
    if (field->kind == FLOW_KIND_ADDRESS) {
        return put_address(put_tag(out, field), member);
    }
    return put_many(out, field, member);
}

/* The flow's fields without those of `except`: first the numbers, which are most, then the rest. */
WIRE_INLINE uint8_t *put_fields_with(
    uint8_t *out, const struct flow *flow, const uint64_t *except, bool is_bmi2)
{
    /* Few flows have a field of the last word. */
    size_t words = flow->present[FLOW_WORDS - 1] != 0 ? FLOW_WORDS : FLOW_WORDS - 1;
    for (size_t i = 0; i < words; i++) {
        const struct wire_field *fields = &WIRE_FIELDS[i * 64];
        uint64_t left = flow->present[i] & ~except[i];
        for (uint64_t bits = left & NUMBERS[i]; bits != 0; bits &= bits - 1) {
            out = put_number(out, flow, &fields[__builtin_ctzll(bits)], is_bmi2);
        }
        for (uint64_t bits = left & ~NUMBERS[i]; bits != 0; bits &= bits - 1) {
            out = put_other(out, flow, &fields[__builtin_ctzll(bits)]);
        }
    }
    return out;
}

WIRE_BMI2 static uint8_t *put_fields_bmi2(
    uint8_t *out, const struct flow *flow, const uint64_t *except)
{
    return put_fields_with(out, flow, except, true);
}

static uint8_t *put_fields(uint8_t *out, const struct flow *flow, const uint64_t *except)
{
    return put_fields_with(out, flow, except, false);
}

/*
 * Fixed lists stay out of the prefix and are packed every time. Out of line: what it calls would
 * cost flow_pack() registers to save.
 */
__attribute__((noinline)) static void renew_prefix(
    struct flow_packer *packer, const struct flow *flow)
{
    uint64_t others[FLOW_WORDS];
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        packer->packed[i] = flow->fixed[i] & SINGLES[i];
        others[i] = ~packer->packed[i];
    }
    packer->flow = flow;
    packer->series = flow->series;
    packer->has_bmi2 = wire_has_bmi2();
    packer->prefix_size = (size_t)(put_fields(packer->prefix, flow, others) - packer->prefix);
    if (packer->series_begun != NULL) {
        packer->series_begun(packer->context, flow);
    }
}

static inline bool prefix_is_current(const struct flow_packer *packer, const struct flow *flow)
{
    return packer->series == flow->series && packer->flow == flow;
}

/* Copies in steps of a whole vector; what is written too much is overwritten by the next field. */
static uint8_t *put_prefix(uint8_t *out, const struct flow_packer *packer)
{
    for (size_t done = 0; done < packer->prefix_size; done += FLOW_PREFIX_STEP) {
        memcpy(out + done, packer->prefix + done, FLOW_PREFIX_STEP);
    }
    return out + packer->prefix_size;
}

size_t flow_pack(struct flow_packer *packer, const struct flow *flow, uint8_t *out)
{
    if (!prefix_is_current(packer, flow)) {
        renew_prefix(packer, flow);
    }
    uint8_t *message = out + FLOW_HEADER_SIZE;
    uint8_t *end = put_prefix(message, packer);
    end = packer->has_bmi2 ? put_fields_bmi2(end, flow, packer->packed)
                           : put_fields(end, flow, packer->packed);
    size_t size = (size_t)(end - message);
    out[0] = WIRE_FLOWS_TAG;
    out[1] = (uint8_t)(size | 0x80);
    out[2] = (uint8_t)(size >> 7);
    return FLOW_HEADER_SIZE + size;
}

size_t flow_pack_message(const struct flow *flow, uint8_t *out)
{
    static const uint64_t NOTHING[FLOW_WORDS];
    return (size_t)(put_fields(out, flow, NOTHING) - out);
}

size_t flow_pack_delimited(const struct flow *flow, uint8_t *out)
{
    uint8_t *message = out + FLOW_HEADER_SIZE - 1; /* a header without the tag */
    size_t size = flow_pack_message(flow, message);
    out[0] = (uint8_t)(size | 0x80);
    out[1] = (uint8_t)(size >> 7);
    return (size_t)(message - out) + size;
}
