/*
 * flow_wire.h -- the protobuf encoding of each flow field, and fast varints.
 *
 * Shared by the codec and by the store's columns, both of which work from WIRE_FIELDS. Encoding:
 * https://protobuf.dev/programming-guides/encoding. Everything here is for little-endian machines,
 * as the rest of the data plane is.
 *
 * Varints are written and read eight bytes at a time. x86 has instructions that move the groups of
 * seven bits (pdep and pext, of BMI2); whoever passes is_bmi2 = true has asked wire_has_bmi2().
 */
#pragma once

#include "common/cursor.h"
#include "common/flow.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the flow codec stores tags and varints as little-endian words"
#endif

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5
};

enum {
    WIRE_VARINT_MAX = 10,   /* bytes of the longest varint */
    WIRE_NUMBER_MAX = 1023, /* highest field number of FlowMessage that the table can hold */
    WIRE_FLOWS_NUMBER = 1,  /* FlowBatch.flows */
    WIRE_FLOWS_TAG = WIRE_FLOWS_NUMBER << 3 | WIRE_BYTES,
    WIRE_KEY_NUMBER = 1, /* of a map's entry, which is a message */
    WIRE_VALUE_NUMBER = 2
};

/* Eight bytes, so that the packer finds a field with one addition. */
struct wire_field {
    uint16_t tag;      /* field number and wire type as they stand on the wire */
    uint16_t tag_mask; /* 0xff or 0xffff: compares a loaded word with `tag` */
    uint16_t offset;   /* of the member in struct flow */
    uint8_t tag_size;  /* 1 or 2 bytes */
    uint8_t kind;      /* enum flow_kind */
};

extern const struct wire_field WIRE_FIELDS[FLOW_FIELD_COUNT];

/* Highest legal value of a number: that of the field's C type, 1 for bool. */
extern const uint64_t WIRE_MAX[FLOW_FIELD_COUNT];

/* The field of a protobuf number; FLOW_FIELD_COUNT: none of ours. */
enum flow_field wire_field_find(uint64_t number);

/* Any varint of up to ten bytes, with every check. ERR_CORRUPT. */
MUST_CHECK enum err wire_take_varint(struct cursor *cursor, uint64_t *value_p);

/* The key before a value. ERR_CORRUPT, also for number 0, which protobuf forbids. */
MUST_CHECK enum err wire_take_key(
    struct cursor *cursor, uint64_t *number_p, enum wire_type *type_p);

/* A length and a child cursor over so many bytes. ERR_CORRUPT. */
MUST_CHECK enum err wire_take_bytes(struct cursor *cursor, struct cursor *bytes_p);

/* The next FlowMessage of a FlowBatch, in any legal form. ERR_CORRUPT; ERR_END: none is left. */
MUST_CHECK enum err wire_take_message(struct cursor *batch, struct cursor *message_p);

/* Passes over the value of a field nobody knows. Groups are ERR_CORRUPT, as in protobuf-c. */
MUST_CHECK enum err wire_skip(struct cursor *cursor, enum wire_type type);

/* 4 bytes are IPv4, 16 IPv6, none is ::. Any other length is ERR_CORRUPT. */
MUST_CHECK enum err wire_address(struct cursor bytes, struct address *address_p);

/* One entry of a map<string, string>, which lends its texts. ERR_CORRUPT. */
MUST_CHECK enum err wire_text_entry(struct cursor message, struct text_entry *entry_p);

static inline uint64_t wire_load64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline void wire_store64(uint8_t *p, uint64_t word)
{
    memcpy(p, &word, sizeof word);
}

/* Lies behind the end of any message. */
#define WIRE_NO_END ((const uint8_t *)UINTPTR_MAX)

#define WIRE_CONTINUATION UINT64_C(0x8080808080808080)

#define WIRE_GROUPS UINT64_C(0x7f7f7f7f7f7f7f7f)
#define WIRE_INLINE static inline __attribute__((always_inline))

#ifdef __x86_64__
WIRE_INLINE uint64_t wire_pdep(uint64_t value)
{
    uint64_t word;
    __asm__("pdep %2, %1, %0" : "=r"(word) : "r"(value), "r"(WIRE_GROUPS));
    return word;
}

