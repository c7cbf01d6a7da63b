/*
 * native_cut.h -- some of the rows of a Native block, as a block of their own.
 *
 * For blocks that goflow has written (deadletter.c): the types are those of native_type.h. The
 * bytes come from a file, so nothing in them is believed.
 */
#pragma once

#include "common/buffer.h"
#include "common/cursor.h"

/* Reads the head of a block. ERR_CORRUPT. */
MUST_CHECK enum err native_cut_rows(const struct buffer *block, uint64_t *rows_p);

/* Appends the names of the columns, each with its closing zero. Errors as below. */
MUST_CHECK enum err native_cut_names(const struct buffer *block, struct buffer *names);

/*
 * Appends a block of the rows from `first` on. ERR_CORRUPT: the block does not have them, or is
 * damaged; ERR_UNSUPPORTED: a type that goflow does not write; ERR_MEMORY.
 */
MUST_CHECK enum err native_cut(
    const struct buffer *block, uint64_t first, uint64_t count, struct buffer *out);
