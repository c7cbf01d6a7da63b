/* SPDX-License-Identifier: BSD-3-Clause -- what answers over HTTP mean for a block. */
#include "common/clock.h"
#include "common/http.h"
#include "store/sink/fence.h"
#include "store/sink/sink_backend.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* A server that answers every request as the test says, and remembers the last one. */
static struct {
    struct http_server *server;
    unsigned status;
    const char *exception_code; /* NULL: no such header */
    const char *summary;        /* NULL: no such header */
    const char *body;
    const char *settings; /* that it knows; NULL: it does not say */
    char limit[16];
    char async_insert[16];
    char query[2048];
    char structure[128];
    char content_type[128];
    char body_begin[256];
    char user[64];
    char key[64];
    size_t body_size;
    unsigned requests;
} fake;

static struct sink_backend *backend;
static struct buffer error;

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from != NULL ? from : "");
}

static void answer(
    void *context, const struct http_request *request, struct http_response *response)
{
    (void)context;
    const char *body = request->body_size > 0 ? (const char *)request->body : "";
    if (request->body_size > 6 && memmem(body, request->body_size, "system.settings", 15) != NULL) {
        response->status = 200; /* not one of those that are counted */
        buffer_text_append(&response->body, fake.settings != NULL ? fake.settings : "");
        return;
    }
    if (request->body_size == 8 && memcmp(body, "SELECT 1", 8) == 0) {
        response->status = 200;
        buffer_text_append(&response->body, "1\n");
        return;
    }
    copy(fake.limit, sizeof fake.limit, http_query_value(request, "limit"));
    copy(fake.async_insert, sizeof fake.async_insert, http_query_value(request, "async_insert"));
    copy(fake.query, sizeof fake.query, http_query_value(request, "query"));
    copy(fake.user, sizeof fake.user, http_header_value(request, "X-ClickHouse-User"));
    copy(fake.key, sizeof fake.key, http_header_value(request, "X-ClickHouse-Key"));
    copy(fake.structure, sizeof fake.structure, http_query_value(request, "block_structure"));
    copy(fake.content_type, sizeof fake.content_type, http_header_value(request, "Content-Type"));
    (void)snprintf(fake.body_begin, sizeof fake.body_begin, "%.*s", (int)request->body_size,
        request->body != NULL ? request->body : "");
    fake.body_size = request->body_size;
    fake.requests++;
    response->status = fake.status;
    if (fake.exception_code != NULL) {
        http_response_header(response, "X-ClickHouse-Exception-Code", fake.exception_code);
    }
    if (fake.summary != NULL) {
        http_response_header(response, "X-ClickHouse-Summary", fake.summary);
    }
    buffer_text_append(&response->body, fake.body != NULL ? fake.body : "");
}

static void set_up(void)
{
    struct http_options options = {
        .address = "127.0.0.1:0", .max_body_bytes = 1 << 20, .component = "fake"};
    cr_assert_eq(http_open(&fake.server, &options), ERR_OK);
    cr_assert_eq(http_route(fake.server, "/", answer, NULL), ERR_OK);
    fake.status = 200;
    char dead[] = "127.0.0.1:1"; /* nobody listens on tcpmux here */
    char live[32];
    (void)snprintf(live, sizeof live, "127.0.0.1:%u", (unsigned)http_port(fake.server));
    struct sink_options sink = {.addresses = {.count = 2, .values = {dead, live}},
        .username = "writer",
        .password = "geheim",
        .timeout_ms = 5000};
    cr_assert_eq(sink_http_open(&backend, &sink), ERR_OK);
}

static void tear_down(void)
{
    backend->class->close(backend);
    http_close(&fake.server);
    buffer_clear(&error);
}

TestSuite(sink_http, .init = set_up, .fini = tear_down);

static enum sink_outcome insert_until(enum fence_kind kind, uint64_t server_ms)
{
    const struct fence_end fence = {.kind = kind,
        .server_ms = server_ms,
        .monotonic_ns = clock_monotonic_ns() + 60 * NS_PER_S,
        .server = 1};
    struct buffer bytes = {0};
    buffer_text_append(&bytes, "native bytes");
    struct sink_native native = {.table = "`d`.`t`",
        .columns = "(`A`, `B`)",
        .structure = "`A` Enum8('x' = 1), `B` String",
        .bytes = &bytes,
        .rows = 12,
        .fence = &fence};
    buffer_clear(&error);
    enum sink_outcome outcome = backend->class->insert(backend, &native, &error);
    buffer_clear(&bytes);
    return outcome;
}

static enum sink_outcome insert(void)
{
    return insert_until(FENCE_NONE, 0);
}

static void fake_answer(unsigned status, const char *exception_code, const char *body)
{
    fake.status = status;
    fake.exception_code = exception_code;
    fake.body = body;
}

