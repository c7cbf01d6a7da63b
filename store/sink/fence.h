/*
 * fence.h -- the end of a lease in the database's own clock, inside the INSERT.
 *
 * A store that was stopped, or whose request was stuck, may reach the database after another store
 * has got its batches. So the statement says until when it may begin:
 *
 *   INSERT INTO t (...) SELECT * FROM <the block> WHERE nowInBlock64(3) < <end>
 *
 * The function is evaluated when the block is there, right before it is written; what comes late
 * inserts no row, and the count of rows says so. Only the database's clock is compared with itself.
 * Servers without nowInBlock64() (before 2025) get plain statements: docs/wire.md tells what that
 * leaves open. The writer's thread.
 */
#pragma once

#include "store/columns/block.h"
#include "store/sink/sink_backend.h"

/* Why a statement inserted nothing. */
#define FENCE_LATE "the lease was over when the statement began"

/* Set to zero before the first use, and when the database may be another one. */
struct fence {
    bool is_known; /* whether the database can do it */
    bool is_possible;
};

/* An end in both clocks. */
struct fence_end {
    uint64_t server_ms;    /* since 1970; 0: no fence */
    uint64_t monotonic_ns; /* ours: the fence is over for sure; 0 without one */
};

/*
 * The end of the shortest lease among the block's batches. SINK_RETRY or SINK_UNKNOWN: the database
 * could not be asked for its time, and nothing was inserted.
 */
enum sink_outcome fence_of(struct fence *fence, struct sink_backend *backend,
    const struct block *block, struct fence_end *end_p, struct buffer *error);

/* Appends " WHERE ..." for a statement that selects the block. */
void fence_append(struct buffer *sql, const struct fence_end *end);
