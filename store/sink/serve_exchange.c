/* SPDX-License-Identifier: BSD-3-Clause -- one query over HTTP, from its headers to its answer. */
#include "store/sink/serve_exchange.h"

#include "common/file.h"
#include "store/sink/content_coding.h"
#include "store/sink/serve_check.h"
#include "store/sink/serve_guard.h"
#include "store/sink/sql_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

void serve_exchange_begin(struct serve_exchange *exchange_p, const struct serve_access *access,
    const struct http_request *http, struct http_response *response)
{
    *exchange_p = (struct serve_exchange){
        .access = access, .http = http, .response = response, .data_fd = -1};
    serve_request_parse(&exchange_p->request, http);
}

void serve_exchange_refuse(struct serve_exchange *exchange, int code, const char *text)
{
    serve_answer_error(exchange->response, &exchange->access->identity, code, text);
}

/* Takes as long whatever the text is: how much of a password was right must not show. */
static bool is_equal_secret(const char *given, const char *wanted)
{
    size_t length = strlen(wanted);
    unsigned difference = strlen(given) != length;
    for (size_t i = 0; i < length && given[i] != '\0'; i++) {
        difference |= (unsigned char)given[i] ^ (unsigned char)wanted[i];
    }
    return difference == 0;
}

/* A user who may only read asks as by GET, whatever the method. */
static bool is_user(struct serve_exchange *exchange, const char *name)
{
    const struct serve_access *access = exchange->access;
    const char *password = exchange->request.password;
    if (access->users == NULL) {
        bool needs_password = access->password[0] != '\0';
        return strcmp(name, access->username) == 0 &&
               (!needs_password || is_equal_secret(password, access->password));
    }
    struct http_user_rights rights;
    bool is_known =
        http_users_check(access->users, name, password, &exchange->http->client, &rights);
    exchange->request.is_reading = exchange->request.is_reading || !rights.may_write;
    return is_known;
}

static bool check_user(struct serve_exchange *exchange)
{
    const struct serve_request *request = &exchange->request;
    const char *user = request->user[0] != '\0' ? request->user : "default";
    if (is_user(exchange, user)) {
        return true;
    }
    char text[SERVE_SECRET_SIZE + 200];
    (void)snprintf(text, sizeof text,
        "Code: 516. DB::Exception: %s: Authentication failed: password is incorrect, or there is "
        "no user with such name. (AUTHENTICATION_FAILED)",
        user);
    serve_exchange_refuse(exchange, 516, text);
    return false;
}

/* A page in a browser reaches loopback, too, under its own name and with its own origin. */
static bool check_origin(struct serve_exchange *exchange)
{
    const char *origin = http_header_value(exchange->http, "Origin");
    const char *host = http_header_value(exchange->http, "Host");
    bool is_allowed = origin == NULL;
    for (size_t i = 0; !is_allowed && i < exchange->access->origins.count; i++) {
        is_allowed = strcmp(origin, exchange->access->origins.values[i]) == 0;
    }
    if (!is_allowed || !serve_guard_is_own_host(host, &exchange->access->hosts)) {
        serve_exchange_refuse(exchange, 497,
            is_allowed ? "Code: 497. DB::Exception: This Host is not served here: -ch.serve.host "
                         "allows it. (ACCESS_DENIED)"
                       : "Code: 497. DB::Exception: This Origin is not allowed: -ch.serve.origin "
                         "allows it. (ACCESS_DENIED)");
        return false;
    }
    if (origin != NULL) {
        http_response_header(exchange->response, "Access-Control-Allow-Origin", origin);
        http_response_header(exchange->response, "Vary", "Origin");
        http_response_header(exchange->response, "Access-Control-Expose-Headers",
            "X-ClickHouse-Exception-Code, X-ClickHouse-Format, X-ClickHouse-Query-Id, "
            "X-ClickHouse-Summary, X-ClickHouse-Timezone");
    }
    return true;
}

static bool check_request(struct serve_exchange *exchange)
{
    if (exchange->request.wants_framing) {
        serve_exchange_refuse(exchange, 48,
            "Code: 48. DB::Exception: compress=1 and decompress=1 are not supported here: use "
            "Content-Encoding and Accept-Encoding with enable_http_compression=1. "
            "(NOT_IMPLEMENTED)");
        return false;
    }
    if (exchange->request.has_too_many) {
        serve_exchange_refuse(exchange, 36,
            "Code: 36. DB::Exception: Too many settings or parameters in the URL. "
            "(BAD_ARGUMENTS)");
        return false;
    }
    return true;
}

