/*
 * write_sink.h -- what the writer asks of a database: a sink behind functions, and the time.
 *
 * Internal to store/write. The thread uses the real sink and the monotonic clock; a unit test has a
 * database and a clock of its own. Statements take time, so the clock is read again after each.
 */
#pragma once

#include "store/sink/sink.h"

/* The functions mean what those of sink.h mean. */
struct write_sink {
    enum sink_outcome (*prepare)(void *context, enum record_kind kind, struct buffer *error);
    enum sink_outcome (*find)(
        void *context, const struct block *block, bool *is_found, struct buffer *error);
    enum sink_outcome (*insert)(void *context, const struct block *block, struct buffer *error);
    bool (*has_identity)(void *context, enum record_kind kind);
    uint64_t (*settled_ns)(void *context);
    void (*use_mapping)(void *context, const struct mapping *mapping);
    uint64_t (*now_ns)(void *context); /* monotonic */
    void *context;
};

/* The functions of a real sink, which is borrowed. */
struct write_sink write_sink_of(struct sink *sink);
