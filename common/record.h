/*
 * record.h -- rows that are no flows: device counters, what exporters tell of themselves, losses.
 *
 * They are few, so one generic value does for all kinds; tables made from record_fields.def say
 * what each kind has. A batch on the link carries rows of one kind (docs/wire.md), each kind goes
 * to a table of its own (docs/table.md). Values only; texts are borrowed.
 */
#pragma once

#include "common/address.h"
#include "common/cursor.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* What a batch carries; the numbers are those of proto/link.proto. */
enum record_kind {
    RECORD_FLOWS, /* no rows of this kind are records: common/flow.h */
    RECORD_COUNTERS,
    RECORD_OPTIONS,
    RECORD_LOSSES,
    RECORD_KIND_COUNT
};

enum record_type {
    RECORD_TIME,    /* seconds since 1970 */
    RECORD_NUMBER,  /* absent is 0 */
    RECORD_COUNTER, /* absent is not 0: the device does not count it */
    RECORD_TEXT,
    RECORD_ADDRESS
};

struct record_field {
    const char *name;
    const char *documentation;
    enum record_type type;
    uint8_t tag; /* number in proto/record.proto */
};

struct record_schema {
    const char *name; /* "counters": ends the table's name; NULL for flows */
    const struct record_field *fields;
    size_t field_count;
};

extern const struct record_schema RECORD_SCHEMAS[RECORD_KIND_COUNT];

enum {
    RECORD_FIELDS_MAX = 64,
    RECORD_TEXT_MAX = 255,    /* bytes of a text; more is cut off */
    RECORD_PACKED_MAX = 2048, /* bytes of a record on the wire */
    RECORD_DEVICE_TAG = 16    /* tag of the first line of device_counters.def */
};

/* Indices into the fields of each kind, and into record.values. */
enum counters_field {
#define COUNTERS_FIELD(id, ...) COUNTERS_##id,
#include "common/record_fields.def"
    COUNTERS_DEVICE /* the first line of device_counters.def */
};
enum options_field {
#define OPTIONS_FIELD(id, ...) OPTIONS_##id,
#include "common/record_fields.def"
    OPTIONS_FIELD_COUNT
};
enum losses_field {
#define LOSSES_FIELD(id, ...) LOSSES_##id,
#include "common/record_fields.def"
    LOSSES_FIELD_COUNT
};

struct record_value {
    uint64_t number;
    const char *text; /* or the 16 bytes of an address */
    size_t size;
};

struct record {
    uint64_t present; /* bit n: values[n] is set */
    struct record_value values[RECORD_FIELDS_MAX];
};

/* Who takes records: called once for each; they are lent for the call. */
struct record_sink {
    void (*take)(void *context, enum record_kind kind, const struct record *record);
    void *context;
};

static inline bool record_has(const struct record *record, unsigned field)
{
    return (record->present >> field & 1) != 0;
}

static inline void record_set_number(struct record *record, unsigned field, uint64_t number)
{
    record->values[field].number = number;
    record->present |= UINT64_C(1) << field;
}

/* Cuts off what is longer than RECORD_TEXT_MAX. */
static inline void record_set_text(
    struct record *record, unsigned field, const char *text, size_t size)
{
    record->values[field].text = text;
    record->values[field].size = size < RECORD_TEXT_MAX ? size : RECORD_TEXT_MAX;
    record->present |= UINT64_C(1) << field;
}

static inline void record_set_address(
    struct record *record, unsigned field, const struct address *address)
{
    record_set_text(record, field, (const char *)address->bytes, sizeof address->bytes);
}

static inline struct address record_address(const struct record *record, unsigned field)
{
    struct address address = {.bytes = {0}};
    if (record_has(record, field)) {
        memcpy(address.bytes, record->values[field].text, sizeof address.bytes);
    }
    return address;
}

/* Appends the record as a member of a RecordBatch; `out` has room for RECORD_PACKED_MAX bytes.
 * Returns the size. */
size_t record_pack(enum record_kind kind, const struct record *record, uint8_t *out);

/*
 * Takes the next record of a RecordBatch of that kind; its texts are borrowed from the batch.
 * Fields nobody knows are passed over. ERR_END: none left; ERR_CORRUPT.
 */
MUST_CHECK enum err record_parse(
    struct cursor *batch, enum record_kind kind, struct record *record_p);
