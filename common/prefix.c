/* SPDX-License-Identifier: BSD-3-Clause -- prefixes of addresses. */
#include "common/prefix.h"

#include "common/decimal.h"

enum {
    ADDRESS_BITS = 128,
    MAPPED_BITS = 96,        /* in front of an IPv4 address */
    LINK_LOCAL_BITS = 32,    /* in front of the zone */
    LINK_LOCAL_END_BITS = 64 /* behind it */
};

/* NULL, or what is wrong. Bits 32 to 64 of a link-local address are its zone. */
static const char *fix_link_local(struct prefix *prefix)
{
    if (!address_is_link_local(&prefix->address) || address_zone(&prefix->address) != 0 ||
        prefix->bits <= LINK_LOCAL_BITS) {
        return NULL;
    }
    if (prefix->bits > LINK_LOCAL_END_BITS) {
        return "a link-local address needs its interface: write fe80::1%eth0, or fe80::/10 for all";
    }
    prefix->bits = LINK_LOCAL_BITS;
    return NULL;
}

static const char *parse(struct prefix *prefix, const char *text)
{
    char host[ADDRESS_ZONED_TEXT_SIZE];
    size_t size = strcspn(text, "/");
    if (size >= sizeof host) {
        return "not a prefix like 192.0.2.0/24 or 2001:db8::/32";
    }
    memcpy(host, text, size);
    host[size] = '\0';
    enum err err = address_parse_zoned(&prefix->address, host);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? "no interface has the name behind %"
                                    : "not a prefix like 192.0.2.0/24 or 2001:db8::/32";
    }
    uint32_t first = address_is_ipv4(&prefix->address) ? MAPPED_BITS : 0;
    uint64_t length = ADDRESS_BITS - first;
    if (text[size] == '/' && decimal_parse(text + size + 1, length, &length) != ERR_OK) {
        return "the prefix length is not a number up to 32 (IPv4) or 128 (IPv6)";
    }
    prefix->bits = first + (uint32_t)length;
    return fix_link_local(prefix);
}

enum err prefix_parse(struct prefix *prefix_p, const char *text, const char **reason_p)
{
    *reason_p = parse(prefix_p, text);
    return *reason_p == NULL ? ERR_OK : ERR_INVALID;
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
    uint32_t bytes = prefix->bits / 8;
    uint32_t rest = prefix->bits % 8;
    return memcmp(address->bytes, prefix->address.bytes, bytes) == 0 &&
           (rest == 0 || (address->bytes[bytes] ^ prefix->address.bytes[bytes]) >> (8 - rest) == 0);
}
