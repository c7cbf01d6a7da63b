/*
 * spool_folder.h -- the folder of a spool: opened, locked, listed, and watched.
 *
 * Internal to ingest/publish; one thread. A folder may be removed, or its disk unplugged and put in
 * again, while it is in use: what is open then is not what the path names. Nothing here logs.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct spool_folder {
    int fd;
    int lock_fd;
};

#define SPOOL_FOLDER_CLOSED                                                                        \
    (struct spool_folder)                                                                          \
    {                                                                                              \
        .fd = -1, .lock_fd = -1                                                                    \
    }

/* Makes the folder where it is missing. ERR_IO with errno; ERR_IN_USE: another process has it. */
MUST_CHECK enum err spool_folder_open(struct spool_folder *folder_p, const char *path);
void spool_folder_close(struct spool_folder *folder);

/* The path still names the folder that is open. */
bool spool_folder_is_at(const struct spool_folder *folder, const char *path);

/* Takes the number of each segment file, in any order. */
typedef enum err spool_folder_fn(void *context, uint64_t number);

/* ERR_IO with errno, or what `take` answered first that is not ERR_OK. */
MUST_CHECK enum err spool_folder_list(
    const struct spool_folder *folder, spool_folder_fn *take, void *context);
