/*
 * assembly.h -- blocks being filled, and blocks with the writer.
 *
 * One open block for each kind of rows and UTC day, since one INSERT must be one partition: around
 * midnight, and while an ingest delivers what it kept from yesterday, two days come mixed. A block
 * is sealed by rows, bytes or age, and handed to the writer while that has room; blocks are reused.
 * The puller's thread owns an assembly.
 */
#pragma once

#include "common/err.h"
#include "store/columns/block.h"
#include "store/pull/pull.h"

struct assembly;

struct assembly_options {
    struct block_exchange exchange;
    uint32_t max_rows;
    uint64_t max_bytes;
    uint32_t max_age_ms;
    uint32_t max_inflight;
};

MUST_CHECK enum err assembly_new(
    struct assembly **assembly_p, const struct assembly_options *options);
/* Blocks that are with the writer stay with the writer. */
void assembly_destroy(struct assembly **assembly_p);

/* Where a batch's rows are: block->batches[index], for as long as the block is not recycled. */
struct assembly_place {
    struct block *block;
    size_t index;
};

struct assembly_batch {
    struct row_identity identity;
    uint64_t lease_end_ns;
    uint32_t attempt;
    enum record_kind kind;
    uint32_t flow_count; /* or rows of another kind */
    uint32_t day;
};

/*
 * Appends a batch to the block of its kind and day. ERR_AGAIN: no room until a block is finished.
 * ERR_CORRUPT, ERR_MEMORY: nothing was appended.
 */
MUST_CHECK enum err assembly_add(struct assembly *assembly, const struct assembly_batch *batch,
    struct cursor payload, uint64_t now_ns, struct assembly_place *place_p);

/* Hands blocks that are full or old to the writer, or all that have rows. */
void assembly_submit(struct assembly *assembly, uint64_t now_ns, bool is_flush);

/* True while a sealed block waits for the writer: nothing more should be pulled. */
bool assembly_is_blocked(const struct assembly *assembly);

/* A block that the writer is done with, or NULL; recycle it. */
struct block *assembly_finished(struct assembly *assembly);
void assembly_recycle(struct assembly *assembly, struct block *block);

/* Of a block, at present: fewer than configured after one that came too late. */
uint32_t assembly_max_rows(const struct assembly *assembly);

uint32_t assembly_inflight(const struct assembly *assembly);

/* True when no block has rows and none is with the writer. */
bool assembly_is_idle(const struct assembly *assembly);
