/* SPDX-License-Identifier: BSD-3-Clause -- finds the tokens of SQL. */
#include "store/sink/sql_scanner.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

char sql_scanner_peek(const struct sql_scanner *scanner, size_t offset)
{
    bool is_inside = offset < scanner->size - scanner->pos;
    return (char)(is_inside ? scanner->text[scanner->pos + offset] : '\0');
}

static void skip_line(struct sql_scanner *scanner)
{
    const char *start = scanner->text + scanner->pos;
    const char *end = memchr(start, '\n', scanner->size - scanner->pos);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + 1 : scanner->size;
}

static void skip_block_comment(struct sql_scanner *scanner)
{
    const char *start = scanner->text + scanner->pos + 2;
    const char *end = memmem(start, scanner->size - scanner->pos - 2, "*/", 2);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + 2 : scanner->size;
}

static void skip_blanks_and_comments(struct sql_scanner *scanner)
{
    while (scanner->pos < scanner->size) {
        char byte = sql_scanner_peek(scanner, 0);
        char next = sql_scanner_peek(scanner, 1);
        if (isspace((unsigned char)byte)) {
            scanner->pos++;
        } else if ((byte == '-' && next == '-') || (byte == '#' && (next == '!' || next == ' '))) {
            skip_line(scanner);
        } else if (byte == '/' && next == '*') {
            skip_block_comment(scanner);
        } else {
            return;
        }
    }
}

static bool is_word_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* A backslash escapes the next byte; a doubled quote reads as two strings, which is as good. */
static void skip_quoted(struct sql_scanner *scanner)
{
    char quote = scanner->text[scanner->pos++];
    while (scanner->pos < scanner->size) {
        char byte = scanner->text[scanner->pos++];
        if (byte == quote) {
            return;
        }
        if (byte == '\\' && scanner->pos < scanner->size) {
            scanner->pos++;
        }
    }
}

/* $tag$ text $tag$; the tag may be empty. False: it is only a dollar sign. */
static bool skip_heredoc(struct sql_scanner *scanner)
{
    const char *start = scanner->text + scanner->pos;
    size_t length = 1;
    while (is_word_byte(sql_scanner_peek(scanner, length))) {
        length++;
    }
    if (sql_scanner_peek(scanner, length) != '$') {
        return false;
    }
    length++;
    size_t left = scanner->size - scanner->pos - length;
    const char *end = memmem(start + length, left, start, length);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + length : scanner->size;
    return true;
}

static enum sql_token_kind skip_punctuation(struct sql_scanner *scanner)
{
    char byte = scanner->text[scanner->pos++];
    switch (byte) {
    case '(':
    case '[':
    case '{':
        return SQL_OPEN;
    case ')':
    case ']':
    case '}':
        return SQL_CLOSE;
    case ';':
        return SQL_SEMICOLON;
    default:
        return SQL_OTHER;
    }
}

static enum sql_token_kind skip_token(struct sql_scanner *scanner)
{
    if (scanner->pos == scanner->size) {
        return SQL_END;
    }
    char byte = scanner->text[scanner->pos];
    if (is_word_byte(byte)) {
        while (is_word_byte(sql_scanner_peek(scanner, 0))) {
            scanner->pos++;
        }
        return SQL_WORD;
    }
    if (byte == '\'' || byte == '"' || byte == '`') {
        skip_quoted(scanner);
        return SQL_QUOTED;
    }
    if (byte == '$' && skip_heredoc(scanner)) {
        return SQL_QUOTED;
    }
    return skip_punctuation(scanner);
}

struct sql_token sql_scanner_next(struct sql_scanner *scanner)
{
    skip_blanks_and_comments(scanner);
    struct sql_token token = {.start = scanner->pos};
    token.kind = skip_token(scanner);
    token.end = scanner->pos;
    return token;
}

bool sql_scanner_is_word(
    const struct sql_scanner *scanner, const struct sql_token *token, const char *word)
{
    size_t length = token->end - token->start;
    return token->kind == SQL_WORD && length == strlen(word) &&
           strncasecmp(scanner->text + token->start, word, length) == 0;
}
