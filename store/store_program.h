/*
 * store_program.h -- the stages of goflow-store, built from its settings.
 *
 * Built backwards, from the database to the link, so that each stage finds the next one ready; torn
 * down the other way, so that what is held can still be written. Main thread.
 */
#pragma once

#include "common/err.h"
#include "store/store_settings.h"

/*
 * Runs until the process is asked to stop; what is held then is written, within -stop.timeout. On
 * failure one line is logged.
 */
MUST_CHECK enum err store_program_run(const struct store_settings *settings);
