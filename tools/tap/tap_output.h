/*
 * tap_output.h -- what goflow-tap does with the flows: lines, or a table of talkers.
 *
 * An interface; one thread. Whatever is asked of an output may answer ERR_END: it takes no more,
 * as when a pipe to head(1) closes.
 */
#pragma once

#include "common/err.h"
#include "common/flow.h"

#include <stdio.h>

struct tap_output {
    void *context;
    enum err (*take)(void *context, const struct flow *flow);
    /* After the flows of each message. */
    enum err (*flush)(void *context);
    /* Each second, and at the end; NULL where nothing becomes due. */
    enum err (*refresh)(void *context);
    void (*destroy)(void *context);
};

/* Lines of text or JSON, or length-delimited FlowMessages; `file` is borrowed. tap_lines.c */
MUST_CHECK enum err tap_lines_new(struct tap_output *output_p, const char *format, FILE *file);

/*
 * The talkers by `key` (src, dst or exporter) with what they sent since the start, drawn over
 * again each second on a terminal; else one table after the other. tap_top.c
 */
MUST_CHECK enum err tap_top_new(struct tap_output *output_p, const char *key, FILE *file);
