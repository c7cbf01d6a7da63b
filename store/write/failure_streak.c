/* SPDX-License-Identifier: BSD-3-Clause -- equal failures of one block, counted. */
#include "store/write/failure_streak.h"

#include "common/clock.h"
#include "store/sink/sink_error.h"

enum {
    EQUAL_MAX = 5,
    SILENT_MAX = 3,
    DOUBTFUL_MAX = 4, /* copies of a block that a table without identity columns may have */
    PAUSE_SHIFT_MAX = 6
};

#define EQUAL_NS (10 * NS_PER_S)
#define PAUSE_NS (60 * NS_PER_S)

void failure_streak_add(
    struct failure_streak *streak, enum sink_outcome outcome, const char *words, uint64_t now_ns)
{
    int code = sink_error_code(words);
    bool is_equal = streak->equal > 0 && streak->code == code;
    streak->code = code;
    streak->equal = is_equal ? streak->equal + 1 : 1;
    streak->first_ns = is_equal ? streak->first_ns : now_ns;
    bool is_silent = outcome == SINK_UNKNOWN && code == SINK_ERROR_NONE;
    streak->silent = is_silent ? streak->silent + 1 : 0;
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
    return streak->silent >= SILENT_MAX;
}

uint64_t failure_streak_pause_ns(const struct failure_streak *streak, bool has_identity)
{
    if (has_identity || streak->doubtful < DOUBTFUL_MAX) {
        return 0;
    }
    uint32_t shift = streak->doubtful - DOUBTFUL_MAX;
    return PAUSE_NS << (shift < PAUSE_SHIFT_MAX ? shift : PAUSE_SHIFT_MAX);
}
