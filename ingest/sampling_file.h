/*
 * sampling_file.h -- goflow-ingest -sampling.map: the operator's sampling rates, from a file.
 */
#pragma once

#include "ingest/decode/sampling_map.h"

/* On failure one line is logged. On success *map_p is owned by the caller. */
MUST_CHECK enum err sampling_file_read(struct sampling_map **map_p, const char *path);
