/*
 * ingest_check.h -- goflow-ingest -check: opens what a start would open, and closes it.
 *
 * It refuses what a start refuses, in the same words and order. It leaves nothing behind: no folder
 * and no file is made, no identity is used and nothing is sent. Main thread.
 */
#pragma once

#include "common/err.h"
#include "ingest/ingest_settings.h"

/* On failure one line is logged. */
MUST_CHECK enum err ingest_check(const struct ingest_settings *settings);
