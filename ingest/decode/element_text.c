/* SPDX-License-Identifier: BSD-3-Clause -- values of information elements as text. */
#include "ingest/decode/element_text.h"

#include "common/address.h"
#include "common/clock.h"
#include "common/cursor.h"
#include "common/utf8.h"
#include "ingest/decode/elements.h"
#include "ingest/decode/record_time.h"

#include <stdio.h>
#include <string.h>

enum {
    NUMBER_BYTES = 8,
    DAYS_BEFORE_1970 = 719468, /* since 0000-03-01 */
    DAYS_OF_400_YEARS = 146097,
    DAYS_OF_100_YEARS = 36524, /* but for the last of four */
    DAYS_OF_4_YEARS = 1461,
    DAYS_OF_A_YEAR = 365, /* but for the last of four */
    NUMBER_ROOM = 32
};

/* 9999-12-31 23:59:59: later times are none. */
#define LAST_SECOND UINT64_C(253402300799)

static const char HEX[] = "0123456789abcdef";

struct type_range {
    uint16_t first;
    uint16_t last;
    enum element_type type;
};

static const struct type_range RANGES[] = {
#define ELEMENT_TYPE(first_id, last_id, type_name)                                                 \
    {.first = (first_id), .last = (last_id), .type = ELEMENT_TYPE_##type_name},
#include "ingest/decode/element_types.def"
};

struct string_range {
    uint32_t pen;
    uint16_t first;
    uint16_t last;
};

static const struct string_range STRINGS[] = {
#define ELEMENT_STRINGS(enterprise, first_id, last_id)                                             \
    {.pen = (enterprise), .first = (first_id), .last = (last_id)},
#include "ingest/decode/element_strings.def"
};

static enum element_type type_of_enterprise(uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < sizeof STRINGS / sizeof STRINGS[0]; i++) {
        const struct string_range *range = &STRINGS[i];
        if (range->pen == pen && range->first <= id && id <= range->last) {
            return ELEMENT_TYPE_STRING;
        }
    }
    return ELEMENT_TYPE_UNKNOWN;
}

