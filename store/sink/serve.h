/*
 * serve.h -- the embedded engine over ClickHouse's HTTP interface (-ch.serve).
 *
 * curl, Grafana, client libraries and other goflow-store processes use it like a server: GET and
 * POST, query and parameters in the URL, data in any format both ways, X-ClickHouse-* headers, and
 * status codes for exceptions as the real one has them. Each request has an engine session of its
 * own on a thread of its own; session_id is taken and means nothing. Results are whole in memory.
 */
#pragma once

#include "common/err.h"
#include "common/http_listen.h"
#include "common/http_protection.h"
#include "common/metrics.h"
#include "common/options.h"
#include "store/sink/engine.h"

struct serve;

/* Texts are borrowed for the call. */
struct serve_options {
    const char *address;  /* "ADDR:PORT"; ":PORT" is loopback; "": none */
    const char *socket;   /* "unix:PATH": for this user only, without a password; "": none */
    const char *username; /* who may come */
    const char *password; /* "": none is asked for */
    uint64_t max_body_bytes;
    struct option_list hosts; /* names that clients may call it by; borrowed until serve_close() */
    struct option_list origins; /* of pages that may ask; likewise */
    /* Users instead of `username`, and TLS at `address`; borrowed until serve_close(). */
    const struct http_protection *protection;
};

/* Where it listens. */
struct http_listen serve_listen(const char *address);

/* `engine` is borrowed until serve_close(). On failure one line is logged. */
MUST_CHECK enum err serve_open(
    struct serve **serve_p, struct engine *engine, const struct serve_options *options);

/* Reads the file of users again; NULL is nothing. */
void serve_reload(struct serve *serve);

/* 0 where it listens on a Unix socket only. */
uint16_t serve_port(const struct serve *serve);

/* A collector: requests and bytes by outcome. */
void serve_collect(void *serve, struct metrics_page *page);

/*
 * Refuses new queries, waits for those under way until `end_ns` (monotonic), and then ends them.
 * ERR_TIMEOUT, with a line in the log: the engine did not end one within two seconds more. Then the
 * serve stays as it is, the engine cannot be closed, and the process has to end without either.
 */
MUST_CHECK enum err serve_close(struct serve **serve_p, uint64_t end_ns);
