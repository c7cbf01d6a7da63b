/* SPDX-License-Identifier: BSD-3-Clause -- columns from the texts of one key. */
#include "store/columns/native_entry.h"

#include "common/flow_wire.h"

#include <stdlib.h>

enum {
    VALUE_SIZE = 64 /* no number or address is longer as text */
};

bool native_can_write_entry(const struct native_type *type)
{
    switch (type->kind) {
    case NATIVE_NUMBER:
    case NATIVE_FLOAT64:
    case NATIVE_STRING:
    case NATIVE_BYTES16:
    case NATIVE_IPV4:
        return !type->is_array && !type->is_nullable;
    default:
        return false;
    }
}

/* The entry of that key between the two, or an empty one. */
static struct text_entry find_entry(
    const uint8_t *bytes, const uint8_t *end, const char *key, size_t key_size)
{
    while (bytes < end) {
        struct text_entry entry;
        bytes = text_entry_read(&entry, bytes);
        if (entry.key_size == key_size && memcmp(entry.key, key, key_size) == 0) {
            return entry;
        }
    }
    return (struct text_entry){.key = key, .value = ""};
}

static void put_text(const struct text_entry *entry, struct buffer *out)
{
    uint8_t *room = buffer_reserve(out, WIRE_VARINT_MAX + (size_t)entry->value_size);
    if (room == NULL) {
        return;
    }
    uint8_t *text = wire_put_varint(room, entry->value_size, false);
    memcpy(text, entry->value, entry->value_size);
    out->size += (size_t)(text + entry->value_size - room);
}

/* The digits' value, or UINT64_MAX for more; 0: something else than digits. */
static uint64_t read_digits(const char *text)
{
    uint64_t value = 0;
    for (const char *p = text; *p != '\0'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (*p < '0' || *p > '9') {
            return 0;
        }
        bool fits = value <= (UINT64_MAX - digit) / 10;
        value = fits ? value * 10 + digit : UINT64_MAX;
    }
    return value;
}

/* A signed type's lowest value is one below its highest's opposite; others have none below 0. */
static uint64_t read_number(const char *text, const struct native_type *type)
{
    bool is_signed = type->max == UINT64_MAX >> (65 - 8 * type->size_bytes);
    bool is_negative = text[0] == '-';
    uint64_t amount = read_digits(is_negative ? text + 1 : text);
    if (!is_negative) {
        return amount < type->max ? amount : type->max;
    }
    uint64_t most = is_signed ? type->max + 1 : 0;
    return 0 - (amount < most ? amount : most);
}

static double read_float(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    bool is_decimal = strpbrk(text, "xX") == NULL;
    return *end == '\0' && is_decimal ? value : 0;
}

/* No address, and for IPv4 one of the other family, is all zeroes. */
static struct address read_address(const char *text)
{
    struct address address;
    return address_parse(&address, text) == ERR_OK ? address : (struct address){{0}};
}

/* As many bytes as the type has, little-endian. */
static void put_fixed(
    const struct text_entry *entry, const struct native_type *type, struct buffer *out)
{
    char text[VALUE_SIZE];
    size_t size = entry->value_size < sizeof text ? entry->value_size : 0;
    memcpy(text, entry->value, size);
    text[size] = '\0';
    struct address address = {{0}};
    uint64_t number = 0;
    double value = 0;
    switch (type->kind) {
    case NATIVE_FLOAT64:
        value = read_float(text);
        buffer_append(out, &value, sizeof value);
        break;
    case NATIVE_BYTES16:
        address = read_address(text);
        buffer_append(out, &address, sizeof address);
        break;
    case NATIVE_IPV4:
        address = read_address(text);
        number = address_is_ipv4(&address) ? load_be32(address.bytes + 12) : 0;
        buffer_append(out, &number, type->size_bytes);
        break;
    default:
        number = read_number(text, type);
        buffer_append(out, &number, type->size_bytes);
    }
}

void native_write_entry(const struct native_type *type, const struct columns *columns,
    const char *key, struct buffer *out)
{
    const uint8_t *bytes = columns_values(columns, FLOW_EXTRA);
    const uint64_t *ends = columns_list_ends(columns, FLOW_EXTRA);
    size_t key_size = strlen(key);
    uint64_t start = 0;
    for (uint32_t row = 0; row < columns_rows(columns); row++) {
        struct text_entry entry = find_entry(bytes + start, bytes + ends[row], key, key_size);
        if (type->kind == NATIVE_STRING) {
            put_text(&entry, out);
        } else {
            put_fixed(&entry, type, out);
        }
        start = ends[row];
    }
}