Test(sink_http, says_in_the_statement_until_when_it_may_begin)
{
    fake.summary = "{\"read_rows\":\"12\",\"written_rows\":\"12\"}";
    cr_assert_eq(insert_until(FENCE_BLOCK, 1700000000123), SINK_DONE);
    cr_assert_str_eq(fake.query, "INSERT INTO `d`.`t` (`A`, `B`) SELECT * FROM "
                                 "input('`A` Enum8(\\'x\\' = 1), `B` String') WHERE "
                                 "nowInBlock64(3) < fromUnixTimestamp64Milli(toInt64("
                                 "1700000000123)) FORMAT Native");
}

Test(sink_http, a_statement_that_came_late_has_inserted_nothing)
{
    fake.summary = "{\"read_rows\":\"12\",\"written_rows\":\"0\"}";
    cr_assert_eq(insert_until(FENCE_BLOCK, 1), SINK_LATE);
    cr_assert_not_null(strstr(buffer_text(&error), "lease was over"));
}

Test(sink_http, fewer_rows_than_were_sent_are_not_stored)
{
    fake.summary = "{\"read_rows\":\"12\",\"written_rows\":\"11\"}";
    cr_assert_eq(insert_until(FENCE_BLOCK, 1), SINK_UNKNOWN);
    cr_assert_not_null(strstr(buffer_text(&error), "wrote 11 of 12 rows"));
    cr_assert_eq(insert(), SINK_UNKNOWN, "without a fence alike");
    fake.summary = "{\"read_rows\":\"12\",\"written_rows\":\"24\"}";
    cr_assert_eq(insert_until(FENCE_BLOCK, 1), SINK_DONE, "a view took them too");
}

Test(sink_http, every_request_carries_the_settings_that_the_server_knows)
{
    fake.settings = "async_insert,limit,max_threads,";
    cr_assert_eq(insert(), SINK_DONE);
    cr_assert_str_eq(fake.limit, "0");
    cr_assert_str_eq(fake.async_insert, "0");
    struct buffer result = {0};
    cr_assert_eq(
        backend->class->query(backend, "SELECT 2", "TabSeparated", &result, &error), SINK_DONE);
    cr_assert_str_eq(fake.limit, "0");
    cr_assert_str_eq(fake.async_insert, "", "it means nothing to a question");
    fake.settings = "limit,";
    cr_assert_eq(insert(), SINK_DONE);
    cr_assert_str_eq(fake.async_insert, "0", "it is asked once");
    backend->class->forget(backend);
    cr_assert_eq(insert(), SINK_DONE);
    cr_assert_str_eq(fake.async_insert, "", "now it is another server");
    buffer_clear(&result);
}

Test(sink_http, does_not_know_what_a_server_without_a_count_has_done)
{
    cr_assert_eq(insert_until(FENCE_BLOCK, 1), SINK_UNKNOWN);
    cr_assert_eq(insert(), SINK_DONE, "without a fence all rows are in");
}

Test(sink_http, gives_a_block_to_an_old_server_before_its_statement_begins)
{
    cr_assert_eq(insert_until(FENCE_FORM, 1700000000123), SINK_DONE);
    cr_assert_str_eq(fake.query,
        "INSERT INTO `d`.`t` (`A`, `B`) SELECT * FROM block WHERE "
        "toUInt8(if(now() < toDateTime(1700000001), '1', '" FENCE_LATE "')) = 1");
    cr_assert_str_eq(fake.structure, "A Enum8('x' = 1), B String");
    const char *boundary = strstr(fake.content_type, "boundary=");
    cr_assert_not_null(boundary, "%s", fake.content_type);
    char expected[256];
    (void)snprintf(expected, sizeof expected,
        "--%1$s\r\nContent-Disposition: form-data; name=\"block\"; filename=\"block\"\r\n\r\n"
        "native bytes\r\n--%1$s--\r\n",
        boundary + strlen("boundary="));
    cr_assert_str_eq(fake.body_begin, expected);
}

Test(sink_http, looks_at_the_clock_of_an_old_server_when_the_statement_begins)
{
    cr_assert_eq(insert_until(FENCE_BEGIN, 1700000000000), SINK_DONE, "no count is asked for");
    cr_assert_str_eq(fake.query,
        "INSERT INTO `d`.`t` (`A`, `B`) SELECT * FROM "
        "input('`A` Enum8(\\'x\\' = 1), `B` String') WHERE "
        "toUInt8(if(now() < toDateTime(1700000000), '1', '" FENCE_LATE "')) = 1 FORMAT Native");
    cr_assert_eq(fake.body_size, strlen("native bytes"));
}

Test(sink_http, knows_a_late_statement_on_an_old_server_by_its_words)
{
    fake_answer(400, NULL,
        "Code: 6, e.displayText() = DB::Exception: Cannot parse string '" FENCE_LATE
        "' as UInt8: syntax error at begin of string");
    cr_assert_eq(insert_until(FENCE_BEGIN, 1), SINK_LATE);
    cr_assert_eq(insert_until(FENCE_FORM, 1), SINK_LATE);
    cr_assert_eq(insert(), SINK_REJECT, "no fence, no lateness");
    fake_answer(400, NULL, "Code: 6, e.displayText() = DB::Exception: Cannot parse string 'x'");
    cr_assert_eq(insert_until(FENCE_BEGIN, 1), SINK_REJECT, "of a view, say");
}

