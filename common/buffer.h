/*
 * buffer.h -- a growing byte buffer for text and documents (JSON, metrics, DDL).
 *
 * Control plane only: the data plane writes into blocks sized at start. An append that runs out of
 * memory fails the buffer; a failed buffer stays failed, so one check at the end is enough.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes; /* not zero-terminated unless buffer_text() was called; NULL while empty */
    size_t size;
    size_t room;
    bool failed;
};

/* A buffer set to zero is empty and ready. */
void buffer_clear(struct buffer *buffer); /* frees; ready again */

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
/* Room for `size` bytes after the content, lent until the next call; whoever writes there adds what
 * it wrote to buffer->size. NULL: the buffer has failed. */
void *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_text_append(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends text as a JSON string with its quotes; `size` bytes, which need not be valid UTF-8. */
void buffer_json_string(struct buffer *buffer, const char *text, size_t size);

/* The content with a closing zero, lent until the next append; "" when empty or failed. */
const char *buffer_text(struct buffer *buffer);

/* ERR_MEMORY when an append failed. */
MUST_CHECK enum err buffer_check(const struct buffer *buffer);
