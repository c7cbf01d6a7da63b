/*
 * sflow_xdr.h -- the two XDR shapes that sFlow repeats: opaque data and addresses.
 */
#pragma once

#include "common/address.h"
#include "common/cursor.h"

/* sFlow version 5 section 5: address_type. */
enum sflow_address_type {
    SFLOW_ADDRESS_UNKNOWN = 0, /* nothing follows */
    SFLOW_ADDRESS_IPV4 = 1,
    SFLOW_ADDRESS_IPV6 = 2
};

/*
 * Variable-length opaque data: a length, the bytes (the child returned), and padding to a multiple
 * of four (RFC 4506 section 4.10), which some agents leave out at the end.
 */
static inline struct cursor sflow_xdr_opaque(struct cursor *cursor)
{
    uint32_t size = cursor_be32(cursor);
    struct cursor body = cursor_sub(cursor, size);
    size_t padding = -size & 3;
    if (padding != 0) {
        cursor_skip(cursor, padding < cursor_left(cursor) ? padding : cursor_left(cursor));
    }
    return body;
}

/* An address with its type before it; an unknown one is ::. False: a type that sFlow lacks. */
static inline bool sflow_xdr_address(struct cursor *cursor, struct address *address_p)
{
    const uint8_t *bytes;
    *address_p = (struct address){0};
    switch (cursor_be32(cursor)) {
    case SFLOW_ADDRESS_UNKNOWN:
        return true;
    case SFLOW_ADDRESS_IPV4:
        bytes = cursor_take(cursor, 4);
        *address_p = bytes != NULL ? address_from_ipv4(bytes) : *address_p;
        return true;
    case SFLOW_ADDRESS_IPV6:
        bytes = cursor_take(cursor, 16);
        *address_p = bytes != NULL ? address_from_ipv6(bytes) : *address_p;
        return true;
    default:
        return false;
    }
}
