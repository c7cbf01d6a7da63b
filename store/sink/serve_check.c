/* SPDX-License-Identifier: BSD-3-Clause -- looks a client's statement through before it is run. */
#include "store/sink/serve_check.h"

#include "store/sink/serve_dictionary.h"
#include "store/sink/serve_guard.h"
#include "store/sink/serve_input.h"
#include "store/sink/sql_text.h"

#include <stdio.h>
#include <string.h>

enum {
    QUERY_SPARE_BYTES = 262144 /* the engine's default for statements */
};

static bool deny(struct serve_exchange *exchange, const char *reason)
{
    char text[200];
    (void)snprintf(text, sizeof text, "Code: 497. DB::Exception: %s. (ACCESS_DENIED)", reason);
    serve_exchange_refuse(exchange, 497, text);
    return false;
}

/* The engine's parser writes a statement anew, which is given as a literal of SQL. */
static bool canonicalise(
    struct serve_exchange *exchange, const char *literal, size_t size, struct buffer *canonical)
{
    struct buffer sql = {0};
    struct engine_result result;
    buffer_text_append(&sql, "SELECT formatQuery(");
    buffer_append(&sql, literal, size);
    buffer_format(&sql, ") SETTINGS max_query_size = %zu", size + QUERY_SPARE_BYTES);
    const struct engine_query query = {
        .sql = buffer_text(&sql), .sql_size = sql.size, .format = "RawBLOB"};
    bool is_done = serve_exchange_query(exchange, &query, &result);
    buffer_clear(&sql);
    if (is_done) {
        buffer_append(canonical, result.bytes, result.size);
        (void)buffer_text(canonical);
        engine_result_clear(&result);
    }
    return is_done;
}

/*
 * The engine runs the query of a dictionary later and with more rights. So it has to pass as a
 * SELECT of this client, and all that it reads has to be there.
 */
static bool check_dictionary(struct serve_exchange *exchange, const struct buffer *canonical)
{
    struct sql_token literal;
    if (!serve_dictionary_find(canonical->bytes, canonical->size, &literal)) {
        return true;
    }
    struct buffer query = {0};
    bool is_done = canonicalise(
        exchange, canonical->bytes + literal.start, literal.end - literal.start, &query);
    if (is_done) {
        const char *reason = serve_guard_statement(query.bytes, query.size);
        bool is_reading = serve_guard_is_reading(query.bytes, query.size);
        if (reason == NULL && !is_reading) {
            reason = "the query of a dictionary has to be a SELECT";
        }
        is_done = reason == NULL || deny(exchange, reason);
    }
    if (is_done) {
        struct buffer sql = {0};
        buffer_text_append(&sql, "DESCRIBE TABLE (");
        buffer_append(&sql, query.bytes, query.size);
        buffer_text_append(&sql, ")");
        is_done = serve_exchange_statement(exchange, &sql);
    }
    buffer_clear(&query);
    return is_done;
}

/* A name that comes as a parameter is not in the statement. */
static bool has_path_parameter(const struct serve_request *request)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (strchr(request->parameters[i].value, '/') != NULL) {
            return true;
        }
    }
    return false;
}

static bool check_canonical(struct serve_exchange *exchange, const struct buffer *canonical)
{
    const struct serve_request *request = &exchange->request;
    if (request->is_reading && !serve_guard_is_reading(canonical->bytes, canonical->size)) {
        serve_exchange_refuse(exchange, 164,
            "Code: 164. DB::Exception: default: Cannot execute query in readonly mode. (READONLY)");
        return false;
    }
    const char *reason = serve_guard_statement(canonical->bytes, canonical->size);
    if (reason == NULL && exchange->statement.input_at != 0) {
        reason = serve_input_check(canonical->bytes, canonical->size);
    }
    if (reason == NULL && has_path_parameter(request) &&
        serve_guard_has_name_parameter(canonical->bytes, canonical->size)) {
        reason = "a name with a slash is not allowed here: the engine reads it as a file";
    }
    return reason == NULL ? check_dictionary(exchange, canonical) : deny(exchange, reason);
}

/* The text that the engine's parser makes of the statement is looked through. */
bool serve_check_statement(struct serve_exchange *exchange)
{
    if (memchr(exchange->given.bytes, '\0', exchange->given.size) != NULL) {
        serve_exchange_refuse(exchange, 62,
            "Code: 62. DB::Exception: Syntax error: a statement must not contain a zero byte. "
            "(SYNTAX_ERROR)");
        return false;
    }
    struct buffer literal = {0};
    struct buffer canonical = {0};
    sql_append_literal(&literal, buffer_text(&exchange->given));
    bool is_done = canonicalise(exchange, literal.bytes, literal.size, &canonical) &&
                   check_canonical(exchange, &canonical);
    buffer_clear(&literal);
    buffer_clear(&canonical);
    return is_done;
}
