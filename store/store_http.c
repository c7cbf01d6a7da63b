/* SPDX-License-Identifier: BSD-3-Clause -- what goflow-store answers over HTTP. */
#include "store/store_http.h"

#include <stdlib.h>

struct store_http {
    struct http_server *server;
    struct http_pages pages;
};

enum err store_http_open(struct store_http **http_p, const struct store_settings *settings,
    const struct http_pages *pages)
{
    struct store_http *http = calloc(1, sizeof *http);
    *http_p = http;
    if (http == NULL) {
        return ERR_MEMORY;
    }
    http->pages = *pages;
    struct http_options options = {.address = settings->metrics_address,
        .threads = 1,
        .component = "http",
        .flag = http_pages_flag(),
        .protection = &settings->metrics_protection,
        .protection_name = "-metrics"};
    enum err err = http_open(&http->server, &options);
    if (err == ERR_OK) {
        err = http_pages_route(http->server, &http->pages);
    }
    if (err != ERR_OK) {
        store_http_close(http_p);
    }
    return err;
}

void store_http_reload(struct store_http *http)
{
    if (http != NULL) {
        http_reload(http->server);
    }
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
