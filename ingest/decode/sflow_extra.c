/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records without a field, as entries of Extra. */
#include "ingest/decode/element_text.h"
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

/* How an item stands on the wire. */
struct shape {
    uint8_t octets; /* 0: opaque data behind its length */
    uint8_t used;   /* of these, the first ones: an address of six octets takes eight */
    enum element_type type;
};

static const struct shape STRING = {0, 0, ELEMENT_TYPE_STRING};
static const struct shape NUMBER = {4, 4, ELEMENT_TYPE_UNSIGNED};
static const struct shape LONG = {8, 8, ELEMENT_TYPE_UNSIGNED};
static const struct shape MAC = {8, 6, ELEMENT_TYPE_MAC};
static const struct shape IPV4 = {4, 4, ELEMENT_TYPE_ADDRESS};
static const struct shape IPV6 = {16, 16, ELEMENT_TYPE_ADDRESS};

static const struct extra_item {
    uint32_t format;
    const struct shape *shape;
    const char *key;
} ITEMS[] = {
#define ITEM(its_format, name, its_shape)                                                          \
    {.format = (its_format), .shape = &(its_shape), .key = "sFlow/" #its_format "/" #name},
#include "ingest/decode/sflow_extra.def"
};

enum {
    ITEM_COUNT = sizeof ITEMS / sizeof ITEMS[0]
};

static size_t first_item(uint32_t format)
{
    size_t at = 0;
    while (at < ITEM_COUNT && ITEMS[at].format < format) {
        at++;
    }
    return at;
}

static struct cursor take_item(struct cursor *record, const struct shape *shape)
{
    struct cursor value =
        shape->octets == 0 ? sflow_xdr_opaque(record) : cursor_sub(record, shape->octets);
    if (shape->octets != 0 && !cursor_failed(&value)) {
        value.end = value.pos + shape->used;
    }
    return value;
}

static bool is_whole(size_t at, uint32_t format, struct cursor record)
{
    bool is_short = false;
    for (; at < ITEM_COUNT && ITEMS[at].format == format; at++) {
        struct cursor value = take_item(&record, ITEMS[at].shape);
        is_short = is_short || cursor_failed(&value);
    }
    return !is_short;
}

/* False: there is no room. What is empty says nothing, and needs none. */
static bool append(struct flow *flow, const struct extra_item *item, struct cursor value)
{
    char text[ELEMENT_TEXT_MAX(TEXT_MAP_BYTES)];
    if (cursor_left(&value) > TEXT_MAP_BYTES) {
        return false;
    }
    size_t size = element_text_put(text, item->shape->type, value.pos, cursor_left(&value));
    struct text_entry entry = {.key = item->key,
        .value = text,
        .key_size = (uint16_t)strlen(item->key),
        .value_size = (uint16_t)size};
    return size == 0 || flow_append_extra(flow, &entry);
}

enum sflow_record_outcome sflow_read_extra(
    struct flow *flow, uint32_t format, struct cursor record, uint32_t *dropped_p)
{
    size_t at = first_item(format);
    if (at == ITEM_COUNT || ITEMS[at].format != format) {
        return SFLOW_RECORD_SKIPPED;
    }
    if (!is_whole(at, format, record)) {
        return SFLOW_RECORD_BAD;
    }
    for (; at < ITEM_COUNT && ITEMS[at].format == format; at++) {
        struct cursor value = take_item(&record, ITEMS[at].shape);
        *dropped_p += !append(flow, &ITEMS[at], value);
    }
    return SFLOW_RECORD_READ;
}
