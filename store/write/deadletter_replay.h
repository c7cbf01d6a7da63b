/*
 * deadletter_replay.h -- goflow-store -deadletter.replay: dead letters into the table, later.
 *
 * Each file of the folder goes in, oldest first, and is removed with the error beside it. Mostly it
 * is one INSERT; where that is too large, parts of whole batches, whose size is kept for the other
 * files. Before that the table is asked which of the file's batches it has, so that a replay which
 * was killed can be begun again. Main thread, no store running on the folder.
 */
#pragma once

#include "store/sink/sink.h"

struct deadletter_replay_sums {
    uint64_t files;
    uint64_t rows;
    uint64_t known;  /* files that were in the table already: only removed */
    uint64_t failed; /* files that stay */
};

/*
 * Each failure is one line in the log. ERR_REFUSED: some files stay; ERR_AGAIN: the database is
 * away, and so are all files that are left; ERR_IO: the folder can't be read.
 */
MUST_CHECK enum err deadletter_replay(struct sink *sink, const struct sink_options *options,
    const char *folder, struct deadletter_replay_sums *sums_p);
