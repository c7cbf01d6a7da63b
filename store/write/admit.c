/* SPDX-License-Identifier: BSD-3-Clause -- no batch twice, none without a lease. */
#include "store/write/admit.h"

#include <stdlib.h>

static void leave_out_lapsed(struct block *block, uint64_t now_ns)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        struct block_batch *batch = &block->batches[i];
        if (!batch->is_removed && counter_get(&batch->lease_end_ns) <= now_ns) {
            batch->is_left_out = true;
            block_remove(block, i);
        }
    }
}

enum sink_outcome admit(
    const struct write_sink *sink, struct block *block, uint64_t now_ns, struct buffer *error)
{
    leave_out_lapsed(block, now_ns);
    bool *is_found = calloc(block->batch_count + 1, sizeof *is_found);
    if (is_found == NULL) {
        buffer_text_append(error, "out of memory");
        return SINK_RETRY;
    }
    enum sink_outcome outcome = sink->find(sink->context, block, is_found, error);
    for (size_t i = 0; i < block->batch_count; i++) {
        if (is_found[i]) {
            block_remove(block, i);
        }
    }
    free(is_found);
    if (outcome == SINK_BEHIND) {
        admit_leave_out_doubtful(block);
    }
    return outcome;
}

bool admit_halve(struct block *block)
{
    uint32_t most = block_rows(block) / 2;
    uint32_t kept = 0;
    bool is_halved = false;
    for (size_t i = 0; i < block->batch_count; i++) {
        struct block_batch *batch = &block->batches[i];
        if (batch->is_removed) {
            continue;
        }
        if (kept == 0 || kept + batch->row_count <= most) {
            kept += batch->row_count;
            continue;
        }
        batch->is_left_out = true;
        block_remove(block, i);
        is_halved = true;
    }
    return is_halved;
}

void admit_doubt(struct block *block)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        if (block->batches[i].attempt == 0) {
            block->batches[i].attempt = 1;
        }
    }
}

void admit_leave_out_doubtful(struct block *block)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        struct block_batch *batch = &block->batches[i];
        if (!batch->is_removed && batch->attempt > 0) {
            batch->is_left_out = true;
            block_remove(block, i);
        }
    }
}
