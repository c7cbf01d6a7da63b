/*
 * sql_scanner.h -- SQL, a token at a time: enough to tell a statement's words from its texts.
 *
 * Blanks and comments are passed over; a string, a quoted name or a heredoc is one token. The text
 * is a client's and may be anything: an unclosed quote or comment ends with the text, and nothing
 * behind it is read. Syntax: ClickHouse's documentation, "Syntax", "Heredoc".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum sql_token_kind {
    SQL_END,
    SQL_WORD,   /* name, keyword or number, unquoted */
    SQL_QUOTED, /* 'string', "name", `name` or $tag$heredoc$tag$ */
    SQL_OPEN,
    SQL_CLOSE,
    SQL_SEMICOLON,
    SQL_OTHER
};

/* Offsets into the text: the first byte, and the one behind the last. */
struct sql_token {
    enum sql_token_kind kind;
    size_t start;
    size_t end;
};

struct sql_scanner {
    const char *text; /* borrowed */
    size_t size;
    size_t pos; /* behind the token last read */
};

/* SQL_END at the end of the text, as often as it is asked. */
struct sql_token sql_scanner_next(struct sql_scanner *scanner);

/* A byte that was not read yet; '\0' behind the end. */
char sql_scanner_peek(const struct sql_scanner *scanner, size_t offset);

/* Keywords are the same in upper and lower case. */
bool sql_scanner_is_word(
    const struct sql_scanner *scanner, const struct sql_token *token, const char *word);
