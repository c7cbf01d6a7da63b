/*
 * spool_sync.h -- a thread that waits for the disk, so that the publisher does not.
 *
 * Internal to ingest/publish; owned by the spool's thread.
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"

#include <stdbool.h>

struct spool_sync;

/* The thread counts in `errors`, borrowed, what the disk refused; it logs when that begins and
 * ends. */
MUST_CHECK enum err spool_sync_new(struct spool_sync **sync_p, struct counter *errors);
/* Waits until what was asked for is done. */
void spool_sync_destroy(struct spool_sync **sync_p);

/*
 * Has the file's data written to the disk soon; the descriptor may be closed at once, and none is
 * needed for it. False: not now, as too many wait.
 */
MUST_CHECK bool spool_sync_request(struct spool_sync *sync, int fd);
