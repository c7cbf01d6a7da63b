/* SPDX-License-Identifier: BSD-3-Clause -- what goflow-store answers over HTTP. */
#include "store/store_http.h"

#include "common/http.h"

#include <stdio.h>
#include <stdlib.h>

struct store_http {
    struct http_server *server;
    struct metrics *metrics;
};

static void answer_metrics(
    void *context, const struct http_request *request, struct http_response *response)
{
    (void)request;
    struct store_http *http = context;
    (void)snprintf(response->content_type, sizeof response->content_type, "%s",
        "text/plain; version=0.0.4; charset=utf-8");
    enum err err = metrics_print(http->metrics, &response->body);
    if (err != ERR_OK) {
        response->status = 500;
        buffer_clear(&response->body);
        buffer_format(&response->body, "%s\n", err_text(err));
    }
}

/* Alive, also while the database is away: that is goflow_write_database_up, and no reason to be
 * restarted. */
static void answer_health(
    void *context, const struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    buffer_text_append(&response->body, "ok\n");
}

enum err store_http_open(
    struct store_http **http_p, const struct store_settings *settings, struct metrics *metrics)
{
    struct store_http *http = calloc(1, sizeof *http);
    *http_p = http;
    if (http == NULL) {
        return ERR_MEMORY;
    }
    http->metrics = metrics;
    struct http_options options = {
        .address = settings->metrics_address, .threads = 1, .component = "http"};
    enum err err = http_open(&http->server, &options);
    if (err == ERR_OK) {
        err = http_route(http->server, settings->metrics_path, answer_metrics, http);
    }
    if (err == ERR_OK) {
        err = http_route(http->server, "/healthz", answer_health, http);
    }
    if (err != ERR_OK) {
        store_http_close(http_p);
    }
    return err;
}

void store_http_close(struct store_http **http_p)
{
    if (*http_p == NULL) {
        return;
    }
    http_close(&(*http_p)->server);
    free(*http_p);
    *http_p = NULL;
}
