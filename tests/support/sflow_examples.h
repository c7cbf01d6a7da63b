/*
 * sflow_examples.h -- a body of each sFlow flow record that is read, for tests to cut and compare.
 */
#pragma once

#include "tests/support/frame_builder.h"

struct sflow_example {
    uint32_t format;
    void (*put)(struct build *body);
    size_t unread_size; /* octets at the end that nobody looks at */
};

enum {
    SFLOW_EXAMPLE_COUNT = 14
};

extern const struct sflow_example SFLOW_EXAMPLES[SFLOW_EXAMPLE_COUNT];

/* Appends the example of that format, which must be there. */
void sflow_example_put(struct build *body, uint32_t format);

/* An address with its type; XDR's string, padded. */
void sflow_put_ipv4(struct build *body, uint32_t address);
void sflow_put_string(struct build *body, const char *text);
