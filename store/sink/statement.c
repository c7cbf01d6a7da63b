/* SPDX-License-Identifier: BSD-3-Clause -- a scanner over SQL that finds FORMAT and the data. */
#include "store/sink/statement.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* name, keyword or number, unquoted */
    TOKEN_QUOTED, /* 'string', "name" or `name` */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_SEMICOLON,
    TOKEN_OTHER
};

struct token {
    enum token_kind kind;
    size_t start;
    size_t end;
};

struct scanner {
    const char *text;
    size_t size;
    size_t pos;
};

static char peek(const struct scanner *scanner, size_t offset)
{
    bool is_inside = offset < scanner->size - scanner->pos;
    return (char)(is_inside ? scanner->text[scanner->pos + offset] : '\0');
}

static void skip_line(struct scanner *scanner)
{
    const char *start = scanner->text + scanner->pos;
    const char *end = memchr(start, '\n', scanner->size - scanner->pos);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + 1 : scanner->size;
}

static void skip_block_comment(struct scanner *scanner)
{
    const char *start = scanner->text + scanner->pos + 2;
    const char *end = memmem(start, scanner->size - scanner->pos - 2, "*/", 2);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + 2 : scanner->size;
}

static void skip_blanks_and_comments(struct scanner *scanner)
{
    while (scanner->pos < scanner->size) {
        char byte = peek(scanner, 0);
        char next = peek(scanner, 1);
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
static void skip_quoted(struct scanner *scanner)
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
static bool skip_heredoc(struct scanner *scanner)
{
    const char *start = scanner->text + scanner->pos;
    size_t length = 1;
    while (is_word_byte(peek(scanner, length))) {
        length++;
    }
    if (peek(scanner, length) != '$') {
        return false;
    }
    length++;
    size_t left = scanner->size - scanner->pos - length;
    const char *end = memmem(start + length, left, start, length);
    scanner->pos = end != NULL ? (size_t)(end - scanner->text) + length : scanner->size;
    return true;
}

static enum token_kind skip_punctuation(struct scanner *scanner)
{
    char byte = scanner->text[scanner->pos++];
    switch (byte) {
    case '(':
    case '[':
    case '{':
        return TOKEN_OPEN;
    case ')':
    case ']':
    case '}':
        return TOKEN_CLOSE;
    case ';':
        return TOKEN_SEMICOLON;
    default:
        return TOKEN_OTHER;
    }
}

static enum token_kind skip_token(struct scanner *scanner)
{
    if (scanner->pos == scanner->size) {
        return TOKEN_END;
    }
    char byte = scanner->text[scanner->pos];
    if (is_word_byte(byte)) {
        while (is_word_byte(peek(scanner, 0))) {
            scanner->pos++;
        }
        return TOKEN_WORD;
    }
    if (byte == '\'' || byte == '"' || byte == '`') {
        skip_quoted(scanner);
        return TOKEN_QUOTED;
    }
    if (byte == '$' && skip_heredoc(scanner)) {
        return TOKEN_QUOTED;
    }
    return skip_punctuation(scanner);
}

static struct token next_token(struct scanner *scanner)
{
    skip_blanks_and_comments(scanner);
    struct token token = {.start = scanner->pos};
    token.kind = skip_token(scanner);
    token.end = scanner->pos;
    return token;
}

static bool is_word(const struct scanner *scanner, const struct token *token, const char *word)
{
    size_t length = token->end - token->start;
    return token->kind == TOKEN_WORD && length == strlen(word) &&
           strncasecmp(scanner->text + token->start, word, length) == 0;
}

static void copy_format(
    struct statement *statement, const struct scanner *scanner, const struct token *token)
{
    (void)snprintf(statement->format, sizeof statement->format, "%.*s",
        (int)(token->end - token->start), scanner->text + token->start);
}

/* Behind the format's name come blanks and at most one line end, then data, byte by byte. */
static size_t skip_to_data(const struct scanner *scanner, size_t pos)
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

static void end_at_format(struct statement *statement, const struct scanner *scanner,
    const struct token *word, size_t settings_at)
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
static bool take_insert_word(struct statement *statement, struct scanner *scanner,
    struct insert_walk *walk, const struct token *word)
{
    bool is_name = walk->words++ < 1; /* INTO; with it and the table's name words mean nothing */
    if (is_name) {
        return false;
    }
    if (is_word(scanner, word, "SELECT") || is_word(scanner, word, "WITH")) {
        walk->is_select = true;
    } else if (is_word(scanner, word, "INFILE")) {
        walk->has_file = true;
    } else if (is_word(scanner, word, "SETTINGS") && !walk->is_select) {
        walk->settings_at = word->start;
    } else if (is_word(scanner, word, "VALUES") && !walk->is_select) {
        (void)snprintf(statement->format, sizeof statement->format, "Values");
        end_at_format(statement, scanner, word, walk->settings_at);
        return true;
    } else if (is_word(scanner, word, "FORMAT")) {
        struct token format = next_token(scanner);
        copy_format(statement, scanner, &format);
        end_at_format(statement, scanner, word, walk->settings_at);
        return true;
    }
    return false;
}

static void parse_insert(struct statement *statement, struct scanner *scanner)
{
    struct insert_walk walk = {0};
    for (struct token token = next_token(scanner); token.kind != TOKEN_END;
         token = next_token(scanner)) {
        if (token.kind == TOKEN_OPEN) {
            walk.depth++;
        } else if (token.kind == TOKEN_CLOSE && walk.depth > 0) {
            walk.depth--;
        } else if (is_word(scanner, &token, "input") && walk.is_select && peek(scanner, 0) == '(' &&
                   statement->input_at == 0) {
            statement->input_word = token.start;
            statement->input_at = scanner->pos + 1;
        } else if (token.kind == TOKEN_WORD && walk.depth == 0 &&
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
static void take_format(struct statement *statement, const struct scanner *scanner,
    const struct token *name, const struct token *next)
{
    if (next->kind == TOKEN_END || next->kind == TOKEN_SEMICOLON ||
        is_word(scanner, next, "SETTINGS")) {
        copy_format(statement, scanner, name);
    }
}

static void parse_other(struct statement *statement, struct scanner *scanner, struct token token)
{
    size_t depth = 0;
    while (token.kind != TOKEN_END && token.kind != TOKEN_SEMICOLON) {
        bool is_format = depth == 0 && is_word(scanner, &token, "FORMAT");
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        token = next_token(scanner);
        if (is_format && token.kind == TOKEN_WORD) {
            struct token name = token;
            token = next_token(scanner);
            take_format(statement, scanner, &name, &token);
        }
    }
    while (token.kind == TOKEN_SEMICOLON) {
        token = next_token(scanner);
    }
    statement->has_second = token.kind != TOKEN_END;
}

void statement_parse(struct statement *statement_p, const char *text, size_t size)
{
    struct scanner scanner = {.text = text, .size = size};
    *statement_p = (struct statement){0};
    struct token first = next_token(&scanner);
    if (is_word(&scanner, &first, "INSERT")) {
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
