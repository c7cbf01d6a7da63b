/* SPDX-License-Identifier: BSD-3-Clause -- an INSERT with input() reads nothing else. */
#include "store/sink/serve_input.h"

#include "store/sink/sql_scanner.h"

#include <stdbool.h>

/* Operators and functions whose right side may be a table. */
static const char *const READERS[] = {"JOIN", "IN", "notIn", "globalIn", "globalNotIn", "nullIn",
    "notNullIn", "globalNullIn", "globalNotNullIn", "Identifier"};

static bool is_reader(const struct sql_scanner *scanner, const struct sql_token *token)
{
    for (size_t i = 0; i < sizeof READERS / sizeof READERS[0]; i++) {
        if (sql_scanner_is_word(scanner, token, READERS[i])) {
            return true;
        }
    }
    return false;
}

static bool is_after_tables(const struct sql_scanner *scanner, const struct sql_token *token)
{
    static const char *const CLAUSES[] = {"WHERE", "PREWHERE", "GROUP", "ORDER", "LIMIT",
        "SETTINGS", "FORMAT", "HAVING", "QUALIFY", "WINDOW"};
    for (size_t i = 0; i < sizeof CLAUSES / sizeof CLAUSES[0]; i++) {
        if (sql_scanner_is_word(scanner, token, CLAUSES[i])) {
            return true;
        }
    }
    return false;
}

struct input_walk {
    size_t depth;
    size_t selects;
    size_t sources;    /* words FROM */
    bool is_in_tables; /* behind FROM, before the next clause */
    bool is_behind_from;
};

/* False: something else than input() is read. */
static bool take_token(
    struct input_walk *walk, const struct sql_scanner *scanner, const struct sql_token *token)
{
    walk->depth += token->kind == SQL_OPEN;
    walk->depth -= token->kind == SQL_CLOSE && walk->depth > 0;
    walk->selects += sql_scanner_is_word(scanner, token, "SELECT");
    bool is_foreign = walk->is_behind_from && !sql_scanner_is_word(scanner, token, "input");
    walk->is_behind_from = sql_scanner_is_word(scanner, token, "FROM");
    if (walk->is_behind_from) {
        walk->sources++;
        walk->is_in_tables = true;
    } else if (is_after_tables(scanner, token)) {
        walk->is_in_tables = false;
    }
    bool is_comma = token->kind == SQL_OTHER && scanner->text[token->start] == ',';
    bool is_second = walk->is_in_tables && is_comma && walk->depth == 0;
    return !is_foreign && !is_second && walk->selects <= 1 && walk->sources <= 1 &&
           !is_reader(scanner, token);
}

const char *serve_input_check(const char *canonical, size_t size)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct input_walk walk = {0};
    for (struct sql_token token = sql_scanner_next(&scanner); token.kind != SQL_END;
         token = sql_scanner_next(&scanner)) {
        if (!take_token(&walk, &scanner, &token)) {
            return "an INSERT with input() may read nothing else here";
        }
    }
    return NULL;
}
