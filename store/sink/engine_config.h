/*
 * engine_config.h -- the configuration that the embedded engine starts with.
 *
 * Private to store/sink/engine*.c. The engine reads files only, so each document lies in a file in
 * memory, which must stay open while the engine may read it.
 */
#pragma once

#include "common/err.h"

struct engine_config {
    int fd;
    int users_fd;
    char flag[64]; /* for chdb_connect() */
};

/* On failure one line is logged. */
MUST_CHECK enum err engine_config_open(struct engine_config *config_p);

/* Also of one that is zeroed, or that failed to open. */
void engine_config_close(struct engine_config *config);
