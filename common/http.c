/* SPDX-License-Identifier: BSD-3-Clause -- routes and requests on top of libmicrohttpd. */
#include "common/http.h"

#include "common/clock.h"
#include "common/http_connections.h"
#include "common/http_listen.h"
#include "common/http_login.h"
#include "common/http_message.h"
#include "common/http_socket.h"
#include "common/http_sweep.h"
#include "common/http_tls.h"
#include "common/log.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ROUTES_MAX = 16,
    SILENCE_TIMEOUT_S = 60, /* without a byte in either direction */
    SMALL_CONNECTION_BYTES = 16 * 1024,
    LARGE_CONNECTION_BYTES = 1024 * 1024, /* servers that take bodies take long URLs, too */
    CONNECTIONS_MIN = 4,
    DESCRIPTORS_SHARE = 8, /* at most this part of the descriptors that the process may have */
    ONE_THREAD_CONNECTIONS = 64,
    SHARE_PERCENT = 75,           /* of the connections, for one address */
    DROPPED_BYTES_MAX = 64 * 1024 /* of a body that is too large: its client gets a status */
};

struct route {
    char path[128];
    size_t prefix_length; /* 0: the path must be equal */
    http_handler_fn *handler;
    void *context;
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_connections connections;
    struct http_sweep *sweep;
    uint64_t max_body_bytes;
    http_check_fn *check; /* may be NULL */
    http_check_fn *preflight;
    struct http_users *users; /* NULL: nobody is asked */
    char users_flag[48];
    struct http_tls tls;
    void *check_context;
    uint16_t port;
    char *socket;              /* "unix:...", which http_close() removes, or NULL */
    atomic_size_t route_count; /* routes below it are complete and never change */
    struct route routes[ROUTES_MAX];
};

/* One request under way, from its headers to its end. */
struct exchange {
    struct buffer body;
    uint64_t dropped; /* bytes of a body that is too large */
    bool is_known;
};

static struct http_connection *entry_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void enter(
    struct http_server *server, struct MHD_Connection *connection, enum http_connection_state state)
{
    http_connections_enter(&server->connections, entry_of(connection), state, clock_monotonic_ns());
}

static struct address client_of(struct MHD_Connection *connection)
{
    const struct http_connection *entry = entry_of(connection);
    return entry != NULL ? entry->address : (struct address){{0}};
}

/* The server still answers these paths when only reserved places are left. */
static bool is_health(const char *path)
{
    return strcmp(path, "/healthz") == 0 || strcmp(path, "/ping") == 0;
}

static enum MHD_Result send_served(
    struct http_server *server, struct MHD_Connection *connection, struct http_response *response)
{
    struct http_connection *entry = entry_of(connection);
    enter(server, connection, HTTP_CONNECTION_SENDING);
    http_connections_add_bytes(&server->connections, entry, response->body.size);
    return http_message_send(connection, response, entry != NULL && entry->is_reserved);
}

static const struct route *find_route(struct http_server *server, const char *path)
{
    size_t count = atomic_load_explicit(&server->route_count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &server->routes[i];
        bool is_match = route->prefix_length > 0
                            ? strncmp(route->path, path, route->prefix_length) == 0
                            : strcmp(route->path, path) == 0;
        if (is_match) {
            return route;
        }
    }
    return NULL;
}

