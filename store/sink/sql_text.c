/* SPDX-License-Identifier: BSD-3-Clause -- texts inside statements. */
#include "store/sink/sql_text.h"

static void append_quoted(struct buffer *sql, const char *text, char quote)
{
    buffer_append(sql, &quote, 1);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == quote || *p == '\\') {
            buffer_append(sql, "\\", 1);
        }
        buffer_append(sql, p, 1);
    }
    buffer_append(sql, &quote, 1);
}

void sql_append_identifier(struct buffer *sql, const char *text)
{
    append_quoted(sql, text, '`');
}

void sql_append_literal(struct buffer *sql, const char *text)
{
    append_quoted(sql, text, '\'');
}
