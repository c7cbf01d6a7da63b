/* SPDX-License-Identifier: BSD-3-Clause -- the sockets of one UDP port. */
#include "ingest/receive/udp_socket.h"

#include "common/log.h"
#include "common/refusal.h"
#include "ingest/receive/steering.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FLAG_SIZE = 32
};

struct endpoint {
    struct sockaddr_storage name;
    socklen_t size;
};

static struct endpoint endpoint_of(const struct address *address, uint16_t port)
{
    struct endpoint endpoint = {.size = 0};
    if (address_is_ipv4(address)) {
        struct sockaddr_in *name = (struct sockaddr_in *)&endpoint.name;
        name->sin_family = AF_INET;
        name->sin_port = htons(port);
        memcpy(&name->sin_addr, address->bytes + 12, sizeof name->sin_addr);
        endpoint.size = sizeof *name;
        return endpoint;
    }
    struct sockaddr_in6 *name = (struct sockaddr_in6 *)&endpoint.name;
    name->sin6_family = AF_INET6;
    name->sin6_port = htons(port);
    struct address plain = address_without_zone(address);
    memcpy(&name->sin6_addr, plain.bytes, sizeof name->sin6_addr);
    name->sin6_scope_id = address_zone(address);
    endpoint.size = sizeof *name;
    return endpoint;
}

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static bool set_interface(int fd, const char *interface)
{
    return interface == NULL || interface[0] == '\0' ||
           setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) ==
               0;
}