Test(sink_http, retries_when_nobody_listens)
{
    http_close(&fake.server);
    cr_assert_eq(insert(), SINK_RETRY);
    cr_assert_not_null(strstr(buffer_text(&error), "127.0.0.1:1: "));
    cr_assert_not_null(strstr(buffer_text(&error), "; http://127.0.0.1:"), "both are named");
}

Test(sink_http, does_not_believe_a_status_that_an_exception_contradicts)
{
    fake_answer(200, "252", "Code: 252. DB::Exception: Too many parts");
    cr_assert_eq(insert(), SINK_UNKNOWN);
    fake_answer(200, "53", "");
    cr_assert_eq(insert(), SINK_REJECT);
}

Test(sink_http, takes_the_code_from_the_body_of_an_old_server)
{
    fake_answer(500, NULL, "Code: 53, e.displayText() = DB::Exception: Type mismatch");
    cr_assert_eq(insert(), SINK_REJECT);
    cr_assert_not_null(strstr(buffer_text(&error), "Type mismatch"));
}

Test(sink_http, tells_what_a_proxy_may_have_let_through)
{
    fake_answer(500, NULL, "Internal Server Error");
    cr_assert_eq(insert(), SINK_UNKNOWN);
    fake_answer(502, NULL, "");
    cr_assert_eq(insert(), SINK_UNKNOWN);
    fake_answer(503, NULL, "");
    cr_assert_eq(insert(), SINK_RETRY);
    fake_answer(404, NULL, "no such page");
    cr_assert_eq(insert(), SINK_RETRY);
    fake_answer(413, NULL, "");
    cr_assert_eq(insert(), SINK_TOO_LARGE);
}

Test(sink_http, retries_with_a_password_that_is_wrong)
{
    fake_answer(403, "516", "Code: 516. DB::Exception: writer: Authentication failed");
    cr_assert_eq(insert(), SINK_RETRY);
    cr_assert_null(strstr(buffer_text(&error), "geheim"));
}

Test(sink_http, sends_a_block_to_the_server_that_answers)
{
    cr_assert_eq(insert(), SINK_DONE);
    cr_assert_str_eq(fake.query, "INSERT INTO `d`.`t` (`A`, `B`) FORMAT Native");
    cr_assert_str_eq(fake.user, "writer");
    cr_assert_str_eq(fake.key, "geheim");
    cr_assert_eq(fake.body_size, strlen("native bytes"));
    cr_assert_eq(fake.requests, 1);
}

Test(sink_http, ends_an_insert_without_an_answer_before_anything_is_asked)
{
    cr_assert_eq(backend->class->settle(backend, &error), SINK_DONE);
    cr_assert_eq(fake.requests, 0, "there is nothing to end");
    fake_answer(500, NULL, "");
    cr_assert_eq(insert(), SINK_UNKNOWN);
    fake_answer(200, NULL, "");
    cr_assert_eq(backend->class->settle(backend, &error), SINK_DONE);
    cr_assert_eq(fake.requests, 2);
    cr_assert_eq(backend->class->settle(backend, &error), SINK_DONE);
    cr_assert_eq(fake.requests, 2, "once");
}

Test(sink_http, returns_what_a_query_selects)
{
    fake_answer(200, NULL, "1\t2\n");
    struct buffer result = {0};
    cr_assert_eq(
        backend->class->query(backend, "SELECT 1, 2", "TabSeparated", &result, &error), SINK_DONE);
    cr_assert_str_eq(buffer_text(&result), "1\t2\n");
    buffer_clear(&result);
}

Test(sink_http, refuses_a_password_that_would_be_two_headers)
{
    struct sink_options sink = {.addresses = {.count = 1, .values = {"127.0.0.1"}},
        .port = 8123,
        .password = "a\r\nX-Other: b",
        .timeout_ms = 1000};
    struct sink_backend *other;
    cr_assert_eq(sink_http_open(&other, &sink), ERR_INVALID);
    cr_assert_null(other);
}

/* Each row of answers.def, as a server or a proxy says it. */
static const struct played {
    unsigned status;
    int code;
    const char *words;
    enum sink_outcome outcome;
} PLAYED[] = {
#define EXCEPTION(code, name, words, outcome, alone, reason) {500, code, words, SINK_##outcome},
#define STATUS(first, last, outcome, alone, reason)          {last, 0, "", SINK_##outcome},
#include "store/sink/answers.def"
#undef EXCEPTION
#undef STATUS
};

Test(sink_http, every_answer_in_the_table_has_the_outcome_that_the_table_says)
{
    for (size_t i = 0; i < sizeof PLAYED / sizeof PLAYED[0]; i++) {
        const struct played *played = &PLAYED[i];
        char body[256];
        if (played->status < 200 || played->status > 599) {
            continue; /* not a status that a server can send */
        }
        (void)snprintf(
            body, sizeof body, "Code: %d. DB::Exception: %s", played->code, played->words);
        fake_answer(played->status, NULL, played->code != 0 ? body : "");
        cr_assert_eq(insert(), played->outcome, "status %u, %s", played->status, body);
    }
}