static bool is_reading(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool announces_too_much(const struct http_server *server, struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > server->max_body_bytes;
}

static bool has_body(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *coding =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    return coding != NULL || (length != NULL && strcmp(length, "0") != 0);
}

/* True: the body may come. Otherwise *result_p is that of the response. */
static bool check_request(
    struct http_server *server, const struct http_request *request, enum MHD_Result *result_p)
{
    if (server->check == NULL) {
        return true;
    }
    struct http_response response = http_message_new(MHD_HTTP_OK);
    if (server->check(server->check_context, request, &response)) {
        buffer_clear(&response.body);
        return true;
    }
    *result_p = http_message_send(request->connection, &response, false);
    return false;
}

/* The server answers these paths without a user and a password. */
static bool is_open_to_all(const char *path)
{
    return is_health(path) || strcmp(path, "/readyz") == 0;
}

static enum MHD_Result send_preflight(
    struct http_server *server, const struct http_request *request)
{
    struct http_response response = http_message_new(MHD_HTTP_NO_CONTENT);
    (void)server->preflight(server->check_context, request, &response);
    return http_message_send(request->connection, &response, false);
}

/* The headers are there, the body is not: the moment to refuse it unread. */
static enum MHD_Result begin_exchange(struct http_server *server, struct MHD_Connection *connection,
    const struct http_request *request, void **exchange_p)
{
    const char *method = request->method;
    const struct http_connection *entry = entry_of(connection);
    if (entry == NULL || (entry->is_reserved && !is_health(request->path))) {
        struct http_response full = http_message_new(MHD_HTTP_SERVICE_UNAVAILABLE);
        buffer_text_append(&full.body, "503 too many connections\n");
        return http_message_send(connection, &full, true);
    }
    if (server->preflight != NULL && strcmp(method, "OPTIONS") == 0) {
        return send_preflight(server, request);
    }
    if (!request->is_known && !is_open_to_all(request->path)) {
        return http_login_refuse(connection);
    }
    bool takes_body = server->max_body_bytes > 0 && strcmp(method, "POST") == 0;
    if (!is_reading(method) && !takes_body) {
        return http_message_send_methods(
            connection, server->max_body_bytes > 0 ? "GET, HEAD, POST" : "GET, HEAD");
    }
    /* Nobody needs one to read; it would be kept before anybody asks who sends it. */
    bool is_unwanted = !takes_body && has_body(connection);
    if (is_unwanted || announces_too_much(server, connection)) {
        return http_message_send_status(connection, MHD_HTTP_CONTENT_TOO_LARGE, "body too large");
    }
    enum MHD_Result result;
    if (takes_body && !check_request(server, request, &result)) {
        return result;
    }
    struct exchange *exchange = calloc(1, sizeof *exchange);
    *exchange_p = exchange;
    if (exchange == NULL) {
        return MHD_NO;
    }
    exchange->is_known = request->is_known;
    return MHD_YES;
}

/*
 * A body sent in chunks shows its size only as it comes. A little more than the limit is read and
 * forgotten, so that its client gets a status; then the connection is cut. False: cut it.
 */
static bool take_body(
    const struct http_server *server, struct exchange *exchange, const char *bytes, size_t size)
{
    if (exchange->dropped == 0 && exchange->body.size + size <= server->max_body_bytes) {
        buffer_append(&exchange->body, bytes, size);
        return true;
    }
    buffer_clear(&exchange->body);
    exchange->dropped += size;
    return exchange->dropped <= DROPPED_BYTES_MAX;
}

static enum MHD_Result finish_exchange(
    struct http_server *server, struct exchange *exchange, const struct http_request *request)
{
    struct MHD_Connection *connection = request->connection;
    if (exchange->dropped > 0) {
        return http_message_send_status(connection, MHD_HTTP_CONTENT_TOO_LARGE, "body too large");
    }
    if (buffer_check(&exchange->body) != ERR_OK) {
        return http_message_send_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
    }
    const struct route *route = find_route(server, request->path);
    if (route == NULL) {
        return http_message_send_status(connection, MHD_HTTP_NOT_FOUND, "not found");
    }
    struct http_response response = http_message_new(MHD_HTTP_OK);
    route->handler(route->context, request, &response);
    return send_served(server, connection, &response);
}

static struct http_connection *open_entry(
    struct http_server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (socket == NULL || client == NULL) {
        return NULL;
    }
    struct address address = address_from_sockaddr(client->client_addr, NULL);
    return http_connections_open(
        &server->connections, socket->connect_fd, &address, clock_monotonic_ns());
}

/* libmicrohttpd says this before the descriptor is closed. */
static void on_connection(void *context, struct MHD_Connection *connection, void **entry_p,
    enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *entry_p = open_entry(server, connection);
        return;
    }
    http_connections_close(&server->connections, *entry_p);
    *entry_p = NULL;
}

/* Called by libmicrohttpd: once for the headers, once for each piece of body, once at the end. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *bytes, size_t *size_p, void **exchange_p)
{
    (void)version;
    struct http_server *server = context;
    struct exchange *exchange = *exchange_p;
    if (exchange == NULL) {
        struct http_request headers = {.method = method,
            .path = path,
            .connection = connection,
            .client = client_of(connection)};
        headers.is_known =
            server->users == NULL || http_login_check(server->users, connection, &headers.client);
        enter(server, connection, HTTP_CONNECTION_READING);
        return begin_exchange(server, connection, &headers, exchange_p);
    }
    if (*size_p > 0) {
        http_connections_add_bytes(&server->connections, entry_of(connection), *size_p);
        bool is_taken = take_body(server, exchange, bytes, *size_p);
        *size_p = 0;
        return is_taken ? MHD_YES : MHD_NO;
    }
    const struct http_request request = {.method = method,
        .path = path,
        .body = exchange->body.bytes,
        .body_size = exchange->body.size,
        .connection = connection,
        .client = client_of(connection),
        .is_known = exchange->is_known};
    enter(server, connection, HTTP_CONNECTION_SERVING);
    return finish_exchange(server, exchange, &request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange_p,
    enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct exchange *exchange = *exchange_p;
    if (exchange != NULL) {
        buffer_clear(&exchange->body);
        free(exchange);
    }
    *exchange_p = NULL;
    enter(context, connection, HTTP_CONNECTION_IDLE);
}

/* The request line is there: the headers have to follow soon. */
static void *on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)uri;
    enter(context, connection, HTTP_CONNECTION_HEADERS);
    return NULL; /* the first *exchange_p of on_access() */
}

