/*
 * statement.h -- just enough SQL to serve INSERT: where the statement ends and its data begin.
 *
 * Over HTTP an INSERT carries its data behind the statement, in any format. The engine takes them
 * from a file instead, so the statement is rewritten:
 *
 *   INSERT INTO t (a) SETTINGS x=1 FORMAT F <data>
 *   INSERT INTO t (a) FROM INFILE '/proc/self/fd/N' COMPRESSION 'none' SETTINGS x=1 FORMAT F
 *
 *   INSERT INTO t (a) VALUES <data>
 *   INSERT INTO t (a) FROM INFILE '/proc/self/fd/N' COMPRESSION 'none' FORMAT Values
 *
 *   INSERT INTO t SELECT * FROM input('s') WHERE c FORMAT F <data>
 *   INSERT INTO t SELECT * FROM file('/proc/self/fd/N', 'F', 's') WHERE c
 *
 * Strings, quoted names, comments and brackets are understood; the rest is the engine's business.
 */
#pragma once

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    STATEMENT_FORMAT_SIZE = 64
};

/* Offsets into the text it was parsed from. */
struct statement {
    bool is_insert;
    bool takes_data;   /* an INSERT whose data stand behind it or in the body */
    bool has_second;   /* another statement follows a semicolon */
    size_t clause;     /* where FROM INFILE belongs: before SETTINGS, or before FORMAT */
    size_t format_at;  /* the word FORMAT or VALUES */
    size_t input_at;   /* the arguments of input(); 0: not used */
    size_t input_word; /* the word input */
    size_t data;       /* the first byte of data in the text */
    char format[STATEMENT_FORMAT_SIZE]; /* "" when it names none */
};

void statement_parse(struct statement *statement_p, const char *text, size_t size);

/* Appends the statement that reads its data from the descriptor. Only if it takes data. */
void statement_rewrite(
    const struct statement *statement, const char *text, int fd, struct buffer *out);
