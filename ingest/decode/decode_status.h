/*
 * decode_status.h -- why a datagram, or a part of it, did not become flows.
 *
 * Each value is the label of its drop counter. What is dropped is the smallest thing around the
 * fault: a record, a sample, a set, or the datagram.
 */
#pragma once

#define DECODE_STATUS_LIST(X)                                                                      \
    X(DECODE_OK, "ok")                                                                             \
    X(DECODE_EMPTY, "empty")                   /* a datagram of no bytes */                        \
    X(DECODE_VERSION, "version")               /* no protocol of ours */                           \
    X(DECODE_SHORT_HEADER, "short_header")     /* the datagram ends in its header */               \
    X(DECODE_COUNT, "count")                   /* header count and length disagree */              \
    X(DECODE_LENGTH, "length")                 /* a length field that cannot be */                 \
    X(DECODE_SET_LENGTH, "set_length")         /* a set's length is below 4 or beyond the end */   \
    X(DECODE_SET_ID, "set_id")                 /* a reserved set id */                             \
    X(DECODE_TEMPLATE, "template")             /* a template that is malformed */                  \
    X(DECODE_TEMPLATE_LIMIT, "template_limit") /* one template too many, or too large */           \
    X(DECODE_TEMPLATE_MISSING, "template_missing") /* data before its template */                  \
    X(DECODE_SET_MISFIT, "set_misfit")             /* a set that its template does not fit */      \
    X(DECODE_RECORD, "record")                     /* a record runs out of its set */              \
    X(DECODE_SAMPLE, "sample")                     /* a malformed sFlow sample */                  \
    X(DECODE_SAMPLE_RECORD, "sample_record")       /* a malformed record of an sFlow sample */     \
    X(DECODE_ADDRESS_TYPE, "address_type")         /* an sFlow address of unknown type */          \
    X(DECODE_EXPORTER_LIMIT, "exporter_limit")     /* one exporter too many */                     \
    X(DECODE_MEMORY, "memory")                     /* out of memory */

#define DECODE_STATUS_ENUM(code, text) code,
enum decode_status {
    DECODE_STATUS_LIST(DECODE_STATUS_ENUM) DECODE_STATUS_COUNT
};
#undef DECODE_STATUS_ENUM

/* The label: static, never NULL. */
const char *decode_status_text(enum decode_status status);