enum element_type element_type_of(uint32_t pen, uint16_t id)
{
    if (pen != 0 && pen != ELEMENT_REVERSE_PEN) {
        return type_of_enterprise(pen, id);
    }
    size_t low = 0;
    size_t high = sizeof RANGES / sizeof RANGES[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (RANGES[middle].last < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < sizeof RANGES / sizeof RANGES[0] && RANGES[low].first <= id;
    return is_found ? RANGES[low].type : ELEMENT_TYPE_UNKNOWN;
}

static size_t put_octets(char *out, const uint8_t *bytes, size_t length)
{
    char *p = out;
    *p++ = '0';
    *p++ = 'x';
    for (size_t i = 0; i < length; i++) {
        *p++ = HEX[bytes[i] >> 4];
        *p++ = HEX[bytes[i] & 15];
    }
    return (size_t)(p - out);
}

static size_t put_mac(char *out, const uint8_t *bytes)
{
    char *p = out;
    for (size_t i = 0; i < 6; i++) {
        *p++ = HEX[bytes[i] >> 4];
        *p++ = HEX[bytes[i] & 15];
        *p++ = ':';
    }
    return (size_t)(p - out) - 1;
}

static size_t put_address(char *out, const uint8_t *bytes, size_t length)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address address = length == 4 ? address_from_ipv4(bytes) : address_from_ipv6(bytes);
    size_t size = address_format(&address, text);
    memcpy(out, text, size);
    return size;
}

/* Names come padded with zeroes, and from anybody. */
static size_t put_string(char *out, const uint8_t *bytes, size_t length)
{
    char *p = out;
    const uint8_t *end = bytes + strnlen((const char *)bytes, length);
    while (bytes < end) {
        size_t size = utf8_length(bytes, (size_t)(end - bytes));
        if (size == 0 || *bytes < ' ' || *bytes == 0x7f) {
            *p++ = '?';
            bytes++;
            continue;
        }
        memcpy(p, bytes, size);
        p += size;
        bytes += size;
    }
    return (size_t)(p - out);
}

/* At least so many digits; returns the end. (printf() takes ten times as long.) */
static char *put_decimal(char *out, uint64_t value, size_t digits)
{
    char text[NUMBER_ROOM];
    size_t count = 0;
    while (value != 0 || count < digits) {
        text[sizeof text - ++count] = (char)('0' + value % 10);
        value /= 10;
    }
    memcpy(out, text + sizeof text - count, count);
    return out + count;
}

static size_t put_unsigned(char *out, uint64_t value)
{
    return (size_t)(put_decimal(out, value, 1) - out);
}

/* Numbers of so many bytes with colons between, as routers print communities. */
static size_t put_parts(char *out, const uint8_t *bytes, size_t length, size_t part)
{
    char *end = out;
    for (size_t at = 0; at < length; at += part) {
        if (at > 0) {
            *end++ = ':';
        }
        end = put_decimal(end, load_be(bytes + at, part), 1);
    }
    return (size_t)(end - out);
}

static size_t put_signed(char *out, uint64_t bits, size_t length)
{
    unsigned unused_bits = 64 - 8 * (unsigned)length;
    int64_t value = (int64_t)(bits << unused_bits) >> unused_bits;
    if (value >= 0) {
        return put_unsigned(out, (uint64_t)value);
    }
    *out = '-';
    return 1 + put_unsigned(out + 1, 0 - (uint64_t)value);
}

/* The fewest digits that tell the value from its neighbours of the same width. */
static size_t put_float(char *out, uint64_t bits, size_t length)
{
    if (length == sizeof(float)) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return (size_t)snprintf(out, NUMBER_ROOM, "%.9g", (double)value);
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return (size_t)snprintf(out, NUMBER_ROOM, "%.17g", value);
}

/* How often `part` goes into *days_p, three times at most; leaves the rest there. */
static uint64_t take_years(uint64_t *days_p, uint64_t part)
{
    uint64_t count = *days_p / part < 3 ? *days_p / part : 3;
    *days_p -= count * part;
    return count;
}

/*
 * A date of the Gregorian calendar. Years are counted from March here, so that a leap day is the
 * last of its year, century and four centuries, and five months have 153 days wherever they begin.
 * (gmtime_r() would take a lock.)
 */
static char *put_date(char *out, uint64_t days_since_1970)
{
    uint64_t days = days_since_1970 + DAYS_BEFORE_1970;
    uint64_t year = days / DAYS_OF_400_YEARS * 400;
    days %= DAYS_OF_400_YEARS;
    year += take_years(&days, DAYS_OF_100_YEARS) * 100;
    year += days / DAYS_OF_4_YEARS * 4;
    days %= DAYS_OF_4_YEARS;
    year += take_years(&days, DAYS_OF_A_YEAR);
    uint64_t month = (days * 5 + 2) / 153; /* 0: March */
    uint64_t day = days - (month * 153 + 2) / 5 + 1;
    bool is_next_year = month >= 10;
    out = put_decimal(out, year + is_next_year, 4);
    *out++ = '-';
    out = put_decimal(out, is_next_year ? month - 9 : month + 3, 2);
    *out++ = '-';
    return put_decimal(out, day, 2);
}

static size_t put_time(char *out, uint64_t seconds, uint64_t fraction, size_t digits)
{
    if (seconds > LAST_SECOND) {
        return put_unsigned(out, seconds);
    }
    uint64_t second = seconds % S_PER_DAY;
    char *end = put_date(out, seconds / S_PER_DAY);
    *end++ = ' ';
    end = put_decimal(end, second / 3600, 2);
    *end++ = ':';
    end = put_decimal(end, second / 60 % 60, 2);
    *end++ = ':';
    end = put_decimal(end, second % 60, 2);
    if (digits > 0) {
        *end++ = '.';
        end = put_decimal(end, fraction, digits);
    }
    return (size_t)(end - out);
}

static size_t put_number(char *out, enum element_type type, uint64_t bits, size_t length)
{
    uint64_t time_ns;
    switch (type) {
    case ELEMENT_TYPE_SIGNED:
        return put_signed(out, bits, length);
    case ELEMENT_TYPE_FLOAT:
        return put_float(out, bits, length);
    case ELEMENT_TYPE_TIME_S:
        return put_time(out, bits, 0, 0);
    case ELEMENT_TYPE_TIME_MS:
        return put_time(out, bits / 1000, bits % 1000, 3);
    case ELEMENT_TYPE_TIME_NTP_US: /* RFC 7011 section 6.1.9: the lowest eleven bits are noise */
        time_ns = time_from_ntp(bits & ~UINT64_C(0x7ff));
        return put_time(out, time_ns / NS_PER_S, time_ns % NS_PER_S / NS_PER_US, 6);
    case ELEMENT_TYPE_TIME_NTP_NS:
        time_ns = time_from_ntp(bits);
        return put_time(out, time_ns / NS_PER_S, time_ns % NS_PER_S, 9);
    default:
        return put_unsigned(out, bits);
    }
}

/* Whether values of the type can have that length; RFC 7011 section 6.2 lets numbers be shorter. */
static bool fits(enum element_type type, size_t length)
{
    switch (type) {
    case ELEMENT_TYPE_ADDRESS:
        return length == 4 || length == 16;
    case ELEMENT_TYPE_MAC:
        return length == 6;
    case ELEMENT_TYPE_COMMUNITY:
        return length == 4;
    case ELEMENT_TYPE_LARGE_COMMUNITY:
        return length == 12;
    case ELEMENT_TYPE_FLOAT:
        return length == sizeof(float) || length == sizeof(double);
    case ELEMENT_TYPE_TIME_NTP_US:
    case ELEMENT_TYPE_TIME_NTP_NS:
        return length == NUMBER_BYTES;
    case ELEMENT_TYPE_STRING:
        return true;
    case ELEMENT_TYPE_UNKNOWN:
    case ELEMENT_TYPE_OCTETS:
        return false;
    default:
        return length <= NUMBER_BYTES;
    }
}

size_t element_text_put(char *out, enum element_type type, const uint8_t *bytes, size_t length)
{
    if (length == 0) {
        return 0;
    }
    if (!fits(type, length)) {
        return put_octets(out, bytes, length);
    }
    switch (type) {
    case ELEMENT_TYPE_ADDRESS:
        return put_address(out, bytes, length);
    case ELEMENT_TYPE_MAC:
        return put_mac(out, bytes);
    case ELEMENT_TYPE_STRING:
        return put_string(out, bytes, length);
    case ELEMENT_TYPE_COMMUNITY:
        return put_parts(out, bytes, length, 2);
    case ELEMENT_TYPE_LARGE_COMMUNITY:
        return put_parts(out, bytes, length, 4);
    default:
        return put_number(out, type, load_be(bytes, length), length);
    }
}
