/*
 * serve_request.h -- what a request to the HTTP interface asks for, taken from URL and headers.
 *
 * Private to store/sink/serve*.c. Texts are lent by the request.
 */
#pragma once

#include "common/http.h"
#include "store/sink/engine.h"

#include <stdbool.h>

enum {
    SERVE_SETTINGS_MAX = 128,
    SERVE_SECRET_SIZE = 256, /* of user and password, with the closing zero */
    SERVE_QUERY_ID_SIZE = 128
};

struct serve_setting {
    const char *name;
    const char *value;
};

struct serve_request {
    const char *query; /* "" when the body is all there is */
    const char *database;
    const char *format; /* of the output, unless the statement names one */
    char query_id[SERVE_QUERY_ID_SIZE];
    char user[SERVE_SECRET_SIZE];
    char password[SERVE_SECRET_SIZE];
    bool is_reading; /* GET and HEAD may not change anything */
    bool wants_encoding;
    bool wants_framing; /* compress=1 or decompress=1: ClickHouse's own blocks */
    bool has_too_many;  /* settings or parameters */
    size_t setting_count;
    size_t parameter_count;
    struct serve_setting settings[SERVE_SETTINGS_MAX];
    struct engine_parameter parameters[ENGINE_PARAMETERS_MAX];
};

void serve_request_parse(struct serve_request *request_p, const struct http_request *http);
