/*
 * start_line.h -- the one line that a program logs when everything it needs is open.
 *
 * Level notice, which the default level shows: version, then what the program adds: who it is, what
 * it listens on and where it writes to. A value of the caller's; main thread.
 */
#pragma once

#include "common/buffer.h"
#include "common/options.h"

struct start_line {
    struct buffer pairs;
};

/* Appends key=value; nothing for an empty value. */
void start_line_add(struct start_line *line, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends key=first,second; nothing for an empty list. */
void start_line_list(struct start_line *line, const char *key, const struct option_list *list);

/* Logs the line and frees its text. */
void start_line_log(struct start_line *line, const char *component);
