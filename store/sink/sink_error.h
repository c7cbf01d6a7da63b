/*
 * sink_error.h -- what an answer of the database means for a block: the table of answers.def.
 */
#pragma once

#include "store/sink/sink.h"

enum {
    SINK_ERROR_NONE = 0,
    SINK_ERROR_UNKNOWN_TABLE = 60,
    SINK_ERROR_UNKNOWN_DATABASE = 81
};

/* The N of "Code: N. DB::Exception: ..." (or "Code: N, e.displayText() = ..."); 0: no exception. */
int sink_error_code(const char *text);

/*
 * What an answer means: HTTP status (500 for an exception of the engine), exception code (0: look
 * for one in the text), text. `is_alone`: the statement was for one batch, or a question, and can't
 * be smaller.
 */
enum sink_outcome sink_error_outcome(long status, int code, const char *text, bool is_alone);

/* True when the user may not do that. */
bool sink_error_is_forbidden(int code);

/* True for what an old server says to types, codecs or settings it does not know. */
bool sink_error_is_too_new(int code);
