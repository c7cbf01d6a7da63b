/*
 * http_pages.h -- the pages every process serves: its metrics and its health.
 */
#pragma once

#include "common/http.h"
#include "common/metrics.h"

/* A route's handler whose context is the struct metrics: Prometheus' text format 0.0.4. */
void http_pages_metrics(
    void *metrics, const struct http_request *request, struct http_response *response);

/* A route's handler without context: "ok" while the process lives, 503 once it is stopping. */
void http_pages_healthz(
    void *context, const struct http_request *request, struct http_response *response);
