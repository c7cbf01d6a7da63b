/*
 * mapping_file.h -- -mapping FILE of goflow-ingest and goflow-store.
 */
#pragma once

#include "common/mapping.h"

/* On failure one line is logged. On success *mapping_p is owned by the caller. */
MUST_CHECK enum err mapping_file_read(struct mapping **mapping_p, const char *path);
