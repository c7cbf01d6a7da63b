/*
 * text_file.h -- a small file of the operator's, whole.
 */
#pragma once

#include "common/buffer.h"

/* Appends the file's text; `component` names it in the log line that every failure makes. */
MUST_CHECK enum err text_file_read(
    struct buffer *text, const char *path, const char *component, const char *flag);