static unsigned connection_limit(const struct http_options *options)
{
    unsigned wanted = options->threads > 1 ? options->threads : ONE_THREAD_CONNECTIONS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / DESCRIPTORS_SHARE < wanted) {
        wanted = (unsigned)(limit.rlim_cur / DESCRIPTORS_SHARE);
    }
    return wanted > CONNECTIONS_MIN ? wanted : CONNECTIONS_MIN;
}

static struct MHD_Daemon *start_daemon(
    struct http_server *server, const struct http_options *options, int fd)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    unsigned connections = connection_limit(options) + HTTP_CONNECTIONS_SPARE;
    const char *certificate = server->tls.certificate.bytes;
    flags |= options->threads > 1 ? MHD_USE_THREAD_PER_CONNECTION : 0;
    flags |= certificate != NULL ? MHD_USE_TLS : 0;
    /* The list ends here without TLS. */
    enum MHD_OPTION tls = certificate != NULL ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END;
    size_t memory = options->max_body_bytes > 0 ? LARGE_CONNECTION_BYTES : SMALL_CONNECTION_BYTES;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, tls, certificate,
        MHD_OPTION_HTTPS_MEM_KEY, server->tls.key.bytes, MHD_OPTION_END);
}

static enum err open_listener(
    struct http_server *server, int *fd_p, const struct http_listen *listen_on)
{
    if (!http_socket_is_meant(listen_on->address)) {
        return http_listen_open(fd_p, &server->port, listen_on);
    }
    server->socket = strdup(listen_on->address);
    enum err err = server->socket != NULL ? http_socket_open(fd_p, listen_on) : ERR_MEMORY;
    if (err != ERR_OK) {
        free(server->socket);
        server->socket = NULL;
    }
    return err;
}

static void free_server(struct http_server *server)
{
    http_sweep_stop(&server->sweep);
    http_connections_clear(&server->connections);
    if (server->socket != NULL) {
        http_socket_remove(server->socket);
        free(server->socket);
    }
    http_users_close(&server->users);
    http_tls_clear(&server->tls);
    free(server);
}

/* Before a port is bound. */
static enum err protect(struct http_server *server, const struct http_options *options)
{
    const struct http_protection *protection = options->protection;
    enum err err = http_tls_read(&server->tls, options);
    if (err == ERR_OK && protection != NULL && protection->users[0] != '\0') {
        (void)snprintf(
            server->users_flag, sizeof server->users_flag, "%s.users", options->protection_name);
        err = http_users_open(&server->users, protection->users, server->users_flag);
    }
    return err;
}

enum err http_open(struct http_server **server_p, const struct http_options *options)
{
    *server_p = NULL;
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return ERR_MEMORY;
    }
    int fd = -1;
    const struct http_listen listen_on = {.flag = options->flag != NULL ? options->flag : "",
        .address = options->address,
        .host_if_bare = options->host_if_bare};
    enum err err = protect(server, options);
    if (err == ERR_OK) {
        err = open_listener(server, &fd, &listen_on);
    }
    if (err != ERR_OK) {
        free_server(server);
        return err;
    }
    server->max_body_bytes = options->max_body_bytes;
    server->check = options->check;
    server->preflight = options->preflight;
    server->check_context = options->check_context;
    size_t limit = connection_limit(options);
    if (http_connections_init(&server->connections, limit, limit * SHARE_PERCENT / 100) == ERR_OK &&
        http_sweep_start(&server->sweep, &server->connections) == ERR_OK) {
        server->daemon = start_daemon(server, options, fd);
    }
    if (server->daemon == NULL) {
        log_error(
            options->component, "cannot start the HTTP server", "address=%s", options->address);
        (void)close(fd);
        free_server(server);
        return ERR_IO;
    }
    *server_p = server;
    return ERR_OK;
}

enum err http_route(
    struct http_server *server, const char *path, http_handler_fn *handler, void *context)
{
    size_t count = atomic_load_explicit(&server->route_count, memory_order_relaxed);
    if (count == ROUTES_MAX) {
        return ERR_FULL;
    }
    size_t length = strlen(path);
    struct route *route = &server->routes[count];
    if (length >= sizeof route->path) {
        return ERR_INVALID;
    }
    memcpy(route->path, path, length + 1);
    bool is_prefix = length >= 2 && strcmp(path + length - 2, "/*") == 0;
    route->prefix_length = is_prefix ? length - 1 : 0;
    route->handler = handler;
    route->context = context;
    atomic_store_explicit(&server->route_count, count + 1, memory_order_release);
    return ERR_OK;
}

void http_reload(struct http_server *server)
{
    if (server != NULL && server->users != NULL) {
        http_users_reload(server->users);
    }
}

uint16_t http_port(const struct http_server *server)
{
    return server->port;
}

void http_close(struct http_server **server_p)
{
    struct http_server *server = *server_p;
    if (server != NULL) {
        MHD_stop_daemon(server->daemon);
        free_server(server);
    }
    *server_p = NULL;
}
