/* SPDX-License-Identifier: BSD-3-Clause -- /metrics, /healthz and /readyz. */
#include "common/http_pages.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    INTERNAL_SERVER_ERROR = 500,
    SERVICE_UNAVAILABLE = 503
};

static void answer_metrics(
    void *context, const struct http_request *request, struct http_response *response)
{
    (void)request;
    const struct http_pages *pages = context;
    (void)snprintf(response->content_type, sizeof response->content_type,
        "text/plain; version=0.0.4; charset=utf-8");
    if (metrics_print(pages->metrics, &response->body) != ERR_OK) {
        buffer_clear(&response->body);
        response->status = INTERNAL_SERVER_ERROR;
    }
}

static void answer_health(
    void *context, const struct http_request *request, struct http_response *response)
{
    const struct http_pages *pages = context;
    buffer_text_append(&response->body, "ok\n");
    if (request->is_known) {
        drop_report_print(pages->drops, &response->body);
    }
}

static void answer_ready(
    void *context, const struct http_request *request, struct http_response *response)
{
    const struct http_pages *pages = context;
    struct buffer obstacles = {0};
    pages->print_obstacles(pages->context, &obstacles);
    if (obstacles.size > 0) {
        response->status = SERVICE_UNAVAILABLE;
        buffer_text_append(&response->body, "not ready\n");
        if (request->is_known) {
            buffer_append(&response->body, obstacles.bytes, obstacles.size);
        }
    } else {
        buffer_text_append(&response->body, "ready\n");
    }
    buffer_clear(&obstacles);
}

const char *http_pages_flag(void)
{
    const char *given = getenv(HTTP_METRICS_FLAG);
    return given != NULL ? given : "-metrics.addr";
}

enum err http_pages_route(struct http_server *server, struct http_pages *pages)
{
    enum err err = http_route(server, pages->metrics_path, answer_metrics, pages);
    if (err == ERR_OK) {
        err = http_route(server, "/healthz", answer_health, pages);
    }
    return err == ERR_OK ? http_route(server, "/readyz", answer_ready, pages) : err;
}
