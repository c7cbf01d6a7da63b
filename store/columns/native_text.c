/* SPDX-License-Identifier: BSD-3-Clause -- columns of text. */
#include "store/columns/native_text.h"

#include "common/flow_wire.h"

#include <stdio.h>

enum {
    TEXT_MAX = ADDRESS_TEXT_SIZE, /* of any value, with its length byte */
    TEXT_SLACK = 16,              /* short texts are copied as a whole vector */
    OCTET_TEXT = 4                /* "255." */
};

/* Text of every octet with a dot behind it, and its length; IPv4 text is four of these. */
struct octet_text {
    char text[OCTET_TEXT + 1];
    uint8_t length;
};

static char *put_octet(char *out, const struct octet_text *octet)
{
    memcpy(out, octet->text, OCTET_TEXT);
    return out + octet->length;
}

static void fill_octets(struct octet_text octets[256])
{
    for (unsigned i = 0; i < 256; i++) {
        struct octet_text *octet = &octets[i];
        octet->length = (uint8_t)snprintf(octet->text, sizeof octet->text, "%u.", i);
    }
}

/*
 * Writes length and text; returns the end. No address is "::", not empty: ClickHouse's functions of
 * addresses throw at that.
 */
static char *put_address(
    char *out, const struct address *address, const struct octet_text octets[256])
{
    char *end = out + 1;
    if (address_is_ipv4(address)) {
        for (size_t i = 12; i < 16; i++) {
            end = put_octet(end, &octets[address->bytes[i]]);
        }
        end--; /* the last dot */
    } else {
        end += address_format(address, end);
    }
    *out = (char)(end - out - 1);
    return end;
}

/* Exporters and next hops repeat from row to row: then the text before is copied. */
static char *put_addresses(char *out, const struct native_source *source)
{
    struct octet_text octets[256];
    fill_octets(octets);
    const struct address *values = source->values;
    char *end = out;
    for (size_t i = 0; i < source->count; i++) {
        size_t size = (size_t)(end - out);
        if (i > 0 && size <= TEXT_SLACK && address_equal(&values[i], &values[i - 1])) {
            memmove(end, out, TEXT_SLACK); /* they overlap where the text is shorter */
            out = end;
            end += size;
            continue;
        }
        out = end;
        end = put_address(out, &values[i], octets);
    }
    return end;
}

static char *put_mac(char *out, uint64_t mac)
{
    static const char HEX[] = "0123456789abcdef";
    if (mac == 0) {
        *out = 0;
        return out + 1;
    }
    *out++ = 17;
    for (int shift = 40; shift >= 0; shift -= 8) {
        *out++ = HEX[mac >> (shift + 4) & 15];
        *out++ = HEX[mac >> shift & 15];
        *out++ = ':';
    }
    return out - 1;
}

static char *put_decimal(char *out, uint64_t value)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[sizeof digits - ++count] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    *out = (char)count;
    memcpy(out + 1, digits + sizeof digits - count, count);
    return out + 1 + count;
}

static char *put_numbers(char *out, const struct native_source *source)
{
    const uint8_t *from = source->values;
    for (size_t i = 0; i < source->count; i++) {
        uint64_t value = 0;
        memcpy(&value, from + i * source->size_bytes, source->size_bytes);
        out = source->unit == FLOW_UNIT_MAC ? put_mac(out, value) : put_decimal(out, value);
    }
    return out;
}

void native_write_text(const struct native_source *source, struct buffer *out)
{
    char *room = buffer_reserve(out, source->count * TEXT_MAX + TEXT_SLACK);
    if (room == NULL) {
        return;
    }
    char *end =
        source->kind == FLOW_KIND_ADDRESS ? put_addresses(room, source) : put_numbers(room, source);
    out->size += (size_t)(end - room);
}

void native_write_texts(
    const uint8_t *bytes, const uint64_t *ends, uint32_t rows, struct buffer *out)
{
    uint64_t total = rows > 0 ? ends[rows - 1] : 0;
    uint8_t *room = buffer_reserve(out, total + (uint64_t)rows * WIRE_VARINT_MAX);
    if (room == NULL) {
        return;
    }
    uint8_t *end = room;
    uint64_t start = 0;
    for (uint32_t row = 0; row < rows; row++) {
        size_t size = (size_t)(ends[row] - start);
        end = wire_put_varint(end, size, false);
        memcpy(end, bytes + start, size);
        end += size;
        start = ends[row];
    }
    out->size += (size_t)(end - room);
}
