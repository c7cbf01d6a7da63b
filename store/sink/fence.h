/*
 * fence.h -- the end of a lease in the database's own clock, inside the INSERT.
 *
 * A store that was stopped, or whose request was stuck, may reach the database after another store
 * has got its batches. So the statement says until when it may begin:
 *
 *   INSERT INTO t (...) SELECT * FROM <the block> WHERE <the database's clock> < <end>
 *
 * nowInBlock64() is evaluated when the block is there, right before it is written; what comes late
 * inserts no row, and the count of rows says so. Servers before 2025 have now() alone, which is
 * evaluated once, when the statement begins; what comes late ends with an exception. That is as
 * good: whoever asks for a batch waits for statements that have begun (underway.h). Where input()
 * is missing too, the block goes ahead of the statement (sink_form.h). Only the database's clock is
 * compared with itself. The writer's thread.
 */
#pragma once

#include "store/columns/block.h"
#include "store/sink/sink_backend.h"

/* Why a statement inserted nothing. */
#define FENCE_LATE "the lease was over when the statement began"

enum fence_kind {
    FENCE_NONE,  /* rows that have no lease */
    FENCE_BLOCK, /* closes for blocks; a part of a second counts */
    FENCE_BEGIN, /* closes for statements; in whole seconds */
    FENCE_FORM   /* the same, and the block comes in a form */
};

/* Set to zero before the first use, and when the database may be another one. */
struct fence {
    enum fence_kind kind; /* that the database can do; NONE: not known yet */
};

/* An end in both clocks. */
struct fence_end {
    enum fence_kind kind;
    uint64_t server_ms;    /* since 1970 */
    uint64_t monotonic_ns; /* ours: the fence is over for sure; 0 without one */
    size_t server;         /* whose clock this is: no other may get the INSERT */
};

/*
 * The end of the shortest lease among the block's batches. SINK_RETRY or SINK_UNKNOWN: the database
 * could not be asked for its time, and nothing was inserted.
 */
enum sink_outcome fence_of(struct fence *fence, struct sink_backend *backend,
    const struct block *block, struct fence_end *end_p, struct buffer *error);

/* Appends " WHERE ..." for a statement that selects the block. */
void fence_append(struct buffer *sql, const struct fence_end *end);

/*
 * Whether an INSERT that was answered with this count of written rows (-1: none) has put all its
 * rows in: SINK_DONE, or why not. Rows that views took are part of the count, so it may be higher.
 */
enum sink_outcome fence_count_outcome(
    const struct sink_native *native, long written_rows, struct buffer *error);

/* True when the words of the database say that a fence of kind BEGIN or FORM was closed. */
bool fence_has_refused(const char *error);
