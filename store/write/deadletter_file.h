/*
 * deadletter_file.h -- a file of the dead-letter folder, read back: its kind, its batches.
 *
 * Internal to store/write. A value; zeroes are one that may be cleared.
 */
#pragma once

#include "common/buffer.h"
#include "common/record.h"
#include "store/columns/columns.h"

#include <limits.h>

/* Rows of one batch, which stand together. */
struct deadletter_batch {
    struct row_identity identity;
    uint64_t first_row;
    uint64_t rows;
    uint64_t stored; /* rows that the table has */
};

struct deadletter_file {
    char path[PATH_MAX];
    enum record_kind kind;
    struct buffer bytes; /* in Native format */
    uint64_t rows;
    struct deadletter_batch *batches;
    size_t batch_count;
};

/* True for the names that deadletter.c gives. */
bool deadletter_file_is_name(const char *name);

/* ERR_CORRUPT: not a file of deadletter.c's; ERR_IO, ERR_MEMORY. Clear it all the same. */
MUST_CHECK enum err deadletter_file_read(
    struct deadletter_file *file_p, const char *folder, const char *name);
void deadletter_file_clear(struct deadletter_file *file);

/* Removes the file, and the error beside it. On failure one line is logged. */
void deadletter_file_remove(const struct deadletter_file *file);
