/*
 * read_capture.h -- goflow-ingest -read: datagrams from a capture file instead of sockets.
 *
 * The same decoder and outlets, one thread, the capture's times; a summary of what came and what
 * was dropped goes to stderr. For debugging, tests and benchmarks.
 */
#pragma once

#include "common/err.h"
#include "ingest/decode/decode.h"
#include "ingest/receive/outlet.h"

/*
 * Reads the file to its end, or until the program is stopped. The outlet is borrowed and finished.
 * ERR_CORRUPT and ERR_IO when the file cannot be read to its end; it is decoded up to there.
 */
MUST_CHECK enum err read_capture(
    const char *path, const struct outlet *outlet, const struct decoder_options *options);
