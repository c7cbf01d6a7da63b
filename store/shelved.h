/*
 * shelved.h -- goflow-store -deadletter.replay: puts shelved blocks into the database and ends.
 */
#pragma once

#include "store/store_settings.h"

/* Prints what it did. ERR_REFUSED, ERR_AGAIN: files stay, each named in the log. */
MUST_CHECK enum err shelved_replay(const struct store_settings *settings);
