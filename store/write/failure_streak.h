/*
 * failure_streak.h -- when a block has failed often enough to be given up.
 *
 * An exception that is not known to pass is believed when a database that otherwise works (it
 * describes the table and answers questions between the attempts) repeats it for a while. A table
 * without the identity columns cannot be asked what it has of a block, so each further attempt may
 * put the rows in once more: there a few attempts have to do, and their number has a limit also
 * where no folder keeps the block. A value of the writer's thread, for one block.
 */
#pragma once

#include "store/sink/sink.h"

/* Zeroes: no failure yet. */
struct failure_streak {
    int code;          /* of the exception that was repeated; 0: no exception */
    uint32_t equal;    /* answers with this code */
    uint64_t first_ns; /* the first of them */
    uint32_t doubtful; /* attempts that may have put rows in */
};

/* An INSERT that may have been committed failed with these words. */
void failure_streak_add(struct failure_streak *streak, const char *words, uint64_t now_ns);

/* True: the block goes to the dead letters. */
bool failure_streak_is_over(const struct failure_streak *streak, enum sink_outcome outcome,
    bool has_identity, uint64_t now_ns);

/* True where the last attempt got no exception as an answer. */
bool failure_streak_is_silent(const struct failure_streak *streak);

/* True: there may be no further INSERT. `has_folder`: of dead letters. */
bool failure_streak_is_exhausted(
    const struct failure_streak *streak, bool has_identity, bool has_folder);

/* How long to wait before a block that is over is tried again because it cannot be given up. */
uint64_t failure_streak_pause_ns(
    const struct failure_streak *streak, bool has_identity, bool has_folder);
