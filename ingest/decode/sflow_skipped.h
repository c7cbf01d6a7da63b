/*
 * sflow_skipped.h -- which sFlow records were passed over, by their format.
 *
 * Formats take places as they first come, so that the common ones have theirs; whoever makes
 * formats up fills the rest, and is counted as one. One writer, any reader.
 */
#pragma once

#include "common/counter.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    SFLOW_SKIPPED_FORMATS = 32
};

struct sflow_skipped {
    struct counter formats[SFLOW_SKIPPED_FORMATS]; /* see sflow_skipped_read() */
    struct counter records[SFLOW_SKIPPED_FORMATS];
    struct counter others;
};

void sflow_skipped_count(struct sflow_skipped *skipped, bool is_counter, uint32_t format);

struct sflow_skipped_entry {
    bool is_counter; /* a record of counters, not of a flow */
    uint32_t enterprise;
    uint32_t format;
    uint64_t records;
};

/* The entry at a place; false: that place and those behind it are free. */
bool sflow_skipped_read(
    const struct sflow_skipped *skipped, size_t place, struct sflow_skipped_entry *entry_p);