/* The body as sent, or unpacked when it has a Content-Encoding. */
static bool decode_body(struct serve_exchange *exchange, struct buffer *body_p)
{
    const struct http_request *http = exchange->http;
    const char *coding = http_header_value(http, "Content-Encoding");
    *body_p = (struct buffer){.bytes = (char *)http->body, .size = http->body_size};
    if (coding == NULL || coding[0] == '\0' || strcasecmp(coding, "identity") == 0) {
        return true;
    }
    enum err err =
        content_decode(coding, body_p, exchange->access->max_body_bytes, &exchange->body);
    *body_p = exchange->body;
    if (err == ERR_OK) {
        return true;
    }
    char text[200];
    int code = err == ERR_UNSUPPORTED ? 89 : err == ERR_FULL ? 229 : 354;
    const char *name = err == ERR_UNSUPPORTED ? "UNKNOWN_COMPRESSION_METHOD"
                       : err == ERR_FULL      ? "QUERY_IS_TOO_LARGE"
                                              : "ZLIB_INFLATE_FAILED";
    (void)snprintf(text, sizeof text,
        "Code: %d. DB::Exception: Cannot unpack the body with Content-Encoding %.40s: %s. (%s)",
        code, coding, err_text(err), name);
    serve_exchange_refuse(exchange, code, text);
    return false;
}

/* The data of an INSERT, in a file in memory that the engine reads. */
static bool put_data(
    struct serve_exchange *exchange, const struct buffer *head, const struct buffer *body)
{
    size_t start = exchange->statement.data;
    exchange->data_fd = memfd_create("goflow-insert", MFD_CLOEXEC);
    if (exchange->data_fd >= 0 &&
        file_write(exchange->data_fd, head->bytes + start, head->size - start) == ERR_OK &&
        (body == NULL || file_write(exchange->data_fd, body->bytes, body->size) == ERR_OK)) {
        return true;
    }
    serve_exchange_refuse(exchange, 173,
        "Code: 173. DB::Exception: No memory for the data. (CANNOT_ALLOCATE_MEMORY)");
    return false;
}

/* The statement is the URL's query, or the body, or both one after the other. */
static bool build_statement(struct serve_exchange *exchange, const struct buffer *body)
{
    const char *query = exchange->request.query;
    struct buffer head = {.bytes = (char *)query, .size = strlen(query)};
    const struct buffer *rest = body;
    if (head.size == 0) {
        head = *body;
        rest = NULL;
    }
    statement_parse(&exchange->statement, head.bytes, head.size);
    size_t own = exchange->statement.takes_data ? exchange->statement.data : head.size;
    buffer_append(&exchange->given, head.bytes, own);
    if (!exchange->statement.takes_data && rest != NULL && rest->size > 0) {
        buffer_append(&exchange->given, "\n", 1);
        buffer_append(&exchange->given, rest->bytes, rest->size);
    }
    if (exchange->statement.has_second) {
        serve_exchange_refuse(exchange, 62,
            "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). "
            "(SYNTAX_ERROR)");
        return false;
    }
    if (exchange->statement.takes_data) {
        if (!put_data(exchange, &head, rest)) {
            return false;
        }
        statement_rewrite(&exchange->statement, head.bytes, exchange->data_fd, &exchange->sql);
        return true;
    }
    buffer_append(&exchange->sql, head.bytes, head.size);
    if (rest != NULL && rest->size > 0) {
        buffer_append(&exchange->sql, "\n", 1);
        buffer_append(&exchange->sql, rest->bytes, rest->size);
    }
    return true;
}

bool serve_exchange_query(struct serve_exchange *exchange, const struct engine_query *query,
    struct engine_result *result_p)
{
    engine_query(exchange->session, query, result_p);
    if (result_p->error == NULL) {
        return true;
    }
    serve_exchange_refuse(exchange, result_p->error_code, result_p->error);
    engine_result_clear(result_p);
    return false;
}

bool serve_exchange_statement(struct serve_exchange *exchange, struct buffer *sql)
{
    struct engine_result result;
    const struct engine_query query = {
        .sql = buffer_text(sql), .sql_size = sql->size, .format = "Null"};
    bool is_done = serve_exchange_query(exchange, &query, &result);
    if (is_done) {
        engine_result_clear(&result);
    }
    buffer_clear(sql);
    return is_done;
}

/* Only an INSERT with input() reads its data, which we put into a file, by the function file(). */
static const char *role_of(const struct serve_exchange *exchange)
{
    if (exchange->request.is_reading) {
        return "SET ROLE NONE";
    }
    return exchange->statement.input_at != 0 ? "SET ROLE writer, feeder" : "SET ROLE writer";
}

