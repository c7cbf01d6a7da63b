/*
 * sink_repeats.h -- asking the table which batches it has.
 *
 * The question names ranges of sequences for each ingest and the span of TimeReceived of the
 * block's rows, so that the table reads only the granules of those seconds.
 */
#pragma once

#include "store/columns/block.h"

#include "common/buffer.h"

/*
 * Appends the SELECT for the batches that may be in the table (attempt > 0, not removed); false:
 * there are none. `table` is a quoted name.
 */
bool sink_repeats_question(struct buffer *out, const char *table, const struct block *block);

/*
 * Sets rows[i] to the number of rows of the batch that the answer (TabSeparated) counts: where
 * several servers have answered the most, or the sum when they are shards. Others keep theirs.
 */
void sink_repeats_answer(
    const char *answer, bool are_shards, const struct block *block, uint64_t *rows);
