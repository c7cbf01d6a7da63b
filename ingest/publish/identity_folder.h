/*
 * identity_folder.h -- where an ingest keeps its identity unless the operator names a folder.
 *
 * Main thread. Nothing here logs.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>

enum {
    IDENTITY_FOLDER_MODE = 0750
};

/*
 * Writes the path of the first of these that is set: the first folder of $STATE_DIRECTORY, which
 * systemd sets; $XDG_STATE_HOME/goflow; $HOME/.local/state/goflow. ERR_NOT_FOUND: none is;
 * ERR_FULL: the path is longer than `size`.
 */
MUST_CHECK enum err identity_folder_default(char *out, size_t size);

/* Makes the folder and those above it where they are missing. ERR_IO with errno; ERR_MEMORY. */
MUST_CHECK enum err identity_folder_make(const char *path);
