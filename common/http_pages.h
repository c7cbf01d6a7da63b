/*
 * http_pages.h -- the pages every process serves: its metrics and its health.
 */
#pragma once

#include "common/http.h"
#include "common/metrics.h"

/* A route's handler whose context is the struct metrics: Prometheus' text format 0.0.4. */
void http_pages_metrics(
    void *metrics, const struct http_request *request, struct http_response *response);

/*
 * A route's handler without context: "ok" from a live process. A database that is away is no reason
 * to restart anything, so it does not show here; the metrics tell.
 */
void http_pages_health(
    void *context, const struct http_request *request, struct http_response *response);