/* Settings of the URL, in one statement because a store sends many; last that a GET only reads. */
static bool apply_settings(struct serve_exchange *exchange)
{
    struct buffer sql = {0};
    const struct serve_request *request = &exchange->request;
    const char *readonly = "2";
    for (size_t i = 0; i < request->setting_count; i++) {
        const struct serve_setting *setting = &request->settings[i];
        if (request->is_reading && strcmp(setting->name, "readonly") == 0) {
            readonly = strcmp(setting->value, "1") == 0 ? "1" : "2";
            continue;
        }
        buffer_text_append(&sql, sql.size == 0 ? "SET " : ", ");
        sql_append_identifier(&sql, setting->name);
        buffer_text_append(&sql, " = ");
        sql_append_literal(&sql, setting->value);
    }
    if (sql.size > 0 && !serve_exchange_statement(exchange, &sql)) {
        return false;
    }
    if (request->is_reading) {
        buffer_format(&sql, "SET readonly = %s", readonly);
        return serve_exchange_statement(exchange, &sql);
    }
    return true;
}

/* The statement is checked before settings like offset = 1 can change what the check reads. */
static bool prepare_session(struct serve_exchange *exchange)
{
    struct buffer sql = {0};
    const struct serve_request *request = &exchange->request;
    if (request->database[0] != '\0') {
        buffer_text_append(&sql, "USE ");
        sql_append_identifier(&sql, request->database);
        if (!serve_exchange_statement(exchange, &sql)) {
            return false;
        }
    }
    buffer_text_append(&sql, role_of(exchange));
    return serve_exchange_statement(exchange, &sql) && serve_check_statement(exchange) &&
           apply_settings(exchange);
}

static void run_query(struct serve_exchange *exchange)
{
    const struct serve_request *request = &exchange->request;
    const char *format = request->format;
    if (!exchange->statement.is_insert && exchange->statement.format[0] != '\0') {
        format = exchange->statement.format;
    }
    const struct engine_query query = {.sql = buffer_text(&exchange->sql),
        .sql_size = exchange->sql.size,
        .format = format,
        .parameters = request->parameters,
        .parameter_count = request->parameter_count};
    struct engine_result result;
    if (!serve_exchange_query(exchange, &query, &result)) {
        return;
    }
    if (result.rows_written > 0 && engine_sync(exchange->access->engine) != ERR_OK) {
        engine_result_clear(&result);
        serve_exchange_refuse(exchange, 75,
            "Code: 75. DB::Exception: The rows are in the table, but the disk did not confirm "
            "them. "
            "(CANNOT_WRITE_TO_FILE_DESCRIPTOR)");
        return;
    }
    const char *encoding =
        request->wants_encoding
            ? content_choose(http_header_value(exchange->http, "Accept-Encoding"))
            : NULL;
    serve_answer_result(exchange->response, &result, format, encoding);
    exchange->rows_written = result.rows_written;
    engine_result_clear(&result);
}

bool serve_exchange_check(struct serve_exchange *exchange)
{
    serve_answer_begin(exchange->response, &exchange->access->identity, exchange->request.query_id);
    return exchange->is_own || (check_origin(exchange) && check_user(exchange));
}

bool serve_exchange_preflight(struct serve_exchange *exchange)
{
    struct http_response *response = exchange->response;
    if (!check_origin(exchange)) {
        return false;
    }
    http_response_header(response, "Access-Control-Allow-Methods", "GET, HEAD, POST");
    http_response_header(response, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Content-Encoding, X-ClickHouse-User, X-ClickHouse-Key, "
        "X-ClickHouse-Database, X-ClickHouse-Format, X-ClickHouse-Query-Id");
    http_response_header(response, "Access-Control-Max-Age", "600");
    return true;
}

void serve_exchange_run(struct serve_exchange *exchange)
{
    struct buffer body;
    if (!serve_exchange_check(exchange) || !check_request(exchange) ||
        !decode_body(exchange, &body) || !build_statement(exchange, &body)) {
        return;
    }
    if (engine_session_open(&exchange->session, exchange->access->engine) != ERR_OK) {
        serve_exchange_refuse(exchange, 173,
            "Code: 173. DB::Exception: No memory for a session. (CANNOT_ALLOCATE_MEMORY)");
        return;
    }
    if (prepare_session(exchange)) {
        run_query(exchange);
    }
}

void serve_exchange_end(struct serve_exchange *exchange)
{
    engine_session_close(&exchange->session);
    buffer_clear(&exchange->body);
    buffer_clear(&exchange->sql);
    buffer_clear(&exchange->given);
    if (exchange->data_fd >= 0) {
        (void)close(exchange->data_fd);
    }
}
