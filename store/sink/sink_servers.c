/* SPDX-License-Identifier: BSD-3-Clause -- which server gets a request, and what it answers. */
#include "store/sink/sink_servers.h"

#include "common/log.h"
#include "store/sink/sink_error.h"

#include <stdlib.h>

#define COMPONENT "sink"

enum {
    ERROR_TEXT_MAX = 2000, /* an exception's stack trace is of no use to an operator */
    HTTP_OK = 200,
    HTTP_TOO_LARGE = 413,
    HTTP_SERVER_ERROR = 500,
    HTTP_UNAVAILABLE = 503
};

enum err sink_servers_init(
    struct sink_servers *servers, const struct option_list *addresses, uint16_t port)
{
    *servers = (struct sink_servers){.count = addresses->count};
    servers->urls = calloc(servers->count, sizeof *servers->urls);
    if (servers->urls == NULL) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < servers->count; i++) {
        const char *address = addresses->values[i];
        if (sink_address_is_embedded(address) ||
            sink_address_url(address, port, servers->urls[i]) != ERR_OK) {
            log_error(COMPONENT, "not the address of a server", "ch.addr=\"%s\"", address);
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

void sink_servers_clear(struct sink_servers *servers)
{
    free(servers->urls);
    *servers = (struct sink_servers){0};
}

static void append_error(struct buffer *error, const char *url, const char *text, size_t size)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) {
        size--;
    }
    buffer_format(
        error, "%s: %.*s", url, (int)(size < ERROR_TEXT_MAX ? size : ERROR_TEXT_MAX), text);
}

/* An answer without an exception's code: from a proxy, or from something that is no ClickHouse. */
static enum sink_outcome status_outcome(long status)
{
    if (status == HTTP_TOO_LARGE) {
        return SINK_REJECT;
    }
    return status < HTTP_SERVER_ERROR || status == HTTP_UNAVAILABLE ? SINK_RETRY : SINK_UNKNOWN;
}

static enum sink_outcome answer_outcome(
    const struct http_exchange *exchange, const char *url, struct buffer *error)
{
    const char *text = buffer_text(exchange->answer);
    int code = exchange->exception_code;
    if (exchange->status == HTTP_OK && code == 0) {
        return SINK_DONE;
    }
    if (code == 0) {
        code = sink_error_code(text);
    }
    if (sink_error_code(text) != 0) {
        append_error(error, url, text, exchange->answer->size);
    } else {
        buffer_format(error, "%s: HTTP status %ld ", url, exchange->status);
        append_error(error, "answer", text, exchange->answer->size);
    }
    return code != 0 ? sink_error_outcome(code) : status_outcome(exchange->status);
}

enum sink_outcome sink_servers_post(struct sink_servers *servers, struct http_client *client,
    struct sink_request *request, struct buffer *error)
{
    size_t first = atomic_load(&servers->current);
    for (size_t i = 0; i < servers->count; i++) {
        size_t server = (first + i) % servers->count;
        const char *base = servers->urls[server];
        struct buffer url = {0};
        buffer_format(&url, "%s/?%s", base, request->arguments);
        struct http_exchange exchange = {.url = buffer_text(&url),
            .body = request->body,
            .body_size = request->body_size,
            .header = request->header,
            .answer = request->answer};
        struct buffer why = {0};
        buffer_text_append(error, error->size > 0 ? "; " : "");
        enum err err = http_client_post(client, &exchange, &why);
        enum sink_outcome outcome = SINK_RETRY;
        request->written_rows = exchange.written_rows;
        if (err == ERR_OK) {
            outcome = answer_outcome(&exchange, base, error);
            atomic_store(&servers->current, server);
        } else {
            append_error(error, base, buffer_text(&why), why.size);
        }
        buffer_clear(&why);
        buffer_clear(&url);
        if (err != ERR_REFUSED) {
            return err == ERR_OK ? outcome : SINK_UNKNOWN;
        }
    }
    return SINK_RETRY;
}
