/* SPDX-License-Identifier: BSD-3-Clause -- URL arguments and headers of a request. */
#include "store/sink/serve_request.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* Arguments that are no settings. Some are taken by name, the others mean nothing here. */
static const char *const RESERVED[] = {"query", "database", "default_format", "user", "password",
    "query_id", "quota_key", "session_id", "session_timeout", "session_check", "stacktrace",
    "compress", "decompress", "buffer_size", "wait_end_of_query", "role", "client_protocol_version",
    "close_session"};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof RESERVED / sizeof RESERVED[0]; i++) {
        if (strcmp(RESERVED[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_on(const char *value)
{
    return value != NULL && (strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0);
}

static void take_argument(void *context, const char *name, const char *value)
{
    struct serve_request *request = context;
    if (strncmp(name, "param_", strlen("param_")) == 0) {
        if (request->parameter_count == ENGINE_PARAMETERS_MAX) {
            request->has_too_many = true;
            return;
        }
        request->parameters[request->parameter_count++] =
            (struct engine_parameter){name + strlen("param_"), value};
        return;
    }
    if (strcmp(name, "enable_http_compression") == 0) {
        request->wants_encoding = is_on(value);
    } else if (!is_reserved(name)) {
        if (request->setting_count == SERVE_SETTINGS_MAX) {
            request->has_too_many = true;
            return;
        }
        request->settings[request->setting_count++] = (struct serve_setting){name, value};
    }
}

static int base64_value(char byte)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = byte != '\0' ? strchr(DIGITS, byte) : NULL;
    return found != NULL ? (int)(found - DIGITS) : -1;
}

/* RFC 4648; stops at padding, at anything strange and at the end of `out`. */
static void decode_base64(char *out, size_t size, const char *text)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t used = 0;
    for (const char *p = text; base64_value(*p) >= 0 && used + 1 < size; p++) {
        bits = bits << 6 | (uint32_t)base64_value(*p);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[used++] = (char)(bits >> bit_count);
        }
    }
    out[used] = '\0';
}

/* Cuts what is too long: no secret of that length is ever right. */
static void copy_if(char *out, size_t size, const char *text)
{
    if (text != NULL) {
        size_t length = strnlen(text, size - 1);
        memcpy(out, text, length);
        out[length] = '\0';
    }
}

static void take_basic(struct serve_request *request, const char *encoded)
{
    char pair[2 * SERVE_SECRET_SIZE];
    decode_base64(pair, sizeof pair, encoded + strspn(encoded, " "));
    char *colon = strchr(pair, ':');
    if (colon != NULL) {
        *colon = '\0';
        copy_if(request->user, sizeof request->user, pair);
        copy_if(request->password, sizeof request->password, colon + 1);
    }
}

/* Headers, else HTTP's own authentication, else the URL. */
static void take_credentials(struct serve_request *request, const struct http_request *http)
{
    static const char BASIC[] = "Basic ";
    const char *authorization = http_header_value(http, "Authorization");
    copy_if(request->user, sizeof request->user, http_query_value(http, "user"));
    copy_if(request->password, sizeof request->password, http_query_value(http, "password"));
    if (authorization != NULL && strncasecmp(authorization, BASIC, strlen(BASIC)) == 0) {
        take_basic(request, authorization + strlen(BASIC));
    }
    copy_if(request->user, sizeof request->user, http_header_value(http, "X-ClickHouse-User"));
    copy_if(
        request->password, sizeof request->password, http_header_value(http, "X-ClickHouse-Key"));
}

/* A random UUID (RFC 9562 section 5.4), as the server makes for queries without an id. */
static void make_query_id(char out[SERVE_QUERY_ID_SIZE])
{
    uint16_t words[8] = {0};
    ssize_t got = getrandom(words, sizeof words, 0);
    (void)got; /* so few bytes never fail once the system has booted */
    (void)snprintf(out, SERVE_QUERY_ID_SIZE, "%04x%04x-%04x-%04x-%04x-%04x%04x%04x", words[0],
        words[1], words[2], (words[3] & 0xfffu) | 0x4000u, (words[4] & 0x3fffu) | 0x8000u, words[5],
        words[6], words[7]);
}

static const char *first_of(const char *a, const char *b, const char *fallback)
{
    if (a != NULL && a[0] != '\0') {
        return a;
    }
    return b != NULL && b[0] != '\0' ? b : fallback;
}

void serve_request_parse(struct serve_request *request_p, const struct http_request *http)
{
    *request_p = (struct serve_request){0};
    http_query_each(http, take_argument, request_p);
    take_credentials(request_p, http);
    request_p->query = first_of(http_query_value(http, "query"), NULL, "");
    request_p->database = first_of(
        http_query_value(http, "database"), http_header_value(http, "X-ClickHouse-Database"), "");
    request_p->format = first_of(http_query_value(http, "default_format"),
        http_header_value(http, "X-ClickHouse-Format"), "TabSeparated");
    request_p->is_reading = strcmp(http->method, "POST") != 0;
    request_p->wants_framing =
        is_on(http_query_value(http, "compress")) || is_on(http_query_value(http, "decompress"));
    const char *query_id = first_of(
        http_query_value(http, "query_id"), http_header_value(http, "X-ClickHouse-Query-Id"), NULL);
    if (query_id != NULL) {
        copy_if(request_p->query_id, sizeof request_p->query_id, query_id);
    } else {
        make_query_id(request_p->query_id);
    }
}
