/* SPDX-License-Identifier: BSD-3-Clause -- names of ClickHouse types. */
#include "store/columns/native_type.h"

#include <stdlib.h>
#include <string.h>

struct plain_type {
    const char *name;
    enum native_kind kind;
    uint8_t size_bytes;
    uint64_t max;
};

/* Integers wider than 64 bits came long after servers began to convert: UInt64 is sent. */
static const struct plain_type PLAIN_TYPES[] = {
    {"UInt8", NATIVE_NUMBER, 1, UINT8_MAX},
    {"UInt16", NATIVE_NUMBER, 2, UINT16_MAX},
    {"UInt32", NATIVE_NUMBER, 4, UINT32_MAX},
    {"UInt64", NATIVE_NUMBER, 8, UINT64_MAX},
    {"Int8", NATIVE_NUMBER, 1, INT8_MAX},
    {"Int16", NATIVE_NUMBER, 2, INT16_MAX},
    {"Int32", NATIVE_NUMBER, 4, INT32_MAX},
    {"Int64", NATIVE_NUMBER, 8, INT64_MAX},
    {"Bool", NATIVE_NUMBER, 1, 1},
    {"String", NATIVE_STRING, 0, 0},
    {"FixedString(16)", NATIVE_BYTES16, 16, 0},
    {"IPv6", NATIVE_BYTES16, 16, 0},
    {"IPv4", NATIVE_IPV4, 4, UINT32_MAX},
    {"Date", NATIVE_DATE, 2, UINT16_MAX},
    {"Date32", NATIVE_DATE, 4, INT32_MAX},
    {"DateTime", NATIVE_DATETIME, 4, UINT32_MAX},
    {"Float64", NATIVE_FLOAT64, 8, 0},
    {"Map(String, String)", NATIVE_MAP, 8, 0},
};

static const char *const WIDE_INTEGERS[] = {"UInt128", "UInt256", "Int128", "Int256"};

/* True for NAME(...); the text between the parentheses then replaces `text`. */
static bool unwrap(char *text, const char *name)
{
    size_t name_length = strlen(name);
    size_t length = strlen(text);
    if (strncmp(text, name, name_length) != 0 || text[name_length] != '(' ||
        text[length - 1] != ')') {
        return false;
    }
    length -= name_length + 2;
    memmove(text, text + name_length + 1, length);
    text[length] = '\0';
    return true;
}

/* Past a quoted name, in which a backslash takes the next character literally. */
static const char *skip_quoted(const char *text)
{
    for (text++; *text != '\0' && *text != '\''; text++) {
        if (*text == '\\' && text[1] != '\0') {
            text++;
        }
    }
    return *text != '\0' ? text + 1 : text;
}

/* 'name' = value, 'name' = value ...: only values that fit the bit set matter. */
static enum err parse_enum(struct native_type *type, const char *values)
{
    bool is_first = true;
    while ((values = strchr(values, '\'')) != NULL) {
        values = skip_quoted(values);
        values += strspn(values, " =");
        char *end;
        long value = strtol(values, &end, 10);
        if (end == values) {
            return ERR_UNSUPPORTED;
        }
        values = end;
        if (value < 0 || value >= NATIVE_ENUM_VALUES) {
            continue;
        }
        type->allowed[value / 64] |= UINT64_C(1) << (value % 64);
        if (is_first || value < type->otherwise) {
            type->otherwise = (uint8_t)value;
        }
        is_first = false;
    }
    return is_first ? ERR_UNSUPPORTED : ERR_OK;
}

static enum err parse_datetime64(struct native_type *type, const char *arguments)
{
    char *end;
    unsigned long precision = strtoul(arguments, &end, 10);
    if (end == arguments || precision > 9) {
        return ERR_UNSUPPORTED;
    }
    type->kind = NATIVE_DATETIME64;
    type->size_bytes = 8;
    type->precision = (uint8_t)precision;
    type->max = INT64_MAX;
    return ERR_OK;
}

static enum err parse_plain(struct native_type *type, const char *name)
{
    for (size_t i = 0; i < sizeof PLAIN_TYPES / sizeof PLAIN_TYPES[0]; i++) {
        if (strcmp(PLAIN_TYPES[i].name, name) == 0) {
            type->kind = PLAIN_TYPES[i].kind;
            type->size_bytes = PLAIN_TYPES[i].size_bytes;
            type->max = PLAIN_TYPES[i].max;
            return ERR_OK;
        }
    }
    return ERR_UNSUPPORTED;
}

/* The type inside Array and Nullable; `name` is used up. */
static enum err parse_inner(struct native_type *type, char *name)
{
    if (unwrap(name, "DateTime64")) {
        return parse_datetime64(type, name);
    }
    if (unwrap(name, "DateTime")) {
        return parse_plain(type, "DateTime");
    }
    bool is_enum8 = unwrap(name, "Enum8");
    if (is_enum8 || unwrap(name, "Enum16")) {
        type->kind = NATIVE_ENUM;
        type->size_bytes = is_enum8 ? 1 : 2;
        return parse_enum(type, name);
    }
    return parse_plain(type, name);
}

/* Takes one LowCardinality(...) out of the name to send. */
static void strip_low_cardinality(char *name)
{
    static const char WORD[] = "LowCardinality(";
    char *start = strstr(name, WORD);
    if (start == NULL) {
        return;
    }
    char *last = start + sizeof WORD - 1;
    for (unsigned depth = 1; *last != '\0'; last++) {
        depth += *last == '(' ? 1 : 0;
        depth -= *last == ')' ? 1 : 0;
        if (depth == 0) {
            break;
        }
    }
    if (*last == '\0') {
        return;
    }
    size_t inner = strlen(start + sizeof WORD - 1);
    memmove(last, last + 1, strlen(last));
    memmove(start, start + sizeof WORD - 1, inner);
}

static void use_widest_integer(char *name)
{
    for (size_t i = 0; i < sizeof WIDE_INTEGERS / sizeof WIDE_INTEGERS[0]; i++) {
        if (strcmp(name, WIDE_INTEGERS[i]) == 0) {
            strcpy(name, "UInt64");
        }
    }
}

/*
 * Enumerations go as their numbers, which the server takes for them: servers without input() split
 * the types that a form names at every comma (sink_form.h).
 */
static void use_numbers(struct native_type *type)
{
    static const char *const CLOSING[] = {"", ")", "))"};
    char *start = strstr(type->sent_name, "Enum");
    strcpy(start, type->size_bytes == 1 ? "Int8" : "Int16");
    strcat(start, CLOSING[type->is_array + type->is_nullable]);
}

enum err native_type_parse(struct native_type *type_p, const char *name)
{
    *type_p = (struct native_type){0};
    char rest[NATIVE_TYPE_NAME_MAX];
    size_t size = strlen(name) + 1;
    if (size > sizeof rest) {
        return ERR_UNSUPPORTED;
    }
    memcpy(type_p->sent_name, name, size);
    strip_low_cardinality(type_p->sent_name);
    use_widest_integer(type_p->sent_name);
    strcpy(rest, type_p->sent_name);
    type_p->is_array = unwrap(rest, "Array");
    type_p->is_nullable = unwrap(rest, "Nullable");
    enum err err = parse_inner(type_p, rest);
    if (err == ERR_OK && type_p->kind == NATIVE_ENUM) {
        use_numbers(type_p);
    }
    return err;
}