WIRE_INLINE uint64_t wire_pext(uint64_t word)
{
    uint64_t value;
    __asm__("pext %2, %1, %0" : "=r"(value) : "r"(word), "r"(WIRE_GROUPS));
    return value;
}

#define WIRE_BMI2 __attribute__((target("bmi,bmi2,lzcnt")))

/* AMD before Zen 3 has the instructions in microcode, slower than what they replace. */
static inline bool wire_has_bmi2(void)
{
    return __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") &&
           !__builtin_cpu_is("znver2") && !__builtin_cpu_is("bdver4");
}
#else
WIRE_INLINE uint64_t wire_pdep(uint64_t value)
{
    return value;
}

WIRE_INLINE uint64_t wire_pext(uint64_t word)
{
    return word;
}

#define WIRE_BMI2

static inline bool wire_has_bmi2(void)
{
    return false;
}
#endif

/* Spreads the low 56 bits over eight bytes of seven bits: halves, quarters, eighths. */
WIRE_INLINE uint64_t wire_spread(uint64_t value, bool is_bmi2)
{
    if (is_bmi2) {
        return wire_pdep(value);
    }
    value = (value & 0x000000000fffffff) | (value & 0x00fffffff0000000) << 4;
    value = (value & 0x00003fff00003fff) | (value & 0x0fffc0000fffc000) << 2;
    return (value & 0x007f007f007f007f) | (value & 0x3f803f803f803f80) << 1;
}

/* The inverse; the high bit of each byte is ignored. */
WIRE_INLINE uint64_t wire_gather(uint64_t word, bool is_bmi2)
{
    if (is_bmi2) {
        return wire_pext(word);
    }
    word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
    word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
    return (word & 0x000000000fffffff) | (word & 0x0fffffff00000000) >> 4;
}

/* Minimal size of a varint: a seventh of its bits, rounded up; 9/64 is exact enough for that. */
static inline size_t wire_varint_size(uint64_t value)
{
    unsigned leading_zeroes = (unsigned)__builtin_clzll(value | 1);
    return (64 * 10 - 9 * leading_zeroes) / 64;
}

/* A minimal varint of up to eight bytes. */
struct wire_varint {
    uint64_t continuation; /* the high bits of all its bytes but the last */
    uint64_t size;
};

/* By the value's leading zeroes. Looked up, as computing it costs a flow 70 instructions more. */
extern const struct wire_varint WIRE_VARINTS[64];

/* Writes a minimal varint; `out` has room for ten bytes, whatever the value. Returns its end. */
WIRE_INLINE uint8_t *wire_put_varint(uint8_t *out, uint64_t value, bool is_bmi2)
{
    if (value >> 56 != 0) {
        uint64_t rest = value >> 56;
        wire_store64(out, wire_spread(value, is_bmi2) | WIRE_CONTINUATION);
        out[8] = (uint8_t)rest;
        out[9] = 1;
        return out + 9 + (rest >> 7);
    }
    const struct wire_varint *varint = &WIRE_VARINTS[__builtin_clzll(value | 1)];
    wire_store64(out, wire_spread(value, is_bmi2) | varint->continuation);
    return out + varint->size;
}

/*
 * Reads a varint of any length, minimal or not; ten bytes must be readable at `p`. Returns its end,
 * which the caller compares with the end of the message; WIRE_NO_END: longer than ten bytes.
 */
WIRE_INLINE const uint8_t *wire_get_varint(const uint8_t *p, uint64_t *value_p, bool is_bmi2)
{
    uint64_t word = wire_load64(p);
    uint64_t stops = ~word & WIRE_CONTINUATION;
    if (__builtin_expect(stops != 0, 1)) {
        unsigned stop = (unsigned)__builtin_ctzll(stops);
        *value_p = wire_gather(word & ((UINT64_C(1) << stop) - 1), is_bmi2);
        return p + 1 + stop / 8;
    }
    uint64_t low = wire_gather(word, is_bmi2);
    if (p[8] < 0x80) {
        *value_p = low | (uint64_t)p[8] << 56;
        return p + 9;
    }
    *value_p = low | (uint64_t)(p[8] & 0x7f) << 56 | (uint64_t)p[9] << 63;
    return p[9] < 0x80 ? p + 10 : WIRE_NO_END;
}
