/* SPDX-License-Identifier: BSD-3-Clause -- headers, status and body of answers. */
#include "store/sink/serve_answer.h"

#include "store/sink/content_coding.h"

#include <stdio.h>
#include <string.h>

/* As in ClickHouse's src/Server/HTTP/exceptionCodeToHTTPStatus.cpp, by src/Common/ErrorCodes.cpp.
 */
static const struct {
    int code;
    unsigned status;
} STATUSES[] = {
    {6, 400},
    {8, 400},
    {15, 400},
    {25, 400},
    {26, 400},
    {27, 400},
    {36, 400},
    {37, 400},
    {38, 400},
    {41, 400},
    {44, 400},
    {46, 404},
    {47, 404},
    {48, 501},
    {50, 404},
    {53, 400},
    {56, 404},
    {60, 404},
    {62, 400},
    {63, 404},
    {72, 400},
    {73, 404},
    {76, 503},
    {78, 404},
    {81, 404},
    {115, 404},
    {117, 400},
    {123, 400},
    {152, 404},
    {159, 408},
    {167, 400},
    {168, 400},
    {192, 403},
    {193, 403},
    {194, 401},
    {209, 503},
    {223, 400},
    {229, 413},
    {321, 400},
    {336, 404},
    {376, 400},
    {381, 411},
    {427, 400},
    {439, 503},
    {441, 400},
    {497, 403},
    {511, 404},
    {512, 403},
    {516, 403},
    {675, 400},
    {676, 400},
};

enum {
    STATUS_OTHER = 500
};

static unsigned status_of(int code)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        if (STATUSES[i].code == code) {
            return STATUSES[i].status;
        }
    }
    return STATUS_OTHER;
}

/* By the start of the format's name; the first that fits. */
static const struct {
    const char *prefix;
    const char *content_type;
} CONTENT_TYPES[] = {
    {"JSONEachRow", "application/x-ndjson; charset=UTF-8"},
    {"JSONCompactEachRow", "application/x-ndjson; charset=UTF-8"},
    {"JSONStringsEachRow", "application/x-ndjson; charset=UTF-8"},
    {"JSONCompactStringsEachRow", "application/x-ndjson; charset=UTF-8"},
    {"JSON", "application/json; charset=UTF-8"},
    {"CSVWithNames", "text/csv; charset=UTF-8; header=present"},
    {"CSV", "text/csv; charset=UTF-8; header=absent"},
    {"TabSeparated", "text/tab-separated-values; charset=UTF-8"},
    {"TSV", "text/tab-separated-values; charset=UTF-8"},
    {"XML", "application/xml; charset=UTF-8"},
    {"Markdown", "text/markdown; charset=UTF-8"},
    {"Parquet", "application/octet-stream"},
    {"Arrow", "application/octet-stream"},
    {"ORC", "application/octet-stream"},
    {"Native", "application/octet-stream"},
    {"RowBinary", "application/octet-stream"},
};

static const char *content_type_of(const char *format)
{
    for (size_t i = 0; i < sizeof CONTENT_TYPES / sizeof CONTENT_TYPES[0]; i++) {
        if (strncmp(format, CONTENT_TYPES[i].prefix, strlen(CONTENT_TYPES[i].prefix)) == 0) {
            return CONTENT_TYPES[i].content_type;
        }
    }
    return "text/plain; charset=UTF-8";
}

static void set_content_type(struct http_response *response, const char *type)
{
    (void)snprintf(response->content_type, sizeof response->content_type, "%s", type);
}

void serve_answer_begin(
    struct http_response *response, const struct serve_identity *identity, const char *query_id)
{
    http_response_header(response, "X-ClickHouse-Query-Id", query_id);
    http_response_header(response, "X-ClickHouse-Server-Display-Name", identity->host);
    http_response_header(response, "X-ClickHouse-Timezone", identity->timezone);
}

void serve_answer_error(struct http_response *response, const struct serve_identity *identity,
    int code, const char *text)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", code);
    response->status = status_of(code);
    set_content_type(response, "text/plain; charset=UTF-8");
    http_response_header(response, "X-ClickHouse-Exception-Code", number);
    buffer_clear(&response->body);
    buffer_text_append(&response->body, text);
    if (strstr(text, "(version ") == NULL) {
        buffer_format(&response->body, " (version %s)", identity->version);
    }
    buffer_append(&response->body, "\n", 1);
}

/* Numbers are strings, since clients read JSON numbers as doubles. */
static void add_summary(struct http_response *response, const struct engine_result *result)
{
    char summary[400];
    (void)snprintf(summary, sizeof summary,
        "{\"read_rows\":\"%llu\",\"read_bytes\":\"%llu\",\"written_rows\":\"%llu\","
        "\"written_bytes\":\"%llu\",\"total_rows_to_read\":\"0\",\"result_bytes\":\"%zu\","
        "\"elapsed_ns\":\"%llu\"}",
        (unsigned long long)result->rows_read, (unsigned long long)result->bytes_read,
        (unsigned long long)result->rows_written, (unsigned long long)result->bytes_written,
        result->size, (unsigned long long)result->elapsed_ns);
    http_response_header(response, "X-ClickHouse-Summary", summary);
}

void serve_answer_result(struct http_response *response, const struct engine_result *result,
    const char *format, const char *encoding)
{
    set_content_type(response, content_type_of(format));
    http_response_header(response, "X-ClickHouse-Format", format);
    add_summary(response, result);
    if (encoding == NULL) {
        buffer_append(&response->body, result->bytes, result->size);
        return;
    }
    const struct buffer plain = {.bytes = (char *)result->bytes, .size = result->size};
    http_response_header(response, "Content-Encoding", encoding);
    if (content_encode(encoding, &plain, &response->body) != ERR_OK) {
        response->body.failed = true; /* the HTTP server answers 500 */
    }
}
