/*
 * http_tls.h -- certificate and key of an HTTP server, in memory.
 *
 * Private to common/http*.c. libmicrohttpd hands them to GnuTLS when it starts.
 */
#pragma once

#include "common/buffer.h"
#include "common/http.h"

struct http_tls {
    struct buffer certificate; /* texts in PEM; empty: no TLS */
    struct buffer key;
};

/* Reads both files where they are given. On failure one line is logged. */
MUST_CHECK enum err http_tls_read(struct http_tls *tls_p, const struct http_options *options);

/* Wipes the key. */
void http_tls_clear(struct http_tls *tls);
