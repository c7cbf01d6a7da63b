/*
 * keys_command.h -- goflow-keys: what its words ask for.
 */
#pragma once

#include "common/options.h"

extern const struct option_program KEYS_PROGRAM;

/* "make", "allow", "refuse" or "list" and what follows. ERR_INVALID: not understood, or refused. */
MUST_CHECK enum err keys_command_run(const struct option_list *words);
