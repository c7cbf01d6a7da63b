/*
 * log.h -- one line for each change of state: time, level, component, message, key=value.
 *
 * Control plane only: the data plane counts and never logs. Lines go to stderr, one write each,
 * so that threads do not mix them. Level and format are set once at start.
 */
#pragma once

#include "common/err.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_NOTICE, /* starts and peers that come: shown at warning, the default, too */
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};
enum log_format {
    LOG_FORMAT_NORMAL,
    LOG_FORMAT_JSON
};

/* error, warning, info or debug (warn, fatal, panic and trace are taken as their neighbours). */
MUST_CHECK enum err log_level_parse(enum log_level *level_p, const char *text);
/* normal (or text) or json. */
MUST_CHECK enum err log_format_parse(enum log_format *format_p, const char *text);

/* By the names of both, once, before threads start; a name that does not exist changes nothing. */
void log_setup(const char *level, const char *format);

/*
 * log_info("spool", "segment sealed", "path=%s batches=%u", path, batches): component and message
 * are plain text, then key=value pairs as one printf format ("" for none).
 */
#define log_error(component, message, ...)                                                         \
    log_line(LOG_LEVEL_ERROR, component, message, __VA_ARGS__)
#define log_warning(component, message, ...)                                                       \
    log_line(LOG_LEVEL_WARNING, component, message, __VA_ARGS__)
#define log_notice(component, message, ...)                                                        \
    log_line(LOG_LEVEL_NOTICE, component, message, __VA_ARGS__)
#define log_info(component, message, ...) log_line(LOG_LEVEL_INFO, component, message, __VA_ARGS__)
#define log_debug(component, message, ...)                                                         \
    log_line(LOG_LEVEL_DEBUG, component, message, __VA_ARGS__)

void log_line(enum log_level level, const char *component, const char *message, const char *pairs,
    ...) __attribute__((format(printf, 4, 5)));
