/* SPDX-License-Identifier: BSD-3-Clause -- a database that answers as a test has planned. */
#include "tests/support/fake_sink.h"

#include "common/clock.h"

#include <assert.h>

static enum sink_outcome prepare(void *context, enum record_kind kind, struct buffer *error)
{
    struct fake_sink *fake = context;
    (void)kind;
    uint32_t at = fake->prepare_count++;
    fake->now_ns += FAKE_STATEMENT_MS * NS_PER_MS;
    buffer_text_append(error, "planned");
    return at < fake->prepare_plan ? fake->prepares[at] : SINK_DONE;
}

static enum sink_outcome find(
    void *context, const struct block *block, bool *is_found, struct buffer *error)
{
    struct fake_sink *fake = context;
    (void)error;
    fake->find_count++;
    bool can_find = fake->find_outcome == SINK_DONE && !fake->lacks_identity;
    for (size_t i = 0; i < block->batch_count && can_find; i++) {
        const struct block_batch *batch = &block->batches[i];
        is_found[i] =
            !batch->is_removed && batch->attempt > 0 && fake->table[batch->identity.sequence] > 0;
    }
    return fake->find_outcome;
}

/* Of a block that shows a part of its batches only those go in. */
static void commit(struct fake_sink *fake, const struct block *block)
{
    uint32_t rows = block_rows(block);
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct block_batch *batch = &block->batches[i];
        if (!batch->is_removed && rows >= batch->row_count) {
            rows -= batch->row_count;
            assert(batch->identity.sequence < FAKE_TABLE_MAX);
            fake->table[batch->identity.sequence] += batch->row_count;
        }
    }
}

static bool has_batch(const struct block *block, uint64_t sequence)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        if (!block->batches[i].is_removed && block->batches[i].identity.sequence == sequence) {
            return true;
        }
    }
    return false;
}

static enum sink_outcome insert(void *context, const struct block *block, struct buffer *error)
{
    struct fake_sink *fake = context;
    uint32_t at = fake->insert_count++;
    struct fake_insert answer = {.is_committed = true};
    if (at < fake->insert_plan) {
        answer = fake->inserts[at];
    }
    fake->now_ns += FAKE_STATEMENT_MS * NS_PER_MS;
    buffer_text_append(error, answer.words != NULL ? answer.words : "planned");
    fake->last_rows = block_rows(block);
    if (fake->rows_max > 0 && fake->last_rows > fake->rows_max) {
        return SINK_TOO_LARGE;
    }
    if (fake->rejects != 0 && has_batch(block, fake->rejects)) {
        return SINK_REJECT;
    }
    if (answer.is_committed) {
        commit(fake, block);
    }
    return answer.outcome;
}

static bool has_identity(void *context, enum record_kind kind)
{
    (void)kind;
    return !((const struct fake_sink *)context)->lacks_identity;
}

static uint64_t settled_ns(void *context)
{
    return ((const struct fake_sink *)context)->settled_ns;
}

static void use_mapping(void *context, const struct mapping *mapping)
{
    ((struct fake_sink *)context)->mapping = mapping;
}

static uint64_t now_ns(void *context)
{
    return ((const struct fake_sink *)context)->now_ns;
}

struct write_sink fake_sink_functions(struct fake_sink *fake)
{
    return (struct write_sink){.prepare = prepare,
        .find = find,
        .insert = insert,
        .has_identity = has_identity,
        .settled_ns = settled_ns,
        .use_mapping = use_mapping,
        .now_ns = now_ns,
        .context = fake};
}
