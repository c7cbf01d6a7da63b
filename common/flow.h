/*
 * flow.h -- one flow record.
 *
 * A value; whoever declares it owns it. A field holds a value exactly when its bit in `present` is
 * set. For a number, a list or a text the bit means that it is not the default (0, empty), as in
 * proto3. For an address it means that the exporter sent one, which may be 0.0.0.0. Write through
 * flow_set_MEMBER(), which keeps the bit, and read a member only when flow_has(). Nothing is zeroed
 * between records but the bits.
 *
 * Many fields are the same for a whole datagram or set (time, exporter, sequence number). They are
 * set once after flow_begin() and then marked by flow_fix(); flow_reset() returns to them for the
 * next record. The packer keeps their bytes as long as `series` stays the same. A record must not
 * write a fixed field.
 */
#pragma once

#include "common/address.h"
#include "common/text_map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Longer lists are cut; BGP paths this long are route leaks. So are longer texts. */
enum {
    FLOW_LIST_MAX = 64,
    FLOW_TEXT_BYTES = 255
};

struct number_list {
    uint32_t count;
    uint32_t values[FLOW_LIST_MAX];
};

/* Bytes of any kind, not zero-terminated; decoders write UTF-8 only. */
struct flow_text {
    uint32_t size;
    char bytes[FLOW_TEXT_BYTES];
};

struct address_list {
    uint32_t count;
    struct address values[FLOW_LIST_MAX];
};

/* FLOW_SRC_ADDR and so on, in the order of flow_fields.def. */
enum flow_field {
#define FLOW_NUMBER(id, ...)       FLOW_##id,
#define FLOW_ADDRESS(id, ...)      FLOW_##id,
#define FLOW_NUMBER_LIST(id, ...)  FLOW_##id,
#define FLOW_ADDRESS_LIST(id, ...) FLOW_##id,
#define FLOW_TEXT(id, ...)         FLOW_##id,
#define FLOW_TEXT_MAP(id, ...)     FLOW_##id,
#include "common/flow_fields.def"
    FLOW_FIELD_COUNT
};

enum {
    FLOW_WORDS = 3 /* few flows have a field of the third */
};
_Static_assert(FLOW_FIELD_COUNT <= FLOW_WORDS * 64, "the presence bitmap is too small");

/* Values of the field Type: the protocol of an export (FlowMessage.FlowType). */
enum flow_type {
    FLOW_TYPE_UNKNOWN = 0,
    FLOW_TYPE_SFLOW5 = 1,
    FLOW_TYPE_NETFLOW5 = 2,
    FLOW_TYPE_NETFLOW9 = 3,
    FLOW_TYPE_IPFIX = 4,
    FLOW_TYPE_NETFLOW1 = 5,
    FLOW_TYPE_NETFLOW7 = 6,
    FLOW_TYPE_COUNT
};

/* Its name in labels and documents: "NetFlow9"; static, never NULL. */
const char *flow_type_text(enum flow_type type);

/* Values of the field SamplingSource. */
enum flow_sampling_source {
    FLOW_SAMPLING_UNKNOWN = 0,
    FLOW_SAMPLING_RECORD = 1,
    FLOW_SAMPLING_SAMPLER = 2,
    FLOW_SAMPLING_OPTIONS = 3,
    FLOW_SAMPLING_HEADER = 4,
    FLOW_SAMPLING_DEFAULT = 5,
    FLOW_SAMPLING_OVERRIDE = 6
};

struct flow {
    uint64_t present[FLOW_WORDS];
    uint64_t fixed[FLOW_WORDS]; /* subset of present: see flow_fix() */
    uint64_t series;            /* changes whenever the fixed fields may have changed */
#define FLOW_NUMBER(id, member, ...)       uint64_t member;
#define FLOW_ADDRESS(id, member, ...)      struct address member;
#define FLOW_NUMBER_LIST(id, member, ...)  struct number_list member;
#define FLOW_ADDRESS_LIST(id, member, ...) struct address_list member;
#define FLOW_TEXT(id, member, ...)         struct flow_text member;
#define FLOW_TEXT_MAP(id, member, ...)     struct text_map member;
#include "common/flow_fields.def"
};

