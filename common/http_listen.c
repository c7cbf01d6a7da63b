/* SPDX-License-Identifier: BSD-3-Clause -- the listening socket of an HTTP server. */
#include "common/http_listen.h"

#include "common/decimal.h"
#include "common/refusal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HOST_SIZE = 256,
    BACKLOG = 128
};

static struct refusal refusal_of(const struct http_listen *listen_on, int cause)
{
    return (struct refusal){.component = "http",
        .flag = listen_on->flag,
        .key = "address",
        .value = listen_on->address,
        .cause = cause};
}

static enum err refuse_form(const struct http_listen *listen_on, const char *reason)
{
    const struct refusal refusal = refusal_of(listen_on, EINVAL);
    refuse(&refusal, "cannot listen", reason, "give HOST:PORT, [IPV6]:PORT or :PORT");
    return ERR_INVALID;
}

/* Cuts "HOST:PORT" at its last colon; brackets around HOST fall away. */
static enum err split_address(const char *address, char host[HOST_SIZE], const char **port_p)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0') {
        return ERR_INVALID;
    }
    const char *start = address;
    size_t length = (size_t)(colon - address);
    if (length >= 2 && start[0] == '[' && start[length - 1] == ']') {
        start++;
        length -= 2;
    } else if (memchr(start, ':', length) != NULL) {
        return ERR_INVALID; /* an IPv6 address needs its brackets, or the port is a guess */
    }
    if (length >= HOST_SIZE) {
        return ERR_INVALID;
    }
    memcpy(host, start, length);
    host[length] = '\0';
    *port_p = colon + 1;
    return ERR_OK;
}

static int open_socket(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    int off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* The first address of the family that can be had; -1 with errno. */
static int open_family(const struct addrinfo *found, int family)
{
    errno = EADDRNOTAVAIL;
    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next) {
        int fd = info->ai_family == family ? open_socket(info) : -1;
        if (fd >= 0) {
            return fd;
        }
    }
    return -1;
}

/* IPv6 first, since one socket of it serves both; hosts without IPv6 get IPv4. */
static int open_any(const struct addrinfo *found)
{
    int fd = open_family(found, AF_INET6);
    bool is_settled = fd >= 0 || errno == EADDRINUSE || errno == EACCES;
    return is_settled ? fd : open_family(found, AF_INET);
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    const void *address = &bound;
    return bound.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
                                       : ntohs(((const struct sockaddr_in *)address)->sin_port);
}

enum err http_listen_open(int *fd_p, uint16_t *port_p, const struct http_listen *listen_on)
{
    char host[HOST_SIZE];
    const char *port = NULL;
    if (split_address(listen_on->address, host, &port) != ERR_OK) {
        return refuse_form(listen_on, "not an address with a port");
    }
    uint64_t number;
    if (decimal_parse(port, UINT16_MAX, &number) != ERR_OK) {
        return refuse_form(listen_on, "the port must be a number from 0 to 65535");
    }
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const char *name = host[0] != '\0' ? host : listen_on->host_if_bare;
    int code = getaddrinfo(name, port, &hints, &found);
    if (code != 0) {
        return refuse_form(listen_on, gai_strerror(code));
    }
    int fd = open_any(found);
    const struct refusal refusal = refusal_of(listen_on, errno);
    freeaddrinfo(found);
    if (fd < 0) {
        return refuse_address(&refusal);
    }
    *fd_p = fd;
    *port_p = bound_port(fd);
    return ERR_OK;
}
