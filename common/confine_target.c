/* SPDX-License-Identifier: BSD-3-Clause -- endpoints, URLs and addresses, taken apart. */
#include "common/address.h"
#include "common/confine_reach.h"
#include "common/decimal.h"

#include <stdio.h>
#include <string.h>

enum {
    HOST_SIZE = 256,
    HTTP_PORT = 80,
    HTTPS_PORT = 443
};

/* Returns the text behind the scheme; NULL if it has another scheme. */
static const char *skip_scheme(const char *text, const char *scheme)
{
    size_t length = strlen(scheme);
    return strncmp(text, scheme, length) == 0 ? text + length : NULL;
}

static bool is_name(const char *host, size_t length)
{
    char text[HOST_SIZE];
    struct address address;
    if (length == 0 || (length == 1 && *host == '*')) {
        return false;
    }
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    (void)snprintf(text, sizeof text, "%.*s", (int)length, host);
    return address_parse(&address, text) != ERR_OK;
}

/* "HOST:PORT", also behind "SOURCE;", before a name of a key or a path. */
static struct confine_target tcp_target(const char *text, uint16_t port)
{
    char address[HOST_SIZE];
    struct confine_target target = {.is_tcp = true, .has_port = port != 0, .port = port};
    (void)snprintf(address, sizeof address, "%.*s", (int)strcspn(text, "#/"), text);
    const char *host = strchr(address, ';') != NULL ? strchr(address, ';') + 1 : address;
    const char *colon = strrchr(host, ':');
    if (colon != NULL && strchr(colon, ']') != NULL) {
        colon = NULL; /* of the address */
    }
    target.has_name = is_name(host, colon != NULL ? (size_t)(colon - host) : strlen(host));
    uint64_t number = 0;
    if (colon != NULL &&
        (strcmp(colon, ":*") == 0 || decimal_parse(colon + 1, UINT16_MAX, &number) == ERR_OK)) {
        target.has_port = true;
        target.port = (uint16_t)number;
    }
    return target;
}

struct confine_target confine_target_of(const char *text)
{
    static const struct {
        const char *scheme;
        uint16_t port;
    } TCP[] = {{"tcp://", 0}, {"http://", HTTP_PORT}, {"https://", HTTPS_PORT}};
    const char *path = skip_scheme(text, "ipc://");
    if (path == NULL) {
        path = skip_scheme(text, "unix:");
    }
    if (path != NULL) {
        return (struct confine_target){.path = *path == '@' ? NULL : path};
    }
    path = skip_scheme(text, "unix:"); /* of -ch.serve.socket and -ch.addr */
    if (path != NULL) {
        return (struct confine_target){.path = path};
    }
    if (skip_scheme(text, "inproc://") != NULL) {
        return (struct confine_target){0};
    }
    for (size_t i = 0; i < sizeof TCP / sizeof TCP[0]; i++) {
        const char *rest = skip_scheme(text, TCP[i].scheme);
        if (rest != NULL) {
            return tcp_target(rest, TCP[i].port);
        }
    }
    return tcp_target(text, 0);
}