enum flow_kind {
    FLOW_KIND_NUMBER,
    FLOW_KIND_ADDRESS,
    FLOW_KIND_NUMBER_LIST,
    FLOW_KIND_ADDRESS_LIST,
    FLOW_KIND_TEXT_MAP,
    FLOW_KIND_TEXT
};

enum flow_unit {
    FLOW_UNIT_NONE,
    FLOW_UNIT_SECONDS,
    FLOW_UNIT_NANOSECONDS,
    FLOW_UNIT_OCTETS,
    FLOW_UNIT_PACKETS,
    FLOW_UNIT_MAC
};

/* What flow_fields.def says of a field. */
struct flow_field_info {
    const char *name;   /* in FlowMessage, JSON and table */
    const char *column; /* ClickHouse type, "" for none */
    const char *documentation;
    uint32_t number; /* protobuf field number */
    enum flow_kind kind;
    enum flow_unit unit;
    uint32_t size_bytes; /* of the C type; 16 for addresses, 1 for texts and maps */
    uint32_t offset;     /* of the member in struct flow */
};

extern const struct flow_field_info FLOW_FIELDS[FLOW_FIELD_COUNT];

/* The field of that name (FlowMessage spelling). ERR_NOT_FOUND. */
MUST_CHECK enum err flow_field_find(enum flow_field *field_p, const char *name);

static inline bool flow_has(const struct flow *flow, enum flow_field field)
{
    return (flow->present[field / 64] >> (field % 64) & 1) != 0;
}

static inline void flow_mark(struct flow *flow, enum flow_field field, bool is_present)
{
    uint64_t bit = UINT64_C(1) << (field % 64);
    uint64_t others = flow->present[field / 64] & ~bit;
    flow->present[field / 64] = others | (is_present ? bit : 0);
}

/* Starts a datagram or set: no field present, none fixed. */
static inline void flow_begin(struct flow *flow)
{
    memset(flow->present, 0, sizeof flow->present);
    memset(flow->fixed, 0, sizeof flow->fixed);
    flow->series++;
}

/* All fields present now stay for the records that follow. */
static inline void flow_fix(struct flow *flow)
{
    memcpy(flow->fixed, flow->present, sizeof flow->fixed);
    flow->series++;
}

/* Starts the next record: only the fixed fields are present. */
static inline void flow_reset(struct flow *flow)
{
    memcpy(flow->present, flow->fixed, sizeof flow->present);
}

