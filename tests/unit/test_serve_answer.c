/* SPDX-License-Identifier: BSD-3-Clause -- answers of the HTTP interface, without an engine. */
#include "store/sink/serve_answer.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct serve_identity IDENTITY = {
    .host = "store1", .timezone = "UTC", .version = "26.5.1.1"};

static struct http_response response;

static const char *header(const char *name)
{
    for (size_t i = 0; i < response.header_count; i++) {
        if (strcmp(response.headers[i].name, name) == 0) {
            return response.headers[i].value;
        }
    }
    return "";
}

static unsigned status_after(int code)
{
    response = (struct http_response){.status = 200};
    serve_answer_error(&response, &IDENTITY, code, "x");
    buffer_clear(&response.body);
    return response.status;
}

Test(serve_answer, gives_exceptions_the_status_of_the_server)
{
    cr_assert_eq(status_after(62), 400, "SYNTAX_ERROR");
    cr_assert_eq(status_after(194), 401, "REQUIRED_PASSWORD");
    cr_assert_eq(status_after(516), 403, "AUTHENTICATION_FAILED");
    cr_assert_eq(status_after(60), 404, "UNKNOWN_TABLE");
    cr_assert_eq(status_after(159), 408, "TIMEOUT_EXCEEDED");
    cr_assert_eq(status_after(229), 413, "QUERY_IS_TOO_LARGE");
    cr_assert_eq(status_after(48), 501, "NOT_IMPLEMENTED");
    cr_assert_eq(status_after(209), 503, "SOCKET_TIMEOUT");
    cr_assert_eq(status_after(395), 500, "anything else");
    cr_assert_eq(status_after(0), 500, "no code at all");
}

Test(serve_answer, ends_an_exception_in_its_version)
{
    response = (struct http_response){.status = 200};
    serve_answer_error(&response, &IDENTITY, 60, "Code: 60. DB::Exception: No. (UNKNOWN_TABLE)");
    cr_assert_str_eq(buffer_text(&response.body),
        "Code: 60. DB::Exception: No. (UNKNOWN_TABLE) (version 26.5.1.1)\n");
    cr_assert_str_eq(header("X-ClickHouse-Exception-Code"), "60");
    buffer_clear(&response.body);
}

Test(serve_answer, does_not_tell_the_version_twice)
{
    response = (struct http_response){.status = 200};
    serve_answer_error(&response, &IDENTITY, 60, "Code: 60. No. (version 1.2)");
    cr_assert_str_eq(buffer_text(&response.body), "Code: 60. No. (version 1.2)\n");
    buffer_clear(&response.body);
}

Test(serve_answer, tells_format_type_and_summary)
{
    const struct engine_result result = {
        .bytes = "{\"a\":1}\n", .size = 8, .rows_read = 3, .rows_written = 2};
    response = (struct http_response){.status = 200};
    serve_answer_begin(&response, &IDENTITY, "mine");
    serve_answer_result(&response, &result, "JSONEachRow", NULL);
    cr_assert_eq(response.status, 200);
    cr_assert_str_eq(response.content_type, "application/x-ndjson; charset=UTF-8");
    cr_assert_str_eq(header("X-ClickHouse-Format"), "JSONEachRow");
    cr_assert_str_eq(header("X-ClickHouse-Query-Id"), "mine");
    cr_assert_str_eq(header("X-ClickHouse-Timezone"), "UTC");
    cr_assert_not_null(strstr(header("X-ClickHouse-Summary"), "\"written_rows\":\"2\""));
    cr_assert_str_eq(buffer_text(&response.body), "{\"a\":1}\n");
    buffer_clear(&response.body);
}

Test(serve_answer, packs_the_body_when_asked)
{
    const struct engine_result result = {.bytes = "1\n", .size = 2};
    response = (struct http_response){.status = 200};
    serve_answer_result(&response, &result, "CSV", "gzip");
    cr_assert_str_eq(header("Content-Encoding"), "gzip");
    cr_assert_eq(memcmp(response.body.bytes, "\x1f\x8b", 2), 0);
    buffer_clear(&response.body);
}
