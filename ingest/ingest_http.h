/*
 * ingest_http.h -- what goflow-ingest answers over HTTP: metrics, health, templates.
 *
 * One server thread; it reads counters, and asks the workers for their templates by message.
 */
#pragma once

#include "common/http_pages.h"
#include "ingest/ingest_settings.h"
#include "ingest/receive/receiver.h"

struct ingest_http;

/* Copies `pages`; all pointers are borrowed until ingest_http_close(). On failure one line is
 * logged. */
MUST_CHECK enum err ingest_http_open(struct ingest_http **http_p,
    const struct ingest_settings *settings, const struct http_pages *pages,
    struct receiver *receiver);
/* Reads the file of users again; NULL is nothing. */
void ingest_http_reload(struct ingest_http *http);

void ingest_http_close(struct ingest_http **http_p);
