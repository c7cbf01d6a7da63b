/*
 * allow_file.h -- goflow-ingest -exporters.allow: the exporters that may send, from a file.
 */
#pragma once

#include "ingest/receive/allow_list.h"

/* On failure one line is logged. On success *list_p is owned by the caller. */
MUST_CHECK enum err allow_file_read(struct allow_list **list_p, const char *path);
