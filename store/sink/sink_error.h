/*
 * sink_error.h -- what an exception of the database means for a block.
 *
 * Codes are ClickHouse's (ErrorCodes.cpp of its source), the same over HTTP and in the engine.
 * An exception does not prove that nothing was written: a materialized view may fail after the
 * table took the block. So only exceptions from before execution are SINK_RETRY.
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

enum sink_outcome sink_error_outcome(int code);

/* True when the user may not do that. */
bool sink_error_is_forbidden(int code);

/* True for what an old server says to types, codecs or settings it does not know. */
bool sink_error_is_too_new(int code);
