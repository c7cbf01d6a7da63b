/*
 * native_type.h -- a ClickHouse type name, understood as far as flows need it.
 *
 * Internal to store/columns. Old servers take the bytes of a Native block for those of the table's
 * own type whatever the block says (18.16 does, silently), so values are always sent as exactly
 * that type. There is one exception: LowCardinality(T) is sent as T, which every server that has
 * the type beyond experiments converts.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum native_kind {
    NATIVE_NUMBER,     /* integers and Bool */
    NATIVE_ENUM,       /* Enum8, Enum16 */
    NATIVE_STRING,     /* text */
    NATIVE_BYTES16,    /* FixedString(16), IPv6: an address as it is */
    NATIVE_IPV4,       /* UInt32 in host order */
    NATIVE_DATE,       /* days since 1970 */
    NATIVE_DATETIME,   /* seconds since 1970 */
    NATIVE_DATETIME64, /* ticks since 1970 */
    NATIVE_FLOAT64,    /* of mapped elements alone */
    NATIVE_MAP,        /* Map(String, String) */
};

enum {
    NATIVE_TYPE_NAME_MAX = 1024, /* Enum types spell out all their values */
    NATIVE_ENUM_VALUES = 128     /* values of enumerations that can be sent: 0 to 127 */
};

struct native_type {
    enum native_kind kind;
    uint8_t size_bytes; /* of a value; 0 for text; 8, of the offset, for maps */
    uint8_t precision;  /* NATIVE_DATETIME64: decimal digits of a second */
    bool is_nullable;   /* the values, not the array around them */
    bool is_array;
    uint64_t max;        /* highest value */
    uint64_t allowed[2]; /* NATIVE_ENUM: bit set of its values */
    uint8_t otherwise;   /* NATIVE_ENUM: stands for every value that is not among them */
    char sent_name[NATIVE_TYPE_NAME_MAX];
};

/* ERR_UNSUPPORTED: no type that flows could be written as. */
MUST_CHECK enum err native_type_parse(struct native_type *type_p, const char *name);
