/*
 * numbered_block.h -- blocks for tests of the writer: every row carries a number.
 */
#pragma once

#include "store/columns/block.h"

enum {
    NUMBERED_INGEST = 1,
    NUMBERED_DAY = 19700
};

struct numbered_block {
    uint64_t first_sequence; /* the batches are numbered upwards from here */
    uint32_t batches;
    uint32_t rows;         /* of each batch */
    uint64_t lease_end_ns; /* of all batches */
};

/*
 * A block of flows. Row i of the batch with sequence s has the number s * 1000 + i as its Bytes.
 * The caller destroys the block.
 */
struct block *numbered_block_new(const struct numbered_block *wanted);

/* A block of one batch of rows of another kind. */
struct block *numbered_block_new_losses(uint64_t sequence, uint64_t lease_end_ns);
