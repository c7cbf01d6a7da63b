/*
 * store_check.h -- goflow-store -check: opens what a start would open, and closes it.
 *
 * It refuses what a start refuses, in the same words and order. It leaves nothing behind: no folder
 * is made, no data folder is opened, and no database is asked. Main thread.
 */
#pragma once

#include "common/err.h"
#include "store/store_settings.h"

/* On failure one line is logged. */
MUST_CHECK enum err store_check(const struct store_settings *settings);
