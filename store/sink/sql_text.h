/*
 * sql_text.h -- texts inside statements, between their quotes.
 *
 * ClickHouse's rules: a backslash escapes the quote and itself, in every kind of quotes. Pure.
 */
#pragma once

#include "common/buffer.h"

/* `text` as a name: between backticks. */
void sql_append_identifier(struct buffer *sql, const char *text);

/* 'text' as a string. */
void sql_append_literal(struct buffer *sql, const char *text);
