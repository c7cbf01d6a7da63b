/*
 * console.h -- the outlet to standard output: flows for people, scripts and pipes.
 *
 * Whole lines are written at once, so that workers do not mix them. Standard output that cannot be
 * written ends the program, as it does for any filter.
 */
#pragma once

#include "common/err.h"
#include "ingest/receive/outlet.h"

enum console_format {
    CONSOLE_TEXT,
    CONSOLE_JSON,
    CONSOLE_PROTOBUF /* FlowMessages, each after its length as a varint */
};

/* text, json or protobuf. */
MUST_CHECK enum err console_format_parse(enum console_format *format_p, const char *text);

MUST_CHECK enum err console_new(struct outlet *outlet_p, enum console_format format);
