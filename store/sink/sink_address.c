/* SPDX-License-Identifier: BSD-3-Clause -- server addresses to base URLs. */
#include "store/sink/sink_address.h"

#include "common/decimal.h"

#include <stdio.h>
#include <string.h>

bool sink_address_is_embedded(const char *address)
{
    return strcmp(address, "embedded") == 0;
}

static bool is_port(const char *text)
{
    uint64_t port;
    return decimal_parse(text, UINT16_MAX, &port) == ERR_OK && port > 0;
}

/* A colon that starts a port: after the bracket of an IPv6 address, or the only one. */
static const char *port_colon(const char *authority)
{
    const char *bracket = strchr(authority, ']');
    return strchr(bracket != NULL ? bracket : authority, ':');
}

static bool is_authority(const char *authority)
{
    if (authority[0] == '\0' || authority[0] == ':' || strpbrk(authority, "/@?# \t\"'") != NULL) {
        return false;
    }
    bool opens = authority[0] == '[';
    if (opens != (strchr(authority, ']') != NULL)) {
        return false;
    }
    const char *colon = port_colon(authority);
    return colon == NULL || is_port(colon + 1);
}

enum err sink_address_url(const char *address, uint16_t port, char url[SINK_ADDRESS_SIZE])
{
    if (strncmp(address, "unix:/", 6) == 0 && strpbrk(address, "?# \t\"'") == NULL &&
        strlen(address) < SINK_ADDRESS_SIZE) {
        (void)snprintf(url, SINK_ADDRESS_SIZE, "%s", address);
        return ERR_OK;
    }
    const char *scheme = "http://";
    if (strncmp(address, "https://", 8) == 0) {
        scheme = "https://";
        address += 8;
    } else if (strncmp(address, "http://", 7) == 0) {
        address += 7;
    }
    char authority[SINK_ADDRESS_SIZE / 2];
    size_t length = strlen(address);
    if (length > 0 && address[length - 1] == '/') {
        length--;
    }
    if (length >= sizeof authority) {
        return ERR_INVALID;
    }
    memcpy(authority, address, length);
    authority[length] = '\0';
    if (!is_authority(authority)) {
        return ERR_INVALID;
    }
    if (port_colon(authority) != NULL) {
        (void)snprintf(url, SINK_ADDRESS_SIZE, "%s%s", scheme, authority);
    } else {
        (void)snprintf(url, SINK_ADDRESS_SIZE, "%s%s:%u", scheme, authority, (unsigned)port);
    }
    return ERR_OK;
}
