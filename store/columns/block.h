/*
 * block.h -- what becomes one INSERT: rows of one kind, and the batches they came from.
 *
 * The puller fills a block and hands it to the writer; the writer gives it back with its outcome,
 * so that the puller can acknowledge the batches. At any moment one thread owns it. All rows have
 * the same UTC day, so that one INSERT is one atomic part.
 */
#pragma once

#include "common/counter.h"
#include "store/columns/columns.h"
#include "store/columns/record_rows.h"

enum block_outcome {
    BLOCK_PENDING,
    BLOCK_STORED,
    BLOCK_REJECTED /* refused for good by the database; in the dead-letter folder */
};

/*
 * A batch may be inserted only while its lease runs (docs/wire.md). The lease is a slot, since the
 * puller goes on renewing it while the writer has the block: only the puller writes it. A writer
 * that finds a lease ended leaves the batch out of the INSERT and says so.
 */
struct block_batch {
    struct row_identity identity;
    struct counter lease_end_ns; /* monotonic; 0: the lease is gone */
    uint32_t first_row;
    uint32_t row_count;
    uint32_t attempt; /* 0: surely new; else the table may have it, so ask first */
    bool is_left_out; /* set by the writer: not inserted, not to be acknowledged */
    bool is_removed;  /* its rows are no longer in the block: left out, or in the table already */
    bool is_inserted; /* removed because an INSERT of a part of this block put it in */
};

struct block {
    enum record_kind kind;
    struct columns *columns;     /* of flows, else NULL */
    struct record_rows *records; /* of any other kind, else NULL */
    struct block_batch *batches;
    size_t batch_count;
    size_t batch_room;
    uint32_t day;
    uint64_t opened_ns; /* first row, monotonic */
    enum block_outcome outcome;
    uint32_t late_rows; /* set by the writer: of its smallest INSERT that came too late; 0: none */
};

/* For flows, and for rows of another kind. */
MUST_CHECK enum err block_new(struct block **block_p, uint32_t max_rows);
MUST_CHECK enum err block_new_records(struct block **block_p, enum record_kind kind);
void block_destroy(struct block **block_p);
void block_reset(struct block *block);

/* As columns_append(), with the payload that the block's kind has. */
MUST_CHECK enum err block_append(struct block *block, struct cursor payload, uint32_t row_count,
    const struct row_identity *identity);

uint32_t block_rows(const struct block *block);
/* Bytes in use. */
size_t block_bytes(const struct block *block);

/* Takes the rows of a batch out of the block; its row_count stays. Once for each batch. */
void block_remove(struct block *block, size_t batch);

/*
 * Shows only the first batches: as many as have `max_rows` rows together, but one at least. Until
 * block_show_all() nothing is appended or removed.
 */
void block_show_first(struct block *block, uint32_t max_rows);
void block_show_all(struct block *block);

/* Removes the first batches, which have `rows` rows, because they are in the table now. */
void block_remove_inserted(struct block *block, uint32_t rows);
