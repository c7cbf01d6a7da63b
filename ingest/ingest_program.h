/*
 * ingest_program.h -- the stages of goflow-ingest, built from its settings.
 *
 * Built backwards, from the publisher to the sockets, so that each stage finds the next one ready;
 * torn down the other way. Main thread.
 */
#pragma once

#include "common/err.h"
#include "ingest/ingest_settings.h"

/*
 * Runs until the process is asked to stop, or the file of -read ends. On failure one line is
 * logged.
 */
MUST_CHECK enum err ingest_program_run(const struct ingest_settings *settings);
