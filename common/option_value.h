/*
 * option_value.h -- one option's value: from text, to text, and what is allowed.
 *
 * What each type takes stands here alone (units: quantity.h); flags, environment and file all use
 * it. Settings point into the texts they were set from, so those must live as long as the settings.
 */
#pragma once

#include "common/buffer.h"
#include "common/options.h"

/*
 * Sets the option's member of `settings` from `text`, which the settings keep (lists cut it up).
 * `appends`: a list grows instead of being replaced. ERR_INVALID: not allowed; nothing was set.
 */
MUST_CHECK enum err option_value_set(
    const struct option *option, char *text, bool appends, void *settings);

/* Completes "must be ...": "a number from 0 to 65535". */
void option_value_allowed(const struct option *option, struct buffer *out);

/* As it would be written in a file; quoted where that is needed to read it back. */
void option_value_print(const struct option *option, const void *settings, struct buffer *out);