/* flow_set_src_port(flow, 443), flow_set_src_addr(flow, &address). */
#define FLOW_NUMBER(id, member, ...)                                                               \
    static inline void flow_set_##member(struct flow *flow, uint64_t value)                        \
    {                                                                                              \
        flow->member = value;                                                                      \
        flow_mark(flow, FLOW_##id, value != 0);                                                    \
    }
#define FLOW_ADDRESS(id, member, ...)                                                              \
    static inline void flow_set_##member(struct flow *flow, const struct address *value)           \
    {                                                                                              \
        flow->member = *value;                                                                     \
        flow_mark(flow, FLOW_##id, true);                                                          \
    }
/* Appends; silently full at FLOW_LIST_MAX. The first append of a record starts the list. */
#define FLOW_NUMBER_LIST(id, member, ...)                                                          \
    static inline void flow_append_##member(struct flow *flow, uint32_t value)                     \
    {                                                                                              \
        uint32_t count = flow_has(flow, FLOW_##id) ? flow->member.count : 0;                       \
        if (count < FLOW_LIST_MAX) {                                                               \
            flow->member.values[count] = value;                                                    \
            flow->member.count = count + 1;                                                        \
            flow_mark(flow, FLOW_##id, true);                                                      \
        }                                                                                          \
    }
#define FLOW_ADDRESS_LIST(id, member, ...)                                                         \
    static inline void flow_append_##member(struct flow *flow, const struct address *value)        \
    {                                                                                              \
        uint32_t count = flow_has(flow, FLOW_##id) ? flow->member.count : 0;                       \
        if (count < FLOW_LIST_MAX) {                                                               \
            flow->member.values[count] = *value;                                                   \
            flow->member.count = count + 1;                                                        \
            flow_mark(flow, FLOW_##id, true);                                                      \
        }                                                                                          \
    }
/* Replaces the text; what is longer than FLOW_TEXT_BYTES is cut. */
#define FLOW_TEXT(id, member, ...)                                                                 \
    static inline void flow_set_##member(struct flow *flow, const char *text, size_t size)         \
    {                                                                                              \
        flow->member.size = (uint32_t)(size < FLOW_TEXT_BYTES ? size : FLOW_TEXT_BYTES);           \
        memcpy(flow->member.bytes, text, flow->member.size);                                       \
        flow_mark(flow, FLOW_##id, size > 0);                                                      \
    }
/* Appends; false: the map is full. The first append of a record starts the map. */
#define FLOW_TEXT_MAP(id, member, ...)                                                             \
    static inline bool flow_append_##member(struct flow *flow, const struct text_entry *entry)     \
    {                                                                                              \
        if (!flow_has(flow, FLOW_##id)) {                                                          \
            flow->member.count = 0;                                                                \
            flow->member.size = 0;                                                                 \
        }                                                                                          \
        bool fits = text_map_append(&flow->member, entry);                                         \
        flow_mark(flow, FLOW_##id, flow->member.count > 0);                                        \
        return fits;                                                                               \
    }
#include "common/flow_fields.def"

/* By field, for programs compiled from templates. */
static inline void flow_set_number(struct flow *flow, enum flow_field field, uint64_t value)
{
    memcpy((uint8_t *)flow + FLOW_FIELDS[field].offset, &value, sizeof value);
    flow_mark(flow, field, value != 0);
}

static inline uint64_t flow_number(const struct flow *flow, enum flow_field field)
{
    uint64_t value = 0;
    if (flow_has(flow, field)) {
        memcpy(&value, (const uint8_t *)flow + FLOW_FIELDS[field].offset, sizeof value);
    }
    return value;
}

static inline void flow_set_text(
    struct flow *flow, enum flow_field field, const char *text, size_t size)
{
    struct flow_text *member = (struct flow_text *)((uint8_t *)flow + FLOW_FIELDS[field].offset);
    member->size = (uint32_t)(size < FLOW_TEXT_BYTES ? size : FLOW_TEXT_BYTES);
    memcpy(member->bytes, text, member->size);
    flow_mark(flow, field, size > 0);
}

static inline void flow_append_number(struct flow *flow, enum flow_field field, uint32_t value)
{
    struct number_list *list = (struct number_list *)((uint8_t *)flow + FLOW_FIELDS[field].offset);
    uint32_t count = flow_has(flow, field) ? list->count : 0;
    if (count < FLOW_LIST_MAX) {
        list->values[count] = value;
        list->count = count + 1;
        flow_mark(flow, field, true);
    }
}

static inline void flow_append_address(
    struct flow *flow, enum flow_field field, const struct address *value)
{
    struct address_list *list =
        (struct address_list *)((uint8_t *)flow + FLOW_FIELDS[field].offset);
    uint32_t count = flow_has(flow, field) ? list->count : 0;
    if (count < FLOW_LIST_MAX) {
        list->values[count] = *value;
        list->count = count + 1;
        flow_mark(flow, field, true);
    }
}

/* Who takes flows: called once for each flow; the record is lent for the call only. */
struct flow_sink {
    void (*take)(void *context, const struct flow *flow);
    void *context;
};
