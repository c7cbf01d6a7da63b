/*
 * snapshot.h -- what exporters have announced, as bytes: so that a restart loses nothing.
 *
 * A snapshot holds each exporter's templates and the sampling rates from its options data. It is
 * read once, checked whole, and then never changes: any thread may look exporters up in it, and a
 * decoder takes over what is there of an exporter when it first hears of it. The format, with its
 * offsets: docs/templates.md.
 */
#pragma once

#include "common/address.h"
#include "common/cursor.h"

struct buffer;
struct exporter;
struct snapshot;

/*
 * Takes a copy of the file's bytes. ERR_UNSUPPORTED: no snapshot, or of a later version;
 * ERR_CORRUPT: a damaged one. On success *snapshot_p is owned by the caller: snapshot_destroy() it.
 */
MUST_CHECK enum err snapshot_parse(struct snapshot **snapshot_p, const void *bytes, size_t size);
void snapshot_destroy(struct snapshot **snapshot_p);

/* Exporters in it. */
size_t snapshot_count(const struct snapshot *snapshot);

/* Gives the exporter, of whom nothing was known, what the snapshot has of its address. */
void snapshot_restore(const struct snapshot *snapshot, struct exporter *exporter);

/* Appends one exporter; nothing, where it has announced nothing. */
void snapshot_append(struct buffer *exporters, const struct exporter *exporter);

/*
 * Appends a whole file: `exporters`, and of `before` (NULL: nothing) those that are not among them
 * and were heard in the last month.
 */
void snapshot_write(struct buffer *file, const struct buffer *exporters,
    const struct snapshot *before, uint64_t now_ns);
