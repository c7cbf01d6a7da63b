/* SPDX-License-Identifier: BSD-3-Clause -- addresses from and to text and sockets. */
#include "common/address.h"

#include "common/decimal.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

bool address_is_unspecified(const struct address *address)
{
    static const uint8_t ZERO[16];
    if (address_is_ipv4(address)) {
        return memcmp(address->bytes + 12, ZERO, 4) == 0;
    }
    return memcmp(address->bytes, ZERO, sizeof ZERO) == 0;
}

bool address_is_multicast(const struct address *address)
{
    return address_is_ipv4(address) ? address->bytes[12] >> 4 == 14 : address->bytes[0] == 0xff;
}

uint32_t address_zone(const struct address *address)
{
    uint32_t zone = 0;
    if (address_is_link_local(address)) {
        memcpy(&zone, address->bytes + 4, sizeof zone);
    }
    return ntohl(zone);
}

static void set_zone(struct address *address, uint32_t zone)
{
    uint32_t bytes = htonl(zone);
    if (address_is_link_local(address)) {
        memcpy(address->bytes + 4, &bytes, sizeof bytes);
    }
}

enum err address_parse(struct address *address_p, const char *text)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1) {
        *address_p = address_from_ipv4(bytes);
        return ERR_OK;
    }
    if (inet_pton(AF_INET6, text, bytes) == 1) {
        *address_p = address_from_ipv6(bytes);
        return ERR_OK;
    }
    return ERR_INVALID;
}

/* The name of an interface, or its index. 0: there is none. */
static uint32_t parse_zone(const char *text)
{
    uint64_t index;
    return decimal_parse(text, UINT32_MAX, &index) == ERR_OK ? (uint32_t)index
                                                             : if_nametoindex(text);
}

enum err address_parse_zoned(struct address *address_p, const char *text)
{
    char host[ADDRESS_TEXT_SIZE];
    const char *percent = strchr(text, '%');
    if (percent == NULL) {
        return address_parse(address_p, text);
    }
    size_t size = (size_t)(percent - text);
    if (size >= sizeof host) {
        return ERR_INVALID;
    }
    memcpy(host, text, size);
    host[size] = '\0';
    enum err err = address_parse(address_p, host);
    if (err != ERR_OK) {
        return err;
    }
    uint32_t zone = parse_zone(percent + 1);
    if (zone == 0 || !address_is_link_local(address_p)) {
        return ERR_NOT_FOUND;
    }
    set_zone(address_p, zone);
    return ERR_OK;
}

static size_t format_ipv4(const uint8_t *bytes, char *text)
{
    char *p = text;
    for (size_t i = 0; i < 4; i++) {
        unsigned value = bytes[i];
        if (value >= 100) {
            *p++ = (char)('0' + value / 100);
        }
        if (value >= 10) {
            *p++ = (char)('0' + value / 10 % 10);
        }
        *p++ = (char)('0' + value % 10);
        *p++ = i < 3 ? '.' : '\0';
    }
    return (size_t)(p - text) - 1;
}

/* A run of zero groups, which text leaves out. */
struct zero_run {
    size_t start;
    size_t length;
};

/* The longest run, the first of several; one group alone is written (RFC 5952 section 4.2). */
static struct zero_run find_zero_run(const uint16_t groups[8])
{
    struct zero_run longest = {8, 1};
    for (size_t i = 0; i < 8; i++) {
        size_t start = i;
        while (i < 8 && groups[i] == 0) {
            i++;
        }
        if (i - start > longest.length) {
            longest = (struct zero_run){start, i - start};
        }
    }
    return longest;
}

static char *put_group(char *p, unsigned group)
{
    static const char HEX[] = "0123456789abcdef";
    if (group >= 0x1000) {
        *p++ = HEX[group >> 12];
    }
    if (group >= 0x100) {
        *p++ = HEX[group >> 8 & 15];
    }
    if (group >= 0x10) {
        *p++ = HEX[group >> 4 & 15];
    }
    *p++ = HEX[group & 15];
    return p;
}

/* The groups from first up to end, with colons between them. */
static char *put_groups(char *p, const uint16_t groups[8], size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (i > first) {
            *p++ = ':';
        }
        p = put_group(p, groups[i]);
    }
    return p;
}

/* As inet_ntop() does, in a tenth of its time: the table's text columns are made of this. */
static size_t format_ipv6(const uint8_t *bytes, char *text)
{
    uint16_t groups[8];
    for (size_t i = 0; i < 8; i++) {
        groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
    struct zero_run run = find_zero_run(groups);
    if (run.start == 0 && run.length == 6) {
        (void)inet_ntop(AF_INET6, bytes, text, ADDRESS_TEXT_SIZE); /* ::192.0.2.1, long obsolete */
        return strlen(text);
    }
    char *p = put_groups(text, groups, 0, run.start);
    if (run.start < 8) {
        *p++ = ':';
        *p++ = ':';
        p = put_groups(p, groups, run.start + run.length, 8);
    }
    *p = '\0';
    return (size_t)(p - text);
}

size_t address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    if (address_is_ipv4(address)) {
        return format_ipv4(address->bytes + 12, text);
    }
    return format_ipv6(address->bytes, text);
}

void address_format_zoned(const struct address *address, char text[ADDRESS_ZONED_TEXT_SIZE])
{
    struct address plain = address_without_zone(address);
    size_t size = address_format(&plain, text);
    uint32_t zone = address_zone(address);
    char name[IF_NAMESIZE];
    if (zone == 0) {
        return;
    }
    if (if_indextoname(zone, name) != NULL) {
        (void)snprintf(text + size, ADDRESS_ZONED_TEXT_SIZE - size, "%%%s", name);
    } else {
        (void)snprintf(text + size, ADDRESS_ZONED_TEXT_SIZE - size, "%%%u", zone);
    }
}

struct address address_from_sockaddr(const struct sockaddr *from, uint16_t *port_p)
{
    struct address address = {{0}};
    uint16_t port = 0;
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof in);
        address = address_from_ipv4((const uint8_t *)&in.sin_addr);
        port = ntohs(in.sin_port);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from, sizeof in6);
        address = address_from_ipv6(in6.sin6_addr.s6_addr);
        set_zone(&address, in6.sin6_scope_id);
        port = ntohs(in6.sin6_port);
    }
    if (port_p != NULL) {
        *port_p = port;
    }
    return address;
}
