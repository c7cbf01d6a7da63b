/*
 * block.h -- what becomes one INSERT: columns, and the batches they came from.
 *
 * The puller fills a block and hands it to the writer; the writer gives it back with its outcome,
 * so that the puller can acknowledge the batches. At any moment one thread owns it. All rows have
 * the same UTC day, so that one INSERT is one atomic part.
 */
#pragma once

#include "store/columns/columns.h"

enum block_outcome {
    BLOCK_PENDING,
    BLOCK_STORED,
    BLOCK_REJECTED /* refused for good by the database; in the dead-letter folder */
};

struct block_batch {
    struct row_identity identity;
    uint64_t lease_end_ns; /* monotonic; 0: none */
    uint32_t first_row;
    uint32_t row_count;
    uint32_t attempt;
};

struct block {
    struct columns *columns;
    struct block_batch *batches;
    size_t batch_count;
    size_t batch_room;
    uint32_t day;
    uint64_t opened_ns; /* first row, monotonic */
    enum block_outcome outcome;
};

MUST_CHECK enum err block_new(struct block **block_p, uint32_t max_rows);
void block_destroy(struct block **block_p);
void block_reset(struct block *block);
