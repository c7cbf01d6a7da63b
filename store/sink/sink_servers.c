/* SPDX-License-Identifier: BSD-3-Clause -- which server gets a request, and what it answers. */
#include "store/sink/sink_servers.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/sink/sink_error.h"

#include <stdlib.h>
#include <string.h>

#define COMPONENT "sink"

enum {
    ERROR_TEXT_MAX = 2000, /* an exception's stack trace is of no use to an operator */
    SIGN_OF_LIFE_MS = 2000,
    SETTINGS_MS = 5000
};

#define SILENT_NS NS_PER_S

enum err sink_servers_init(
    struct sink_servers *servers, const struct option_list *addresses, uint16_t port)
{
    *servers = (struct sink_servers){0};
    servers->servers = calloc(addresses->count, sizeof *servers->servers);
    if (servers->servers == NULL) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < addresses->count; i++) {
        const char *address = addresses->values[i];
        struct sink_server *server = &servers->servers[i];
        if (sink_address_is_embedded(address) ||
            sink_address_url(address, port, server->url) != ERR_OK) {
            log_error(COMPONENT, "not the address of a server", "ch.addr=\"%s\"", address);
            return ERR_INVALID;
        }
        (void)pthread_mutex_init(&server->lock, NULL);
        servers->count++;
    }
    return ERR_OK;
}

void sink_servers_clear(struct sink_servers *servers)
{
    for (size_t i = 0; i < servers->count; i++) {
        server_settings_clear(&servers->servers[i].settings);
        (void)pthread_mutex_destroy(&servers->servers[i].lock);
    }
    free(servers->servers);
    *servers = (struct sink_servers){0};
}

void sink_servers_forget(struct sink_servers *servers)
{
    for (size_t i = 0; i < servers->count; i++) {
        struct sink_server *server = &servers->servers[i];
        (void)pthread_mutex_lock(&server->lock);
        server->was_asked = false;
        (void)pthread_mutex_unlock(&server->lock);
    }
}

static void append_error(struct buffer *error, const char *url, const char *text, size_t size)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) {
        size--;
    }
    buffer_format(
        error, "%s: %.*s", url, (int)(size < ERROR_TEXT_MAX ? size : ERROR_TEXT_MAX), text);
}

/* One exchange with one server. What it means is for the caller. */
struct call {
    struct sink_server *server;
    struct http_client *client;
    const char *arguments;
    const char *settings; /* more arguments; NULL: none */
    const struct sink_request *request;
    uint32_t timeout_ms;
    struct http_exchange exchange; /* out */
};

static enum err run_call(struct call *call, struct buffer *why)
{
    struct buffer url = {0};
    buffer_format(&url, "%s/?%s%s", call->server->url, call->arguments,
        call->settings != NULL ? call->settings : "");
    const struct sink_request *request = call->request;
    call->exchange = (struct http_exchange){.url = buffer_text(&url),
        .body = request->body,
        .body_size = request->body_size,
        .header = request->header,
        .timeout_ms = call->timeout_ms,
        .answer = request->answer};
    enum err err = http_client_post(call->client, &call->exchange, why);
    if (err == ERR_OK) {
        atomic_store(&call->server->heard_ns, clock_monotonic_ns());
    }
    buffer_clear(&url);
    return err;
}

static enum sink_outcome answer_outcome(
    const struct http_exchange *exchange, const char *url, bool is_alone, struct buffer *error)
{
    const char *text = buffer_text(exchange->answer);
    enum sink_outcome outcome =
        sink_error_outcome(exchange->status, exchange->exception_code, text, is_alone);
    if (outcome == SINK_DONE) {
        return SINK_DONE;
    }
    if (sink_error_code(text) != 0) {
        append_error(error, url, text, exchange->answer->size);
    } else {
        buffer_format(error, "%s: HTTP status %ld ", url, exchange->status);
        append_error(error, "answer", text, exchange->answer->size);
    }
    return outcome;
}

/* ERR_OK: the server answers, whatever it says. */
static enum err look_for_life(
    struct sink_server *server, struct http_client *client, struct buffer *error)
{
    uint64_t heard_ns = atomic_load(&server->heard_ns);
    if (heard_ns != 0 && clock_monotonic_ns() - heard_ns < SILENT_NS) {
        return ERR_OK;
    }
    struct buffer answer = {0};
    struct buffer why = {0};
    const struct sink_request request = {.body = "SELECT 1", .body_size = 8, .answer = &answer};
    struct call call = {.server = server,
        .client = client,
        .arguments = "default_format=TabSeparated",
        .request = &request,
        .timeout_ms = SIGN_OF_LIFE_MS};
    enum err err = run_call(&call, &why);
    if (err != ERR_OK) {
        append_error(error, server->url, buffer_text(&why), why.size);
    }
    buffer_clear(&why);
    buffer_clear(&answer);
    return err;
}

