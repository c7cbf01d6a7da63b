/* SPDX-License-Identifier: BSD-3-Clause -- the HTTP server around the embedded engine. */
#include "store/sink/serve.h"

#include "common/clock.h"
#include "common/http.h"
#include "common/log.h"
#include "store/sink/serve_exchange.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECTIONS_MAX = 128,
    STATUS_OK = 200
};

#define POLL_NS (10 * NS_PER_MS)
#define KILL_NS (2 * NS_PER_S) /* a query looks from block to block whether it is to end */

/* One listener. */
struct serve_door {
    struct serve *serve;
    bool is_own; /* a Unix socket: whoever gets in is the store's own user */
    struct http_server *http;
};

struct serve {
    struct serve_access access;
    struct http_protection
        network_tls; /* without users: serve asks itself, also for other headers */
    struct serve_door network;
    struct serve_door own;
    atomic_bool is_stopping;
    atomic_uint running; /* queries */
    /* every connection's thread counts here: no slots of their own */
    atomic_uint_fast64_t done;
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t rows_written;
};

METRIC_FAMILY(QUERIES, COUNTER, "goflow_serve_queries_total", "Queries over -ch.serve by result.");
METRIC_FAMILY(ROWS_WRITTEN, COUNTER, "goflow_serve_rows_written_total",
    "Rows that clients of -ch.serve inserted.");

static void answer_ok(
    void *context, const struct http_request *http, struct http_response *response)
{
    (void)context;
    (void)http;
    buffer_text_append(&response->body, "Ok.\n");
}

static void answer_query(
    void *context, const struct http_request *http, struct http_response *response)
{
    const struct serve_door *door = context;
    struct serve *serve = door->serve;
    struct serve_exchange exchange;
    serve_exchange_begin(&exchange, &serve->access, http, response);
    exchange.is_own = door->is_own;
    atomic_fetch_add(&serve->running, 1); /* before the look at is_stopping: a stop sees it */
    if (exchange.request.query[0] == '\0' && exchange.request.is_reading) {
        answer_ok(context, http, response);
    } else if (atomic_load(&serve->is_stopping)) {
        serve_answer_error(response, &serve->access.identity, 236,
            "Code: 236. DB::Exception: The store stops. (ABORTED)");
    } else {
        serve_exchange_run(&exchange);
        atomic_fetch_add(response->status == STATUS_OK ? &serve->done : &serve->failed, 1);
        atomic_fetch_add(&serve->rows_written, exchange.rows_written);
    }
    serve_exchange_end(&exchange);
    atomic_fetch_sub(&serve->running, 1);
}

/* The cells of one row of TabSeparated, cut up in place. */
static void read_identity(struct serve_identity *identity, char *row)
{
    char *rest = NULL;
    const char *host = strtok_r(row, "\t\n", &rest);
    const char *zone = strtok_r(NULL, "\t\n", &rest);
    const char *version = strtok_r(NULL, "\t\n", &rest);
    if (version != NULL) {
        (void)snprintf(identity->host, sizeof identity->host, "%s", host);
        (void)snprintf(identity->timezone, sizeof identity->timezone, "%s", zone);
        (void)snprintf(identity->version, sizeof identity->version, "%s", version);
    }
}

static enum err ask_identity(struct serve *serve)
{
    static const char SQL[] = "SELECT hostName(), timezone(), version()";
    struct engine_session *session = NULL;
    enum err err = engine_session_open(&session, serve->access.engine);
    if (err != ERR_OK) {
        return err;
    }
    const struct engine_query query = {
        .sql = SQL, .sql_size = strlen(SQL), .format = "TabSeparated"};
    struct engine_result result;
    engine_query(session, &query, &result);
    struct buffer row = {0};
    buffer_append(&row, result.bytes, result.size);
    buffer_append(&row, "", 1);
    err = buffer_check(&row);
    if (err == ERR_OK) {
        read_identity(&serve->access.identity, row.bytes);
    }
    buffer_clear(&row);
    engine_result_clear(&result);
    engine_session_close(&session);
    return err;
}

static bool keep_secret(char out[SERVE_SECRET_SIZE], const char *text)
{
    int length = snprintf(out, SERVE_SECRET_SIZE, "%s", text != NULL ? text : "");
    if (length >= SERVE_SECRET_SIZE) {
        log_error("serve", "user or password is too long", "limit=%d", SERVE_SECRET_SIZE - 1);
        return false;
    }
    return true;
}

/* A user who is not known, or a page that may not ask, sends no body. */
static bool check_client(
    void *context, const struct http_request *request, struct http_response *response)
{
    const struct serve_door *door = context;
    struct serve_exchange exchange;
    serve_exchange_begin(&exchange, &door->serve->access, request, response);
    exchange.is_own = door->is_own;
    bool is_known = serve_exchange_check(&exchange);
    serve_exchange_end(&exchange);
    return is_known;
}

struct http_listen serve_listen(const char *address)
{
    return (struct http_listen){
        .flag = "-ch.serve", .address = address, .host_if_bare = "127.0.0.1"};
}

/* A browser asks before it sends what a page wants sent. */
static bool answer_preflight(
    void *context, const struct http_request *request, struct http_response *response)
{
    const struct serve_door *door = context;
    struct serve_exchange exchange;
    serve_exchange_begin(&exchange, &door->serve->access, request, response);
    bool is_allowed = serve_exchange_preflight(&exchange);
    serve_exchange_end(&exchange);
    return is_allowed;
}

