/* SPDX-License-Identifier: BSD-3-Clause -- log lines on stderr, one write(2) each. */
#include "common/log.h"

#include "common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_SIZE = 1024
};

static const char *const LEVEL_NAMES[] = {"error", "notice", "warning", "info", "debug"};

static enum log_level log_threshold = LOG_LEVEL_WARNING;
static enum log_format log_shape = LOG_FORMAT_NORMAL;

enum err log_level_parse(enum log_level *level_p, const char *text)
{
    static const struct {
        const char *name;
        enum log_level level;
    } NAMES[] = {
        {"panic", LOG_LEVEL_ERROR},
        {"fatal", LOG_LEVEL_ERROR},
        {"error", LOG_LEVEL_ERROR},
        {"warning", LOG_LEVEL_WARNING},
        {"warn", LOG_LEVEL_WARNING},
        {"info", LOG_LEVEL_INFO},
        {"debug", LOG_LEVEL_DEBUG},
        {"trace", LOG_LEVEL_DEBUG},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcasecmp(NAMES[i].name, text) == 0) {
            *level_p = NAMES[i].level;
            return ERR_OK;
        }
    }
    return ERR_INVALID;
}

enum err log_format_parse(enum log_format *format_p, const char *text)
{
    if (strcmp(text, "normal") == 0 || strcmp(text, "text") == 0) {
        *format_p = LOG_FORMAT_NORMAL;
        return ERR_OK;
    }
    if (strcmp(text, "json") == 0) {
        *format_p = LOG_FORMAT_JSON;
        return ERR_OK;
    }
    return ERR_INVALID;
}

void log_setup(const char *level, const char *format)
{
    enum log_level threshold;
    enum log_format shape;
    if (log_level_parse(&threshold, level) == ERR_OK &&
        log_format_parse(&shape, format) == ERR_OK) {
        log_threshold = threshold;
        log_shape = shape;
    }
}

static void format_time(char *text, size_t size)
{
    uint64_t now_ns = clock_wall_ns();
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(
        text + length, size - length, ".%03uZ", (unsigned)(now_ns % NS_PER_S / NS_PER_MS));
}

/* Copies text as the inside of a JSON string. */
static void escape_json(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (const char *p = text; *p != '\0' && used + 7 < size; p++) {
        unsigned char byte = (unsigned char)*p;
        if (byte == '"' || byte == '\\') {
            out[used++] = '\\';
            out[used++] = *p;
        } else if (byte < 0x20) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", byte);
        } else {
            out[used++] = *p;
        }
    }
    out[used] = '\0';
}

/* A line break in a value must not start a second line. */
static void flatten(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '\n' || *p == '\r') {
            *p = ' ';
        }
    }
}

void log_line(
    enum log_level level, const char *component, const char *message, const char *pairs, ...)
{
    if (level > log_threshold) {
        return;
    }
    char time_text[40];
    format_time(time_text, sizeof time_text);
    char values[LINE_SIZE];
    va_list arguments;
    va_start(arguments, pairs);
    (void)vsnprintf(values, sizeof values, pairs, arguments);
    va_end(arguments);

    char line[2 * LINE_SIZE + 256];
    if (log_shape == LOG_FORMAT_JSON) {
        char escaped[2 * LINE_SIZE];
        escape_json(escaped, sizeof escaped, values);
        (void)snprintf(line, sizeof line - 1,
            "{\"time\":\"%s\",\"level\":\"%s\",\"component\":\"%s\",\"msg\":\"%s\","
            "\"values\":\"%s\"}",
            time_text, LEVEL_NAMES[level], component, message, escaped);
    } else {
        flatten(values);
        (void)snprintf(line, sizeof line - 1, "%s %s %s: %s%s%s", time_text, LEVEL_NAMES[level],
            component, message, values[0] != '\0' ? " " : "", values);
    }
    size_t length = strlen(line);
    line[length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written;
}
