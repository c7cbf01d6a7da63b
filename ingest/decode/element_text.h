/*
 * element_text.h -- the value of an information element as text.
 *
 * By its abstract data type (RFC 7012 section 3.1), which is known of IANA's elements
 * (element_types.def). The forms: docs/mapping.md. Pure functions; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum element_type {
    ELEMENT_TYPE_UNKNOWN,
    ELEMENT_TYPE_OCTETS,
    ELEMENT_TYPE_UNSIGNED,
    ELEMENT_TYPE_SIGNED,
    ELEMENT_TYPE_FLOAT,
    ELEMENT_TYPE_ADDRESS, /* IPv4 or IPv6: the length tells */
    ELEMENT_TYPE_MAC,
    ELEMENT_TYPE_STRING,
    ELEMENT_TYPE_COMMUNITY,       /* BGP's, of 4 bytes: RFC 1997 */
    ELEMENT_TYPE_LARGE_COMMUNITY, /* of 12: RFC 8092 */
    ELEMENT_TYPE_TIME_S,
    ELEMENT_TYPE_TIME_MS,
    ELEMENT_TYPE_TIME_NTP_US,
    ELEMENT_TYPE_TIME_NTP_NS
};

enum element_type element_type_of(uint32_t pen, uint16_t id);

/* Room for the text of any value of that length. */
#define ELEMENT_TEXT_MAX(length) (2 * (size_t)(length) + 64)

/*
 * Writes the text, without a closing zero, to `out`, which has room for ELEMENT_TEXT_MAX(length)
 * bytes; returns its length. Nothing is the text of a value without bytes.
 */
size_t element_text_put(char *out, enum element_type type, const uint8_t *bytes, size_t length);
