/* SPDX-License-Identifier: BSD-3-Clause -- the line that says that a program has started. */
#include "common/start_line.h"

#include "common/log.h"

#include <stdarg.h>

enum {
    VALUE_SIZE = 512
};

void start_line_add(struct start_line *line, const char *key, const char *format, ...)
{
    char value[VALUE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (value[0] != '\0') {
        buffer_format(&line->pairs, " %s=%s", key, value);
    }
}

void start_line_list(struct start_line *line, const char *key, const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0) {
            buffer_format(&line->pairs, " %s=%s", key, list->values[i]);
        } else {
            buffer_format(&line->pairs, ",%s", list->values[i]);
        }
    }
}

void start_line_log(struct start_line *line, const char *component)
{
    log_notice(component, "started", "version=%s%s", GOFLOW_VERSION, buffer_text(&line->pairs));
    buffer_clear(&line->pairs);
}
