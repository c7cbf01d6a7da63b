/* SPDX-License-Identifier: BSD-3-Clause -- goflow-store -check. */
#include "store/store_check.h"

#include "common/http_listen.h"
#include "common/http_pages.h"
#include "common/link_check.h"
#include "common/mapping_file.h"
#include "common/privileges.h"
#include "store/sink/engine.h"
#include "store/sink/serve.h"
#include "store/sink/sink_address.h"
#include "store/store_database.h"
#include "store/write/deadletter.h"

#include <unistd.h>

/* Ports stay bound until all others were tried as well; -1 and NULL: not bound. */
struct held_ports {
    int serve_fd;
    int http_fd;
    zsock_t *link_socket;
};

static enum err check_mapping(const struct store_settings *settings)
{
    struct mapping *mapping = NULL;
    enum err err = ERR_OK;
    if (settings->mapping[0] != '\0') {
        err = mapping_file_read(&mapping, settings->mapping);
    }
    mapping_destroy(&mapping);
    return err;
}

/* A server is not asked: a start does not need it to be there. */
static enum err check_sink(const struct store_settings *settings)
{
    struct store_database database;
    /* As a start does: the file of the password may be root's alone. */
    enum err err = store_database_init(&database, settings);
    if (err == ERR_OK) {
        err = privileges_become(settings->confinement.user, false);
    }
    if (err == ERR_OK) {
        link_setup();
        err = check_mapping(settings);
    }
    if (err == ERR_OK && settings->deadletter_dir[0] != '\0') {
        err = deadletter_check(settings->deadletter_dir);
    }
    if (err == ERR_OK && sink_address_is_embedded(settings->addresses.values[0])) {
        err = engine_check(settings->path, settings->library);
    } else if (err == ERR_OK) {
        struct sink *sink = NULL;
        err = sink_open(&sink, &database.sink);
        sink_close(&sink);
    }
    store_database_clear(&database);
    return err;
}

static enum err check_serve(const struct store_settings *settings, int *fd_p)
{
    uint16_t port;
    const struct http_listen listen_on = serve_listen(settings->serve_address);
    return settings->serve_address[0] != '\0' ? http_listen_open(fd_p, &port, &listen_on) : ERR_OK;
}

static enum err check_endpoints(
    const struct store_settings *settings, struct link_keyring *keyring, zsock_t *socket)
{
    const struct link_bound bound = {
        .flag = "-zmq.bind", .endpoints = settings->link.bind, .has_return = true};
    enum err err = link_check_bind(socket, &bound);
    return err == ERR_OK ? link_check_connect(keyring, LINK_PEER_INGEST, &settings->link.connect)
                         : err;
}

static enum err check_link(const struct store_settings *settings, zsock_t **socket_p)
{
    struct link_guard *guard = NULL;
    enum err err = link_guard_new(&guard, &settings->protection);
    *socket_p = err == ERR_OK ? zsock_new(ZMQ_DEALER) : NULL;
    if (err == ERR_OK && *socket_p == NULL) {
        err = ERR_MEMORY;
    }
    if (err == ERR_OK) {
        zsock_set_ipv6(*socket_p, 1);
        err = check_endpoints(settings, link_guard_keyring(guard), *socket_p);
    }
    link_guard_destroy(&guard);
    return err;
}

static enum err check_http(const struct store_settings *settings, int *fd_p)
{
    uint16_t port;
    const struct http_listen listen_on = {
        .flag = http_pages_flag(), .address = settings->metrics_address};
    return settings->metrics_address[0] != '\0' ? http_listen_open(fd_p, &port, &listen_on)
                                                : ERR_OK;
}

static void release(struct held_ports *held)
{
    if (held->serve_fd >= 0) {
        (void)close(held->serve_fd);
    }
    if (held->http_fd >= 0) {
        (void)close(held->http_fd);
    }
    zsock_destroy(&held->link_socket);
}

enum err store_check(const struct store_settings *settings)
{
    struct held_ports held = {.serve_fd = -1, .http_fd = -1};
    enum err err = check_sink(settings);
    if (err == ERR_OK) {
        err = check_serve(settings, &held.serve_fd);
    }
    if (err == ERR_OK) {
        err = check_link(settings, &held.link_socket);
    }
    if (err == ERR_OK) {
        err = check_http(settings, &held.http_fd);
    }
    release(&held);
    return err;
}
