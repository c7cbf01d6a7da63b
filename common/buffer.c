/* SPDX-License-Identifier: BSD-3-Clause -- a growing byte buffer, which fails once for all. */
#include "common/buffer.h"

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

/*
 * Length of the UTF-8 character that starts at `text`, or 0 when it is malformed: cut off,
 * overlong, a surrogate or beyond U+10FFFF (RFC 3629 section 4).
 */
static size_t utf8_length(const uint8_t *text, size_t left)
{
    uint8_t first = text[0];
    if (first < 0x80) {
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    bool is_beyond = (first == 0xed && text[1] > 0x9f) || (first == 0xf4 && text[1] > 0x8f);
    return is_overlong || is_beyond ? 0 : length;
}

static void json_control(struct buffer *buffer, uint8_t byte)
{
    static const char NAMES[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof NAMES; i += 2) {
        if ((uint8_t)NAMES[i] == byte) {
            buffer_format(buffer, "\\%c", NAMES[i + 1]);
            return;
        }
    }
    buffer_format(buffer, "\\u%04x", byte);
}

void buffer_json_string(struct buffer *buffer, const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    buffer_append(buffer, "\"", 1);
    size_t i = 0;
    while (i < size) {
        size_t length = utf8_length(bytes + i, size - i);
        if (length == 0) {
            buffer_text_append(buffer, "\xef\xbf\xbd"); /* U+FFFD, the replacement character */
            i++;
        } else if (bytes[i] < 0x20 || bytes[i] == '"' || bytes[i] == '\\') {
            json_control(buffer, bytes[i]);
            i++;
        } else {
            buffer_append(buffer, bytes + i, length);
            i += length;
        }
    }
    buffer_append(buffer, "\"", 1);
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
