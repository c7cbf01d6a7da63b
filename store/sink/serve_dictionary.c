/* SPDX-License-Identifier: BSD-3-Clause -- finds the query that a dictionary is loaded by. */
#include "store/sink/serve_dictionary.h"

static bool take_kind(struct sql_scanner *scanner, enum sql_token_kind kind)
{
    return sql_scanner_next(scanner).kind == kind;
}

bool serve_dictionary_query(struct sql_scanner scanner, struct sql_token *query_p)
{
    *query_p = (struct sql_token){.kind = SQL_END};
    if (!take_kind(&scanner, SQL_OPEN)) {
        return false;
    }
    struct sql_token source = sql_scanner_next(&scanner);
    if (!take_kind(&scanner, SQL_OPEN)) {
        return false;
    }
    if (sql_scanner_is_word(&scanner, &source, "NULL")) {
        return take_kind(&scanner, SQL_CLOSE);
    }
    struct sql_token key = sql_scanner_next(&scanner);
    *query_p = sql_scanner_next(&scanner);
    return sql_scanner_is_word(&scanner, &source, "CLICKHOUSE") &&
           sql_scanner_is_word(&scanner, &key, "QUERY") && query_p->kind == SQL_QUOTED &&
           scanner.text[query_p->start] == '\'' && take_kind(&scanner, SQL_CLOSE);
}

bool serve_dictionary_find(const char *canonical, size_t size, struct sql_token *query_p)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct sql_token token = sql_scanner_next(&scanner);
    if (!sql_scanner_is_word(&scanner, &token, "CREATE") &&
        !sql_scanner_is_word(&scanner, &token, "ATTACH") &&
        !sql_scanner_is_word(&scanner, &token, "REPLACE")) {
        return false;
    }
    for (; token.kind != SQL_END; token = sql_scanner_next(&scanner)) {
        if (sql_scanner_is_word(&scanner, &token, "SOURCE") &&
            sql_scanner_peek(&scanner, 0) == '(') {
            return serve_dictionary_query(scanner, query_p) && query_p->kind == SQL_QUOTED;
        }
    }
    return false;
}