/* -1 with errno, like the calls it makes. */
static int open_bound(const struct endpoint *endpoint, const char *interface, bool is_shared)
{
    int fd = socket(endpoint->name.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    bool is_ready =
        set_interface(fd, interface) && (!is_shared || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1));
    if (endpoint->name.ss_family == AF_INET6) {
        is_ready = is_ready && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (is_ready && bind(fd, (const struct sockaddr *)&endpoint->name, endpoint->size) == 0) {
        return fd;
    }
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static bool parse_host(const char *host, struct address *address_p)
{
    return address_parse_zoned(address_p, host != NULL && host[0] != '\0' ? host : "::") == ERR_OK;
}

/* "-nf.port": the flag that is named `name` of those of this port. */
static void print_flag(const struct udp_options *options, const char *name, char out[FLAG_SIZE])
{
    const char *prefix = options->flag_prefix != NULL ? options->flag_prefix : "";
    (void)snprintf(out, FLAG_SIZE, "-%s%s", prefix, name);
}

/* "192.0.2.1:2055", "[2001:db8::1]:2055", ":2055" for any address. */
static enum err refuse_port(const struct udp_options *options, int cause)
{
    char address[ADDRESS_TEXT_SIZE + sizeof "[]:65535"];
    char flag[FLAG_SIZE];
    bool is_ipv6 = strchr(options->host, ':') != NULL;
    bool is_host_wrong = cause == EADDRNOTAVAIL || cause == EAFNOSUPPORT || cause == EINVAL;
    bool is_interface_wrong = cause == ENODEV;
    (void)snprintf(address, sizeof address, "%s%s%s:%u", is_ipv6 ? "[" : "", options->host,
        is_ipv6 ? "]" : "", options->port);
    print_flag(options, is_interface_wrong ? "interface" : is_host_wrong ? "addr" : "port", flag);
    const struct refusal refusal = {.component = "receive",
        .flag = flag,
        .key = is_interface_wrong ? "interface" : "address",
        .value = is_interface_wrong && options->interface != NULL ? options->interface : address,
        .cause = cause};
    return refuse_address(&refusal);
}

/*
 * Whether another process has the port shows only to a socket that does not share it; it becomes
 * shareable once it is bound.
 */
static int open_shared(const struct endpoint *endpoint, const struct udp_options *options)
{
    int fd = open_bound(endpoint, options->interface, false);
    if (fd >= 0) {
        (void)set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        return fd;
    }
    if (errno != EADDRINUSE) {
        return -1;
    }
    fd = open_bound(endpoint, options->interface, true);
    if (fd >= 0) {
        log_warning("receive",
            "another process listens on this port too, and gets a part of the datagrams", "port=%u",
            options->port);
    }
    return fd;
}

static int open_endpoint(const struct endpoint *endpoint, const struct udp_options *options)
{
    return options->is_shared ? open_shared(endpoint, options)
                              : open_bound(endpoint, options->interface, false);
}

/* Without an interface the kernel takes the one that its routes name. */
static bool join_group(int fd, const struct address *group, const char *interface)
{
    unsigned index = interface != NULL ? if_nametoindex(interface) : 0;
    if (address_is_ipv4(group)) {
        struct ip_mreqn request = {.imr_ifindex = (int)index};
        memcpy(&request.imr_multiaddr, group->bytes + 12, 4);
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0;
    }
    struct ipv6_mreq request = {.ipv6mr_interface = index};
    memcpy(&request.ipv6mr_multiaddr, group->bytes, sizeof request.ipv6mr_multiaddr);
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request) == 0;
}

static enum err join_if_group(
    int fd, const struct address *address, const struct udp_options *options)
{
    if (!address_is_multicast(address) || join_group(fd, address, options->interface)) {
        return ERR_OK;
    }
    const char *reason = strerror(errno);
    char group[ADDRESS_TEXT_SIZE];
    char flag[FLAG_SIZE];
    (void)address_format(address, group);
    print_flag(options, "interface", flag);
    const struct refusal refusal = {
        .component = "receive", .flag = flag, .key = "group", .value = group};
    refuse(&refusal, "cannot join the multicast group", reason,
        "name the interface that reaches the group");
    return ERR_INVALID;
}

/* The first socket shows that nobody else has the port, and which port it is. */
static enum err open_first(const struct udp_options *options, int *socket_p,
    struct endpoint *endpoint_p, struct address *address_p)
{
    if (!parse_host(options->host, address_p)) {
        log_error("receive", "not an IP address of this host, or its zone is not an interface",
            "host=\"%s\"", options->host);
        return ERR_INVALID;
    }
    *endpoint_p = endpoint_of(address_p, options->port);
    int fd = open_endpoint(endpoint_p, options);
    bool is_without_ipv6 = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
    if (fd < 0 && options->host[0] == '\0' && is_without_ipv6) {
        *address_p = address_from_ipv4((const uint8_t[4]){0});
        *endpoint_p = endpoint_of(address_p, options->port);
        fd = open_endpoint(endpoint_p, options);
    }
    if (fd < 0) {
        return refuse_port(options, errno);
    }
    (void)getsockname(fd, (struct sockaddr *)&endpoint_p->name, &endpoint_p->size);
    *socket_p = fd;
    return join_if_group(fd, address_p, options);
}

/*
 * The other sockets join the first in a reuseport group. The first may become shareable only after
 * it is bound: before, it would have joined another process's group instead of finding it there.
 */
static enum err open_others(
    const struct endpoint *endpoint, const struct udp_options *options, int *sockets, size_t count)
{
    if (count == 1) {
        return ERR_OK;
    }
    (void)set_option(sockets[0], SOL_SOCKET, SO_REUSEPORT, 1);
    for (size_t i = 1; i < count; i++) {
        sockets[i] = open_bound(endpoint, options->interface, true);
        if (sockets[i] < 0) {
            return refuse_port(options, errno);
        }
    }
    if (options->is_shared) {
        return ERR_OK; /* the group has sockets that are not ours: the kernel's own hash it is */
    }
    steering_attach(sockets[1], (uint32_t)count);
    return ERR_OK;
}

/* The size granted; the kernel counts double, for its own overhead. */
static uint64_t set_buffer(int fd, uint64_t wanted_bytes)
{
    int size = (int)wanted_bytes;
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, size)) {
        (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, size);
    }
    socklen_t length = sizeof size;
    (void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
    return (uint64_t)size / 2;
}

static void close_all(int *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sockets[i] >= 0) {
            (void)close(sockets[i]);
            sockets[i] = -1;
        }
    }
}

enum err udp_open(
    const struct udp_options *options, int *sockets, size_t count, struct udp_bound *bound_p)
{
    for (size_t i = 0; i < count; i++) {
        sockets[i] = -1;
    }
    struct endpoint endpoint;
    struct address address;
    enum err err = open_first(options, &sockets[0], &endpoint, &address);
    if (err == ERR_OK && !address_is_multicast(&address)) {
        err = open_others(&endpoint, options, sockets, count);
    }
    if (err != ERR_OK) {
        close_all(sockets, count);
        return err;
    }
    address_format_zoned(&address, bound_p->host);
    (void)address_from_sockaddr((const struct sockaddr *)&endpoint.name, &bound_p->port);
    for (size_t i = 0; i < count && sockets[i] >= 0; i++) {
        bound_p->buffer_bytes = set_buffer(sockets[i], options->buffer_bytes);
    }
    return ERR_OK;
}

enum err udp_queue_read(int socket, struct udp_queue *queue_p)
{
    uint32_t values[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof values;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, values, &size) != 0) {
        return ERR_IO;
    }
    queue_p->waiting_bytes = values[SK_MEMINFO_RMEM_ALLOC];
    queue_p->drops = values[SK_MEMINFO_DROPS];
    return ERR_OK;
}
