/*
 * http_pages.h -- the pages that every process serves: metrics, /healthz and /readyz.
 *
 * /healthz answers 200 while the process lives, with what it drops. /readyz answers 503, with the
 * reasons, while flows cannot pass: a database that is away must not restart anything.
 */
#pragma once

#include "common/drop_report.h"
#include "common/http.h"
#include "common/metrics.h"

/*
 * The environment variable in which the launcher names the flag that it made -metrics.addr of, so
 * that a refusal names what the user has given.
 */
#define HTTP_METRICS_FLAG "GOFLOW_METRICS_FLAG"
/* Its value, or -metrics.addr. */
const char *http_pages_flag(void);

/* Everything is borrowed until http_close(). */
struct http_pages {
    const char *metrics_path;
    struct metrics *metrics;
    struct drop_report *drops;
    /* Appends one line for each reason why flows cannot pass. HTTP thread. */
    void (*print_obstacles)(void *context, struct buffer *out);
    void *context;
};

/* Routes the three pages. */
MUST_CHECK enum err http_pages_route(struct http_server *server, struct http_pages *pages);
