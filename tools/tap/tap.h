/*
 * tap.h -- listens to the taps of ingests and prints their flows.
 *
 * The tap is a PUB socket that nobody waits for: a slow reader loses flows, and only its own.
 * Frames: docs/wire.md#tap. One thread.
 */
#pragma once

#include "common/err.h"
#include "tools/tap/tap_settings.h"

#include <stdio.h>

struct tap;

/* Connects; the ingests need not be there yet. On failure one line is logged. */
MUST_CHECK enum err tap_open(struct tap **tap_p, const struct tap_settings *settings, FILE *out);
void tap_close(struct tap **tap_p);

/*
 * Prints until the limits of the settings, a stop signal, or an output that takes no more (ERR_END,
 * as when a pipe to head(1) closes).
 */
MUST_CHECK enum err tap_run(struct tap *tap);