/* One step of asking for settings. True: this is over, with *err_p. */
static bool ask_settings(
    struct call *call, bool asks_for_rights, enum err *err_p, struct buffer *error)
{
    struct buffer sql = {0};
    struct buffer answer = {0};
    struct buffer why = {0};
    server_settings_question(&sql, asks_for_rights);
    const struct sink_request request = {
        .body = buffer_text(&sql), .body_size = sql.size, .answer = &answer};
    call->request = &request;
    *err_p = run_call(call, &why);
    bool is_answer =
        *err_p == ERR_OK && call->exchange.status == 200 && call->exchange.exception_code == 0;
    bool is_over = *err_p != ERR_OK;
    if (is_answer) {
        is_over =
            server_settings_read(&call->server->settings, buffer_text(&answer)) != ERR_CORRUPT;
    }
    if (*err_p != ERR_OK) {
        append_error(error, call->server->url, buffer_text(&why), why.size);
    }
    buffer_clear(&why);
    buffer_clear(&answer);
    buffer_clear(&sql);
    return is_over;
}

/*
 * A server that says nothing about its settings gets requests without any. ERR_REFUSED, ERR_IO: it
 * does not answer.
 */
static enum err learn_settings(
    struct sink_server *server, struct http_client *client, struct buffer *error)
{
    enum err err = ERR_OK;
    struct call call = {.server = server,
        .client = client,
        .arguments = "default_format=TabSeparatedRaw",
        .timeout_ms = SETTINGS_MS};
    bool asks_for_rights;
    for (size_t step = 0; server_settings_step(step, &call.settings, &asks_for_rights); step++) {
        if (ask_settings(&call, asks_for_rights, &err, error)) {
            break;
        }
    }
    server->was_asked = err == ERR_OK;
    return err;
}

/* Copies the arguments, since another thread may learn them anew. */
static enum err append_settings(struct sink_server *server, struct http_client *client,
    const struct sink_request *request, struct buffer *out, struct buffer *error)
{
    enum err err = ERR_OK;
    (void)pthread_mutex_lock(&server->lock);
    if (!server->was_asked) {
        err = learn_settings(server, client, error);
    }
    const struct server_settings *settings = &server->settings;
    const struct buffer *known =
        request->use == SETTING_INSERT ? &settings->insert : &settings->query;
    buffer_append(out, known->bytes, known->size);
    (void)pthread_mutex_unlock(&server->lock);
    return err;
}

/* ERR_REFUSED: it got nothing of the request; ERR_IO: it did, and has not answered. */
static enum err post_to(const struct sink_servers *servers, struct sink_server *server,
    struct http_client *client, struct sink_request *request, struct buffer *error)
{
    buffer_text_append(error, error->size > 0 ? "; " : "");
    if (servers->count > 1 && look_for_life(server, client, error) != ERR_OK) {
        return ERR_REFUSED;
    }
    struct buffer settings = {0};
    struct buffer why = {0};
    if (append_settings(server, client, request, &settings, error) != ERR_OK) {
        buffer_clear(&settings);
        return ERR_REFUSED;
    }
    struct call call = {.server = server,
        .client = client,
        .arguments = request->arguments,
        .settings = buffer_text(&settings),
        .request = request,
        .timeout_ms = request->timeout_ms};
    enum err err = run_call(&call, &why);
    request->written_rows = call.exchange.written_rows;
    if (err == ERR_OK) {
        request->outcome = answer_outcome(&call.exchange, server->url, request->is_alone, error);
    } else {
        append_error(error, server->url, buffer_text(&why), why.size);
    }
    buffer_clear(&why);
    buffer_clear(&settings);
    return err;
}

enum sink_outcome sink_servers_post(struct sink_servers *servers, struct http_client *client,
    struct sink_request *request, struct buffer *error)
{
    bool is_only_one = request->server != SINK_ANY_SERVER;
    size_t first = is_only_one ? request->server : atomic_load(&servers->current);
    size_t count = is_only_one ? 1 : servers->count;
    enum sink_outcome last = SINK_RETRY;
    for (size_t i = 0; i < count; i++) {
        size_t index = (first + i) % servers->count;
        request->server = index;
        enum err err = post_to(servers, &servers->servers[index], client, request, error);
        if (err == ERR_OK) {
            atomic_store(&servers->current, index);
            return request->outcome;
        }
        if (err != ERR_REFUSED && request->use == SETTING_INSERT) {
            return SINK_UNKNOWN;
        }
        last = err == ERR_REFUSED ? last : SINK_UNKNOWN;
        buffer_clear(request->answer); /* a part of it may have come */
    }
    return last;
}
