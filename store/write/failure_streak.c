/* SPDX-License-Identifier: BSD-3-Clause -- equal failures of one block, counted. */
#include "store/write/failure_streak.h"

#include "common/clock.h"
#include "store/sink/sink_error.h"

enum {
    EQUAL_MAX = 5,
    /* Copies of a block that a table without identity columns may have: before the block is over,
     * and in all, with pauses of 1, 2, 4, 8, 16 and 32 minutes between. */
    DOUBTFUL_MAX = 4,
    COPIES_MAX = 10,
    PAUSE_SHIFT_MAX = 6
};

#define EQUAL_NS       (10 * NS_PER_S)
#define PAUSE_NS       (60 * NS_PER_S)
#define SHORT_PAUSE_NS NS_PER_S /* where the table is asked before each attempt */

void failure_streak_add(struct failure_streak *streak, const char *words, uint64_t now_ns)
{
    int code = sink_error_code(words);
    bool is_equal = streak->equal > 0 && streak->code == code;
    streak->code = code;
    streak->equal = is_equal ? streak->equal + 1 : 1;
    streak->first_ns = is_equal ? streak->first_ns : now_ns;
    streak->doubtful++;
}

bool failure_streak_is_over(const struct failure_streak *streak, enum sink_outcome outcome,
    bool has_identity, uint64_t now_ns)
{
    if (!has_identity && streak->doubtful >= DOUBTFUL_MAX) {
        return true;
    }
    return outcome == SINK_SUSPECT && streak->equal >= EQUAL_MAX &&
           now_ns - streak->first_ns >= EQUAL_NS;
}

bool failure_streak_is_silent(const struct failure_streak *streak)
{
    return streak->equal > 0 && streak->code == SINK_ERROR_NONE;
}

bool failure_streak_is_exhausted(
    const struct failure_streak *streak, bool has_identity, bool has_folder)
{
    return !has_identity && streak->doubtful >= (has_folder ? DOUBTFUL_MAX : COPIES_MAX);
}

uint64_t failure_streak_pause_ns(
    const struct failure_streak *streak, bool has_identity, bool has_folder)
{
    if (has_folder || streak->doubtful < DOUBTFUL_MAX) {
        return 0;
    }
    uint32_t shift = streak->doubtful - DOUBTFUL_MAX;
    return (has_identity ? SHORT_PAUSE_NS : PAUSE_NS)
           << (shift < PAUSE_SHIFT_MAX ? shift : PAUSE_SHIFT_MAX);
}
