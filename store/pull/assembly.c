/* SPDX-License-Identifier: BSD-3-Clause -- blocks being filled, and blocks with the writer. */
#include "store/pull/assembly.h"

#include "common/array.h"
#include "common/clock.h"
#include "common/log.h"
#include "store/pull/block_limit.h"

#include <stdlib.h>

enum {
    DAYS_OPEN = 2,
    SLOTS = DAYS_OPEN * RECORD_KIND_COUNT /* a kind's are next to each other */
};

struct assembly {
    struct assembly_options options;
    struct block_limit limit;
    struct block *open[SLOTS]; /* NULL or with rows */
    bool is_sealed[SLOTS];     /* waits for the writer */
    struct block **spares;     /* empty blocks for flows; room for all there can be */
    size_t spare_count;
    uint32_t inflight;
};

enum err assembly_new(struct assembly **assembly_p, const struct assembly_options *options)
{
    *assembly_p = NULL;
    struct assembly *assembly = calloc(1, sizeof *assembly);
    if (assembly == NULL) {
        return ERR_MEMORY;
    }
    assembly->options = *options;
    block_limit_init(&assembly->limit, options->max_rows);
    assembly->spares = calloc(options->max_inflight + DAYS_OPEN, sizeof(struct block *));
    if (assembly->spares == NULL) {
        assembly_destroy(&assembly);
        return ERR_MEMORY;
    }
    *assembly_p = assembly;
    return ERR_OK;
}

void assembly_destroy(struct assembly **assembly_p)
{
    struct assembly *assembly = *assembly_p;
    if (assembly == NULL) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        block_destroy(&assembly->open[i]);
    }
    for (size_t i = 0; i < assembly->spare_count; i++) {
        block_destroy(&assembly->spares[i]);
    }
    free(assembly->spares);
    free(assembly);
    *assembly_p = NULL;
}

/* Hands over an open block. ERR_AGAIN while the writer has as many as it may. */
static enum err submit(struct assembly *assembly, size_t slot)
{
    assembly->is_sealed[slot] = true;
    if (assembly->inflight >= assembly->options.max_inflight) {
        return ERR_AGAIN;
    }
    const struct block_exchange *exchange = &assembly->options.exchange;
    if (exchange->submit(exchange->context, assembly->open[slot]) != ERR_OK) {
        return ERR_AGAIN;
    }
    assembly->inflight++;
    assembly->open[slot] = NULL;
    assembly->is_sealed[slot] = false;
    return ERR_OK;
}

/* Blocks of other rows than flows are few and small: they are made anew each time. */
static struct block *take_spare(struct assembly *assembly, enum record_kind kind)
{
    struct block *block = NULL;
    if (kind != RECORD_FLOWS) {
        return block_new_records(&block, kind) == ERR_OK ? block : NULL;
    }
    if (assembly->spare_count > 0) {
        return assembly->spares[--assembly->spare_count];
    }
    return block_new(&block, assembly->options.max_rows) == ERR_OK ? block : NULL;
}

/* The slot to fill with such rows of that day: the day's own, a free one, or the older one's. */
static size_t slot_for(const struct assembly *assembly, enum record_kind kind, uint32_t day)
{
    size_t first = (size_t)kind * DAYS_OPEN;
    size_t end = first + DAYS_OPEN;
    size_t oldest = first;
    size_t free_slot = end;
    for (size_t i = first; i < end; i++) {
        const struct block *block = assembly->open[i];
        if (block == NULL) {
            free_slot = i;
        } else if (block->day == day) {
            return i;
        } else if (assembly->open[oldest] == NULL ||
                   block->opened_ns < assembly->open[oldest]->opened_ns) {
            oldest = i;
        }
    }
    return free_slot < end ? free_slot : oldest;
}

/* An open block has rows, so that whatever its size a batch alone finds room in the next one. */
static bool has_room(const struct assembly *assembly, const struct block *block, uint32_t rows)
{
    return block_rows(block) < assembly->limit.rows &&
           rows <= assembly->limit.rows - block_rows(block);
}

