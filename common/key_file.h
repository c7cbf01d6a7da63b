/*
 * key_file.h -- one file of a keys folder: its path, and the CZMQ certificate (zcert(3)) in it.
 *
 * common/link_keys.h describes the folder. Any thread; failures are logged here.
 */
#pragma once

#include "common/err.h"

#include <czmq.h>

enum {
    KEY_FILE_PATH_SIZE = 1024
};

/* FOLDER/PART/NAME + ENDING; without a part FOLDER/NAME + ENDING. ERR_INVALID: too long. */
MUST_CHECK enum err key_file_path(char path[KEY_FILE_PATH_SIZE], const char *folder,
    const char *part, const char *name, const char *ending);

/* The caller's. NULL after a log line: missing or damaged. */
zcert_t *key_file_load(const char *path);
