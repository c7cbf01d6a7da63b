/* SPDX-License-Identifier: BSD-3-Clause -- /metrics and /healthz. */
#include "common/http_pages.h"

#include <stdio.h>

enum {
    INTERNAL_SERVER_ERROR = 500
};

void http_pages_metrics(
    void *metrics, const struct http_request *request, struct http_response *response)
{
    (void)request;
    (void)snprintf(response->content_type, sizeof response->content_type,
        "text/plain; version=0.0.4; charset=utf-8");
    if (metrics_print(metrics, &response->body) != ERR_OK) {
        buffer_clear(&response->body);
        response->status = INTERNAL_SERVER_ERROR;
    }
}

void http_pages_health(
    void *context, const struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    buffer_text_append(&response->body, "ok\n");
}
