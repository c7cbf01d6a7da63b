/* SPDX-License-Identifier: BSD-3-Clause -- the real sink and the real clock for the writer. */
#include "store/write/write_sink.h"

#include "common/clock.h"

static enum sink_outcome prepare(void *context, enum record_kind kind, struct buffer *error)
{
    return sink_prepare(context, kind, error);
}

static enum sink_outcome find(
    void *context, const struct block *block, bool *is_found, struct buffer *error)
{
    return sink_find(context, block, is_found, error);
}

static enum sink_outcome insert(void *context, const struct block *block, struct buffer *error)
{
    return sink_insert(context, block, error);
}

static bool has_identity(void *context, enum record_kind kind)
{
    return sink_has_identity(context, kind);
}

static uint64_t settled_ns(void *context)
{
    return sink_settled_ns(context);
}

static void use_mapping(void *context, const struct mapping *mapping)
{
    sink_use_mapping(context, mapping);
}

static uint64_t now_ns(void *context)
{
    (void)context;
    return clock_monotonic_ns();
}

struct write_sink write_sink_of(struct sink *sink)
{
    return (struct write_sink){.prepare = prepare,
        .find = find,
        .insert = insert,
        .has_identity = has_identity,
        .settled_ns = settled_ns,
        .use_mapping = use_mapping,
        .now_ns = now_ns,
        .context = sink};
}
