/* SPDX-License-Identifier: BSD-3-Clause -- blocks for tests of the writer. */
#include "tests/support/numbered_block.h"

#include "tests/support/link_rig.h"

#include <assert.h>

enum {
    NUMBERS = 1000 /* of a batch */
};

static void add_batch(struct block *block, uint64_t sequence, uint32_t rows, uint64_t lease_end_ns)
{
    struct row_identity identity = {.ingest_id = NUMBERED_INGEST, .sequence = sequence};
    struct block_batch *batch = &block->batches[block->batch_count++];
    *batch = (struct block_batch){
        .identity = identity, .first_row = block_rows(block) - rows, .row_count = rows};
    counter_set(&batch->lease_end_ns, lease_end_ns);
}

struct block *numbered_block_new(const struct numbered_block *wanted)
{
    struct block *block = NULL;
    enum err err = block_new(&block, wanted->batches * wanted->rows);
    assert(err == ERR_OK && wanted->rows <= NUMBERS);
    for (uint64_t i = 0; i < wanted->batches; i++) {
        uint64_t sequence = wanted->first_sequence + i;
        struct batch *batch = rig_batch(sequence * NUMBERS, wanted->rows, NUMBERED_DAY);
        struct row_identity identity = {.ingest_id = NUMBERED_INGEST, .sequence = sequence};
        err = block_append(block, cursor_of(batch->bytes, batch->size), wanted->rows, &identity);
        assert(err == ERR_OK);
        add_batch(block, sequence, wanted->rows, wanted->lease_end_ns);
        batch_destroy(&batch);
    }
    return block;
}

struct block *numbered_block_new_losses(uint64_t sequence, uint64_t lease_end_ns)
{
    struct block *block = NULL;
    enum err err = block_new_records(&block, RECORD_LOSSES);
    assert(err == ERR_OK);
    struct record record = {.present = 0};
    record_set_number(&record, LOSSES_LOST, sequence);
    uint8_t bytes[RECORD_PACKED_MAX];
    size_t size = record_pack(RECORD_LOSSES, &record, bytes);
    struct row_identity identity = {.ingest_id = NUMBERED_INGEST, .sequence = sequence};
    err = block_append(block, cursor_of(bytes, size), 1, &identity);
    assert(err == ERR_OK);
    add_batch(block, sequence, 1, lease_end_ns);
    return block;
}
