/*
 * store_http.h -- what goflow-store answers over HTTP: metrics and health.
 *
 * One server thread, which reads counters only.
 */
#pragma once

#include "common/http_pages.h"
#include "store/store_settings.h"

struct store_http;

/* Copies `pages`; all pointers are borrowed until store_http_close(). On failure one line is
 * logged. */
MUST_CHECK enum err store_http_open(struct store_http **http_p,
    const struct store_settings *settings, const struct http_pages *pages);
/* Reads the file of users again; NULL is nothing. */
void store_http_reload(struct store_http *http);

void store_http_close(struct store_http **http_p);
