/*
 * address.h -- IP addresses as values.
 *
 * An address is always 16 bytes in network order; IPv4 is held as IPv4-mapped IPv6
 * (RFC 4291 section 2.5.5.2). On the protobuf wire a mapped address is 4 bytes, any other 16.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sockaddr;
struct sockaddr_storage;

struct address {
    uint8_t bytes[16];
};

enum {
    ADDRESS_TEXT_SIZE = 46 /* the longest text with its closing zero */
};

static inline struct address address_from_ipv4(const uint8_t bytes[4])
{
    struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}};
    memcpy(address.bytes + 12, bytes, 4);
    return address;
}

static inline struct address address_from_ipv6(const uint8_t bytes[16])
{
    struct address address;
    memcpy(address.bytes, bytes, 16);
    return address;
}

static inline bool address_is_ipv4(const struct address *address)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->bytes, MAPPED, sizeof MAPPED) == 0;
}

/* True for :: and for 0.0.0.0. */
bool address_is_unspecified(const struct address *address);

static inline bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, 16) == 0;
}

/* Reads IPv4 or IPv6 text, without brackets, zone or port. ERR_INVALID. */
MUST_CHECK enum err address_parse(struct address *address_p, const char *text);

/* Writes the text people write (192.0.2.1, 2001:db8::1) and a closing zero; returns its length. */
size_t address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

/* From AF_INET or AF_INET6; anything else gives ::. port_p may be NULL. */
struct address address_from_sockaddr(const struct sockaddr *from, uint16_t *port_p);