/* Makes the slot hold a block for the batch's rows that is not sealed. */
static enum err open_slot(
    struct assembly *assembly, size_t slot, const struct assembly_batch *batch, uint64_t now_ns)
{
    struct block *block = assembly->open[slot];
    if (block != NULL && (assembly->is_sealed[slot] || block->day != batch->day ||
                             !has_room(assembly, block, batch->flow_count))) {
        enum err err = submit(assembly, slot);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (assembly->open[slot] == NULL) {
        block = take_spare(assembly, batch->kind);
        if (block == NULL) {
            return ERR_MEMORY;
        }
        block->day = batch->day;
        block->opened_ns = now_ns;
        block->outcome = BLOCK_PENDING;
        assembly->open[slot] = block;
    }
    return ERR_OK;
}

static enum err reserve_batch(struct block *block)
{
    struct block_batch *batches =
        array_grow(block->batches, block->batch_count, &block->batch_room, sizeof *batches);
    if (batches == NULL) {
        return ERR_MEMORY;
    }
    block->batches = batches;
    return ERR_OK;
}

static void note_batch(struct block *block, const struct assembly_batch *batch)
{
    struct block_batch *noted = &block->batches[block->batch_count++];
    *noted = (struct block_batch){
        .identity = batch->identity,
        .first_row = block_rows(block) - batch->flow_count,
        .row_count = batch->flow_count,
        .attempt = batch->attempt,
    };
    counter_set(&noted->lease_end_ns, batch->lease_end_ns);
}

static enum err append(struct assembly *assembly, size_t slot, const struct assembly_batch *batch,
    struct cursor payload)
{
    struct block *block = assembly->open[slot];
    enum err err = reserve_batch(block);
    if (err == ERR_OK) {
        err = block_append(block, payload, batch->flow_count, &batch->identity);
    }
    if (err == ERR_OK) {
        note_batch(block, batch);
    } else if (block_rows(block) == 0) {
        /* An open block has rows, so that every block that is submitted has some. */
        assembly->open[slot] = NULL;
        assembly_recycle(assembly, block);
        /* What does not fit into an empty block never will. */
        err = err == ERR_FULL ? ERR_CORRUPT : err;
    }
    return err;
}

enum err assembly_add(struct assembly *assembly, const struct assembly_batch *batch,
    struct cursor payload, uint64_t now_ns, struct assembly_place *place_p)
{
    size_t slot = slot_for(assembly, batch->kind, batch->day);
    enum err err = ERR_FULL;
    for (int i = 0; i < 2 && err == ERR_FULL; i++) {
        err = open_slot(assembly, slot, batch, now_ns);
        if (err == ERR_OK) {
            err = append(assembly, slot, batch, payload);
        }
        if (err == ERR_FULL) {
            assembly->is_sealed[slot] = true;
        }
    }
    if (err == ERR_OK) {
        struct block *block = assembly->open[slot];
        *place_p = (struct assembly_place){.block = block, .index = block->batch_count - 1};
    }
    return err;
}

static bool is_due(const struct assembly *assembly, size_t slot, uint64_t now_ns)
{
    const struct block *block = assembly->open[slot];
    return assembly->is_sealed[slot] || block_rows(block) >= assembly->limit.rows ||
           block_bytes(block) >= assembly->options.max_bytes ||
           now_ns >= block->opened_ns + assembly->options.max_age_ms * NS_PER_MS;
}

void assembly_submit(struct assembly *assembly, uint64_t now_ns, bool is_flush)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (assembly->open[i] != NULL && (is_flush || is_due(assembly, i, now_ns))) {
            /* ERR_AGAIN: it stays sealed until the writer has room. */
            enum err err = submit(assembly, i);
            (void)err;
        }
    }
}

bool assembly_is_blocked(const struct assembly *assembly)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (assembly->is_sealed[i]) {
            return true;
        }
    }
    return false;
}

struct block *assembly_finished(struct assembly *assembly)
{
    const struct block_exchange *exchange = &assembly->options.exchange;
    struct block *block = exchange->finished(exchange->context);
    if (block != NULL) {
        assembly->inflight--;
    }
    return block;
}

/* What the writer found out about the size of blocks. */
static void learn(struct assembly *assembly, const struct block *block)
{
    if (block->late_rows > 0) {
        if (block_limit_shrink(&assembly->limit, block->late_rows)) {
            log_warning("pull", "an INSERT reached the database after its lease: smaller blocks",
                "rows=%u limit=%u", block->late_rows, assembly->limit.rows);
        }
    } else if (block->outcome == BLOCK_STORED &&
               block_limit_grow(&assembly->limit, block_rows(block))) {
        log_warning("pull", "INSERTs are in time again: blocks of full size", "limit=%u",
            assembly->limit.rows);
    }
}

void assembly_recycle(struct assembly *assembly, struct block *block)
{
    learn(assembly, block);
    if (block->kind != RECORD_FLOWS) {
        block_destroy(&block);
        return;
    }
    block_reset(block);
    assembly->spares[assembly->spare_count++] = block;
}

uint32_t assembly_max_rows(const struct assembly *assembly)
{
    return assembly->limit.rows;
}

uint32_t assembly_inflight(const struct assembly *assembly)
{
    return assembly->inflight;
}

bool assembly_is_idle(const struct assembly *assembly)
{
    bool is_idle = assembly->inflight == 0;
    for (size_t i = 0; i < SLOTS; i++) {
        is_idle = is_idle && assembly->open[i] == NULL;
    }
    return is_idle;
}
