/*
 * captured_log.h -- the log lines of a unit test, as text.
 *
 * Standard error goes to a file in memory from captured_log_begin() to captured_log_end().
 */
#pragma once

#include <stddef.h>

enum {
    CAPTURED_LOG_SIZE = 8192
};

void captured_log_begin(void);
/* Puts standard error back; returns what was written meanwhile, lent until the next call. */
const char *captured_log_end(void);
