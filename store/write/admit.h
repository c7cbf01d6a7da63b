/*
 * admit.h -- which batches of a block may go into the database now.
 *
 * A batch whose lease has ended may be with another store by now: it is left out, and goes back. A
 * batch that may be in the table already (attempt > 0) is looked for there, and its rows are taken
 * out of the block when it is. docs/wire.md says why this is enough.
 */
#pragma once

#include "store/write/write_sink.h"

/*
 * Removes from the block what must not go in. SINK_DONE: the rest may. SINK_BEHIND: the rest may,
 * but batches that may be in the table were left out, because no replica could tell. Else the table
 * could not be asked, and `error` says why.
 */
enum sink_outcome admit(
    const struct write_sink *sink, struct block *block, uint64_t now_ns, struct buffer *error);

/*
 * Leaves out the newer half of the block's rows, which goes back to its ingest. False: one batch is
 * all there is.
 */
bool admit_halve(struct block *block);

/* After an insert without an answer: every batch may be in the table. */
void admit_doubt(struct block *block);

/* Batches that may be in the table go back to their ingest, which sends them again later. */
void admit_leave_out_doubtful(struct block *block);
