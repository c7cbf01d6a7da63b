/*
 * ingest_program.h -- the stages of goflow-ingest, built from its settings.
 *
 * Stages are built in the order in which flows pass them backwards, from the publisher to the
 * sockets, so that each finds the next one ready; and torn down the other way. Main thread.
 */
#pragma once

#include "common/err.h"
#include "ingest/ingest_settings.h"

struct ingest_program;

/* On failure one line is logged. `settings` are borrowed until ingest_program_close(). */
MUST_CHECK enum err ingest_program_open(
    struct ingest_program **program_p, const struct ingest_settings *settings);

/* Runs until the file of -read ends, or until the process is asked to stop. */
MUST_CHECK enum err ingest_program_run(struct ingest_program *program);

void ingest_program_close(struct ingest_program **program_p);

/* All of the above, and what a process needs before: for main(). */
MUST_CHECK enum err ingest_program_main(const struct ingest_settings *settings);
