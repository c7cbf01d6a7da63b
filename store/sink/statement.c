/* SPDX-License-Identifier: BSD-3-Clause -- finds FORMAT and the data in an INSERT. */
#include "store/sink/statement.h"

#include "store/sink/sql_scanner.h"

#include <stdio.h>

static void copy_format(
    struct statement *statement, const struct sql_scanner *scanner, const struct sql_token *token)
{
    (void)snprintf(statement->format, sizeof statement->format, "%.*s",
        (int)(token->end - token->start), scanner->text + token->start);
}

/* Behind the format's name come blanks and at most one line end, then data, byte by byte. */
static size_t skip_to_data(const struct sql_scanner *scanner, size_t pos)
{
    while (pos < scanner->size && (scanner->text[pos] == ' ' || scanner->text[pos] == '\t')) {
        pos++;
    }
    if (pos < scanner->size && scanner->text[pos] == '\r') {
        pos++;
    }
    if (pos < scanner->size && scanner->text[pos] == '\n') {
        pos++;
    }
    return pos;
}

static void end_at_format(struct statement *statement, const struct sql_scanner *scanner,
    const struct sql_token *word, size_t settings_at)
{
    statement->takes_data = true;
    statement->format_at = word->start;
    statement->clause = settings_at != 0 ? settings_at : word->start;
    statement->data = skip_to_data(scanner, scanner->pos);
}

/* The words of an INSERT in order, until its data begin. */
struct insert_walk {
    size_t depth;
    size_t settings_at;
    size_t words;
    bool is_select;
    bool has_file;
};

/* True: FORMAT or VALUES was reached and the rest is data. */
static bool take_insert_word(struct statement *statement, struct sql_scanner *scanner,
    struct insert_walk *walk, const struct sql_token *word)
{
    if (walk->words++ == 0) {
        return false; /* INTO, or the table's name where that is left out */
    }
    if (sql_scanner_is_word(scanner, word, "SELECT") ||
        sql_scanner_is_word(scanner, word, "WITH")) {
        walk->is_select = true;
    } else if (sql_scanner_is_word(scanner, word, "INFILE")) {
        walk->has_file = true;
    } else if (sql_scanner_is_word(scanner, word, "SETTINGS") && !walk->is_select) {
        walk->settings_at = word->start;
    } else if (sql_scanner_is_word(scanner, word, "VALUES") && !walk->is_select) {
        (void)snprintf(statement->format, sizeof statement->format, "Values");
        end_at_format(statement, scanner, word, walk->settings_at);
        return true;
    } else if (sql_scanner_is_word(scanner, word, "FORMAT")) {
        struct sql_token format = sql_scanner_next(scanner);
        copy_format(statement, scanner, &format);
        end_at_format(statement, scanner, word, walk->settings_at);
        return true;
    }
    return false;
}

static void parse_insert(struct statement *statement, struct sql_scanner *scanner)
{
    struct insert_walk walk = {0};
    for (struct sql_token token = sql_scanner_next(scanner); token.kind != SQL_END;
         token = sql_scanner_next(scanner)) {
        if (token.kind == SQL_OPEN) {
            walk.depth++;
        } else if (token.kind == SQL_CLOSE && walk.depth > 0) {
            walk.depth--;
        } else if (sql_scanner_is_word(scanner, &token, "input") && walk.is_select &&
                   sql_scanner_peek(scanner, 0) == '(' && statement->input_at == 0) {
            statement->input_word = token.start;
            statement->input_at = scanner->pos + 1;
        } else if (token.kind == SQL_WORD && walk.depth == 0 &&
                   take_insert_word(statement, scanner, &walk, &token)) {
            break;
        }
    }
    bool is_own_select = walk.is_select && statement->input_at == 0;
    if (walk.has_file || is_own_select) {
        statement->takes_data = false;
    }
}

/* FORMAT may be a column's name: it counts when only SETTINGS or nothing follow what it names. */
static void take_format(struct statement *statement, const struct sql_scanner *scanner,
    const struct sql_token *name, const struct sql_token *next)
{
    if (next->kind == SQL_END || next->kind == SQL_SEMICOLON ||
        sql_scanner_is_word(scanner, next, "SETTINGS")) {
        copy_format(statement, scanner, name);
    }
}

static void parse_other(
    struct statement *statement, struct sql_scanner *scanner, struct sql_token token)
{
    size_t depth = 0;
    while (token.kind != SQL_END && token.kind != SQL_SEMICOLON) {
        bool is_format = depth == 0 && sql_scanner_is_word(scanner, &token, "FORMAT");
        depth += token.kind == SQL_OPEN;
        depth -= token.kind == SQL_CLOSE && depth > 0;
        token = sql_scanner_next(scanner);
        if (is_format && token.kind == SQL_WORD) {
            struct sql_token name = token;
            token = sql_scanner_next(scanner);
            take_format(statement, scanner, &name, &token);
        }
    }
    while (token.kind == SQL_SEMICOLON) {
        token = sql_scanner_next(scanner);
    }
    statement->has_second = token.kind != SQL_END;
}

void statement_parse(struct statement *statement_p, const char *text, size_t size)
{
    struct sql_scanner scanner = {.text = text, .size = size};
    *statement_p = (struct statement){0};
    struct sql_token first = sql_scanner_next(&scanner);
    if (sql_scanner_is_word(&scanner, &first, "INSERT")) {
        statement_p->is_insert = true;
        parse_insert(statement_p, &scanner);
    } else {
        parse_other(statement_p, &scanner, first);
    }
}

void statement_rewrite(
    const struct statement *statement, const char *text, int fd, struct buffer *out)
{
    if (statement->input_at != 0) {
        buffer_append(out, text, statement->input_word);
        buffer_format(out, "file('/proc/self/fd/%d', '%s', ", fd, statement->format);
        buffer_append(out, text + statement->input_at, statement->format_at - statement->input_at);
        return;
    }
    buffer_append(out, text, statement->clause);
    buffer_format(out, " FROM INFILE '/proc/self/fd/%d' COMPRESSION 'none' ", fd);
    buffer_append(out, text + statement->clause, statement->format_at - statement->clause);
    buffer_format(out, " FORMAT %s", statement->format);
}
