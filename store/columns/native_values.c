/* SPDX-License-Identifier: BSD-3-Clause -- bulk conversions of numbers, times and addresses. */
#include "store/columns/native_values.h"

#include "common/clock.h"
#include "common/cursor.h"
#include "common/flow_wire.h"
#include "store/columns/native_text.h"

static bool is_time(enum flow_unit unit)
{
    return unit == FLOW_UNIT_SECONDS || unit == FLOW_UNIT_NANOSECONDS;
}

bool native_can_write(enum flow_kind kind, enum flow_unit unit, const struct native_type *type)
{
    if (kind == FLOW_KIND_TEXT_MAP) {
        return type->kind == NATIVE_MAP || (type->kind == NATIVE_STRING && !type->is_nullable);
    }
    if (kind == FLOW_KIND_TEXT) {
        return type->kind == NATIVE_STRING;
    }
    bool is_address = kind == FLOW_KIND_ADDRESS || kind == FLOW_KIND_ADDRESS_LIST;
    switch (type->kind) {
    case NATIVE_NUMBER:
        return !is_address || (type->size_bytes == 4 && type->max == UINT32_MAX);
    case NATIVE_STRING:
        return true;
    case NATIVE_ENUM:
        return !is_address;
    case NATIVE_BYTES16:
    case NATIVE_IPV4:
        return is_address;
    case NATIVE_FLOAT64:
    case NATIVE_MAP:
        return false;
    default:
        return is_time(unit);
    }
}

static void write_numbers(
    const struct native_type *type, const struct native_source *source, void *out)
{
    native_convert(source, type->max, out, type->size_bytes);
}

/* What to send for each number up to 255; only numbers below NATIVE_ENUM_VALUES can be named. */
static void map_enum(const struct native_type *type, uint8_t sent[256])
{
    for (unsigned value = 0; value < 256; value++) {
        bool is_named =
            value < NATIVE_ENUM_VALUES && (type->allowed[value / 64] >> (value % 64) & 1) != 0;
        sent[value] = is_named ? (uint8_t)value : type->otherwise;
    }
}

/* A server refuses blocks, or can't read them back, with values that the type doesn't name. */
static void write_enum(
    const struct native_type *type, const struct native_source *source, uint8_t *out)
{
    uint8_t sent[256];
    map_enum(type, sent);
    size_t width = type->size_bytes;
    native_convert(source, UINT8_MAX, out, type->size_bytes);
    for (size_t i = 0; i < source->count; i++) {
        out[i * width] = sent[out[i * width]]; /* the low byte; the high one is 0 */
    }
}

/* What is no IPv4 address becomes 0.0.0.0. */
static void write_ipv4(const struct native_source *source, void *out)
{
    const uint8_t *from = source->values;
    uint8_t *to = out;
    for (size_t i = 0; i < source->count; i++) {
        uint64_t head = wire_load64(from + i * 16);
        uint64_t tail = wire_load64(from + i * 16 + 8);
        bool is_ipv4 = head == 0 && (uint32_t)tail == 0xffff0000;
        uint32_t address = is_ipv4 ? __builtin_bswap32((uint32_t)(tail >> 32)) : 0;
        memcpy(to + i * sizeof address, &address, sizeof address);
    }
}

/* Times are 64 bits wide in the record: seconds, or nanoseconds. */
static void write_scaled(
    const struct native_type *type, const struct native_source *source, uint64_t unit, void *out)
{
    const uint64_t *from = source->values;
    uint8_t *to = out;
    uint64_t divisor = source->unit == FLOW_UNIT_NANOSECONDS ? unit * NS_PER_S : unit;
    for (size_t i = 0; i < source->count; i++) {
        uint64_t value = from[i] / divisor;
        uint64_t sent = value < type->max ? value : type->max;
        memcpy(to + i * type->size_bytes, &sent, type->size_bytes);
    }
}

/* `ticks` a second is a constant wherever this is inlined: a division by it is a multiplication. */
static inline __attribute__((always_inline)) void write_ticks_of(
    uint64_t ticks, const struct native_source *source, void *out)
{
    const uint64_t *seconds = source->values;
    const uint64_t *nanoseconds = source->nanoseconds;
    uint8_t *to = out;
    uint64_t most_seconds = INT64_MAX / ticks;
    for (size_t i = 0; i < source->count; i++) {
        uint64_t exact = nanoseconds != NULL ? nanoseconds[i] : 0;
        uint64_t whole = seconds[i] < most_seconds ? seconds[i] : most_seconds;
        uint64_t value = exact != 0 ? exact / (NS_PER_S / ticks) : whole * ticks;
        memcpy(to + i * sizeof value, &value, sizeof value);
    }
}

static void write_ticks(
    const struct native_type *type, const struct native_source *source, void *out)
{
    static const uint64_t TICKS[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    switch (type->precision) {
    case 3:
        write_ticks_of(1000, source, out);
        break;
    case 6:
        write_ticks_of(1000000, source, out);
        break;
    case 9:
        write_ticks_of(1000000000, source, out);
        break;
    default:
        write_ticks_of(TICKS[type->precision], source, out);
        break;
    }
}

static void write_datetime64(
    const struct native_type *type, const struct native_source *source, void *out)
{
    struct native_source from = *source;
    if (source->unit == FLOW_UNIT_NANOSECONDS) {
        from.nanoseconds = source->values;
    }
    write_ticks(type, &from, out);
}

static void write_fixed(
    const struct native_type *type, const struct native_source *source, void *out)
{
    switch (type->kind) {
    case NATIVE_ENUM:
        write_enum(type, source, out);
        break;
    case NATIVE_BYTES16:
        memcpy(out, source->values, source->count * 16);
        break;
    case NATIVE_DATE:
        write_scaled(type, source, S_PER_DAY, out);
        break;
    case NATIVE_DATETIME:
        if (source->unit == FLOW_UNIT_SECONDS) {
            write_numbers(type, source, out);
        } else {
            write_scaled(type, source, 1, out);
        }
        break;
    case NATIVE_DATETIME64:
        write_datetime64(type, source, out);
        break;
    default:
        if (source->kind == FLOW_KIND_ADDRESS) {
            write_ipv4(source, out);
        } else {
            write_numbers(type, source, out);
        }
        break;
    }
}

void native_write_values(
    const struct native_type *type, const struct native_source *source, struct buffer *out)
{
    if (type->kind == NATIVE_STRING) {
        native_write_text(source, out);
        return;
    }
    size_t size = source->count * type->size_bytes;
    void *room = buffer_reserve(out, size);
    if (room != NULL) {
        write_fixed(type, source, room);
        out->size += size;
    }
}
