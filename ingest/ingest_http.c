/* SPDX-License-Identifier: BSD-3-Clause -- what goflow-ingest answers over HTTP. */
#include "ingest/ingest_http.h"

#include <stdio.h>
#include <stdlib.h>

struct ingest_http {
    struct http_server *server;
    struct http_pages pages;
    struct receiver *receiver;
};

static void answer_document(struct ingest_http *http, struct http_response *response,
    enum err (*print)(struct receiver *receiver, struct buffer *out))
{
    (void)snprintf(response->content_type, sizeof response->content_type, "%s", "application/json");
    enum err err = print(http->receiver, &response->body);
    if (err != ERR_OK) {
        response->status = 500;
        buffer_clear(&response->body);
        buffer_format(&response->body, "%s\n", err_text(err));
    }
}

static void answer_templates(
    void *http, const struct http_request *request, struct http_response *response)
{
    (void)request;
    answer_document(http, response, receiver_print_templates);
}

static void answer_exporters(
    void *http, const struct http_request *request, struct http_response *response)
{
    (void)request;
    answer_document(http, response, receiver_print_exporters);
}

static enum err add_routes(struct ingest_http *http, const struct ingest_settings *settings)
{
    enum err err = http_pages_route(http->server, &http->pages);
    if (err == ERR_OK) {
        err = http_route(http->server, settings->templates_path, answer_templates, http);
    }
    if (err == ERR_OK) {
        err = http_route(http->server, "/exporters", answer_exporters, http);
    }
    return err;
}

enum err ingest_http_open(struct ingest_http **http_p, const struct ingest_settings *settings,
    const struct http_pages *pages, struct receiver *receiver)
{
    struct ingest_http *http = calloc(1, sizeof *http);
    *http_p = http;
    if (http == NULL) {
        return ERR_MEMORY;
    }
    http->pages = *pages;
    http->receiver = receiver;
    struct http_options options = {.address = settings->metrics_address,
        .threads = 1,
        .component = "http",
        .flag = http_pages_flag(),
        .protection = &settings->metrics_protection,
        .protection_name = "-metrics"};
    enum err err = http_open(&http->server, &options);
    if (err == ERR_OK) {
        err = add_routes(http, settings);
    }
    if (err != ERR_OK) {
        ingest_http_close(http_p);
    }
    return err;
}

void ingest_http_reload(struct ingest_http *http)
{
    if (http != NULL) {
        http_reload(http->server);
    }
}

void ingest_http_close(struct ingest_http **http_p)
{
    if (*http_p == NULL) {
        return;
    }
    http_close(&(*http_p)->server);
    free(*http_p);
    *http_p = NULL;
}
