/* SPDX-License-Identifier: BSD-3-Clause -- a growing byte buffer, which fails once for all. */
#include "common/buffer.h"

#include "common/json_string.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 256
};

void buffer_clear(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

/* Makes room for `size` more bytes; false: the buffer has failed. */
static bool reserve(struct buffer *buffer, size_t size)
{
    if (buffer->failed) {
        return false;
    }
    if (size <= buffer->room - buffer->size) {
        return true;
    }
    if (size > SIZE_MAX / 4 - buffer->size) {
        buffer->failed = true;
        return false;
    }
    size_t room = buffer->room > 0 ? buffer->room : FIRST_ROOM;
    while (room - buffer->size < size) {
        room *= 2;
    }
    char *bytes = realloc(buffer->bytes, room);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size > 0 && reserve(buffer, size)) {
        memcpy(buffer->bytes + buffer->size, bytes, size);
        buffer->size += size;
    }
}

void *buffer_reserve(struct buffer *buffer, size_t size)
{
    return reserve(buffer, size) ? buffer->bytes + buffer->size : NULL;
}

void buffer_text_append(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
    } else if (reserve(buffer, (size_t)length + 1)) {
        (void)vsnprintf(buffer->bytes + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
}

void buffer_json_string(struct buffer *buffer, const char *text, size_t size)
{
    char *room = buffer_reserve(buffer, JSON_STRING_MAX(size));
    if (room != NULL) {
        buffer->size += (size_t)(json_put_string(room, text, size) - room);
    }
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->size == 0 || !reserve(buffer, 1)) {
        return "";
    }
    buffer->bytes[buffer->size] = '\0';
    return buffer->bytes;
}

enum err buffer_check(const struct buffer *buffer)
{
    return buffer->failed ? ERR_MEMORY : ERR_OK;
}
