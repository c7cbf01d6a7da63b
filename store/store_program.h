/*
 * store_program.h -- the stages of goflow-store, built from its settings.
 *
 * Built backwards, from the database to the link, so that each stage finds the next one ready; torn
 * down the other way, so that what is held can still be written. Main thread.
 */
#pragma once

#include "common/err.h"
#include "store/store_settings.h"

struct store_program;

/* On failure one line is logged. `settings` are borrowed until store_program_close(). */
MUST_CHECK enum err store_program_open(
    struct store_program **program_p, const struct store_settings *settings);

/* Runs until the process is asked to stop. */
void store_program_run(struct store_program *program);

/* Writes what is held, within -stop.timeout. */
void store_program_close(struct store_program **program_p);
