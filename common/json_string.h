/*
 * json_string.h -- any bytes as a JSON string.
 *
 * Pure functions; any thread.
 */
#pragma once

#include <stddef.h>

/* The most bytes that a text of `size` bytes takes, quotes included. */
#define JSON_STRING_MAX(size) ((size)*6 + 2)

/*
 * Writes the text with its quotes to `out`, which has room for JSON_STRING_MAX(size) bytes; returns
 * the end. Bytes that are not UTF-8 become the replacement character.
 */
char *json_put_string(char *out, const char *text, size_t size);
