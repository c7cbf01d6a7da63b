/*
 * address.h -- IP addresses as values.
 *
 * An address is always 16 bytes in network order; IPv4 is held as IPv4-mapped IPv6
 * (RFC 4291 section 2.5.5.2). On the protobuf wire a mapped address is 4 bytes, any other 16.
 *
 * A link-local address (fe80::/10) means something on one link only, so that two exporters may have
 * the same one. The address of a peer therefore keeps its zone, the index of the interface, in
 * bytes 4 to 7, which RFC 4291 section 2.5.6 defines as zero. Such an address is for telling peers
 * apart; rows, packets and texts for others take address_without_zone().
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
    ADDRESS_TEXT_SIZE = 46,      /* the longest text with its closing zero */
    ADDRESS_ZONED_TEXT_SIZE = 64 /* the same with % and the name of an interface */
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

static inline bool address_is_link_local(const struct address *address)
{
    return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* True for 224.0.0.0/4 and ff00::/8. */
bool address_is_multicast(const struct address *address);

/* The index of the interface that a link-local address belongs to; 0: none. */
uint32_t address_zone(const struct address *address);

/* The address as others know it. */
static inline struct address address_without_zone(const struct address *address)
{
    struct address plain = *address;
    if (address_is_link_local(address)) {
        memset(plain.bytes + 4, 0, 4);
    }
    return plain;
}

/* Reads IPv4 or IPv6 text, without brackets, zone or port. ERR_INVALID. */
MUST_CHECK enum err address_parse(struct address *address_p, const char *text);

/*
 * Also reads fe80::1%eth0 and fe80::1%2. ERR_INVALID; ERR_NOT_FOUND where no interface has that
 * name or where an address that is not link-local has a zone.
 */
MUST_CHECK enum err address_parse_zoned(struct address *address_p, const char *text);

/* Writes the text people write (192.0.2.1, 2001:db8::1) and a closing zero; returns its length. */
size_t address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

/* The same with the zone, where there is one, as the name of its interface: a system call. */
void address_format_zoned(const struct address *address, char text[ADDRESS_ZONED_TEXT_SIZE]);

/*
 * From AF_INET or AF_INET6; anything else gives ::. A link-local address keeps its zone. port_p may
 * be NULL.
 */
struct address address_from_sockaddr(const struct sockaddr *from, uint16_t *port_p);