static enum err open_door(
    struct serve_door *door, const char *address, const char *flag, uint64_t max_body_bytes)
{
    const struct http_options http_options = {.address = address,
        .host_if_bare = serve_listen(address).host_if_bare,
        .threads = CONNECTIONS_MAX,
        .max_body_bytes = max_body_bytes,
        .component = "serve",
        .flag = flag,
        .check = check_client,
        .preflight = door->is_own ? NULL : answer_preflight,
        .check_context = door,
        .protection = door->is_own ? NULL : &door->serve->network_tls,
        .protection_name = "-ch.serve"};
    enum err err = http_open(&door->http, &http_options);
    if (err == ERR_OK) {
        err = http_route(door->http, "/", answer_query, door);
    }
    if (err == ERR_OK) {
        err = http_route(door->http, "/ping", answer_ok, door);
    }
    if (err == ERR_OK) {
        err = http_route(door->http, "/replicas_status", answer_ok, door);
    }
    if (err == ERR_OK) {
        log_info("serve", "serving the embedded engine over HTTP", "address=%s port=%u", address,
            http_port(door->http));
    }
    return err;
}

static enum err open_doors(struct serve *serve, const struct serve_options *options)
{
    uint64_t max_body_bytes = options->max_body_bytes;
    enum err err = ERR_OK;
    serve->network = (struct serve_door){.serve = serve};
    serve->network_tls = *options->protection;
    serve->network_tls.users = "";
    serve->own = (struct serve_door){.serve = serve, .is_own = true};
    if (options->address[0] != '\0') {
        err = open_door(&serve->network, options->address, "-ch.serve", max_body_bytes);
    }
    if (err == ERR_OK && options->socket[0] != '\0') {
        err = open_door(&serve->own, options->socket, "-ch.serve.socket", max_body_bytes);
    }
    return err;
}

static void destroy(struct serve **serve_p)
{
    http_close(&(*serve_p)->network.http);
    http_close(&(*serve_p)->own.http);
    http_users_close(&(*serve_p)->access.users);
    free(*serve_p);
    *serve_p = NULL;
}

enum err serve_open(
    struct serve **serve_p, struct engine *engine, const struct serve_options *options)
{
    struct serve *serve = calloc(1, sizeof *serve);
    *serve_p = serve;
    if (serve == NULL) {
        return ERR_MEMORY;
    }
    serve->access.engine = engine;
    serve->access.max_body_bytes = options->max_body_bytes;
    serve->access.hosts = options->hosts;
    serve->access.origins = options->origins;
    if (!keep_secret(serve->access.username, options->username) ||
        !keep_secret(serve->access.password, options->password)) {
        destroy(serve_p);
        return ERR_INVALID;
    }
    enum err err = ask_identity(serve);
    if (err == ERR_OK && options->protection->users[0] != '\0') {
        err = http_users_open(&serve->access.users, options->protection->users, "-ch.serve.users");
    }
    if (err == ERR_OK) {
        err = open_doors(serve, options);
    }
    if (err != ERR_OK) {
        destroy(serve_p);
        return err;
    }
    return ERR_OK;
}

void serve_reload(struct serve *serve)
{
    if (serve != NULL && serve->access.users != NULL) {
        http_users_reload(serve->access.users);
    }
}

uint16_t serve_port(const struct serve *serve)
{
    return serve->network.http != NULL ? http_port(serve->network.http) : 0;
}

void serve_collect(void *context, struct metrics_page *page)
{
    struct serve *serve = context;
    metrics_page_add(page, &QUERIES, (double)atomic_load(&serve->done), "result=\"done\"");
    metrics_page_add(page, &QUERIES, (double)atomic_load(&serve->failed), "result=\"failed\"");
    metrics_page_add(page, &ROWS_WRITTEN, (double)atomic_load(&serve->rows_written), "%s", "");
}

/* False: some still run. */
static bool wait_for_queries(struct serve *serve, uint64_t end_ns)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    while (atomic_load(&serve->running) > 0) {
        if (clock_monotonic_ns() >= end_ns) {
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* Also ends what else runs in the engine: the writer has had its time, too. */
static void end_queries(struct serve *serve)
{
    static const char SQL[] = "KILL QUERY WHERE query NOT LIKE 'KILL %' ASYNC";
    struct engine_session *session = NULL;
    if (engine_session_open(&session, serve->access.engine) != ERR_OK) {
        return;
    }
    const struct engine_query query = {.sql = SQL, .sql_size = strlen(SQL), .format = "Null"};
    struct engine_result result;
    engine_query(session, &query, &result);
    engine_result_clear(&result);
    engine_session_close(&session);
}

enum err serve_close(struct serve **serve_p, uint64_t end_ns)
{
    struct serve *serve = *serve_p;
    if (serve == NULL) {
        return ERR_OK;
    }
    atomic_store(&serve->is_stopping, true);
    if (!wait_for_queries(serve, end_ns)) {
        log_warning("serve", "queries that outlast -stop.timeout are ended", "queries=%u",
            atomic_load(&serve->running));
        end_queries(serve);
        if (!wait_for_queries(serve, clock_monotonic_ns() + KILL_NS)) {
            log_error("serve", "a query does not end: the engine stays open", "queries=%u",
                atomic_load(&serve->running));
            return ERR_TIMEOUT;
        }
    }
    destroy(serve_p);
    return ERR_OK;
}
