/* SPDX-License-Identifier: BSD-3-Clause -- the batches that a ledger has of one ingest. */
#include "store/pull/ledger_ingest.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOM_AT_START = 64,
    STORED_KEPT = 4096 /* remembered, to answer duplicates */
};

void ledger_ingest_clear(struct ledger_ingest *ingest)
{
    free(ingest->batches);
    link_ranges_clear(&ingest->asking);
    for (size_t i = 0; i < LINK_ACK_KIND_COUNT; i++) {
        link_ranges_clear(&ingest->settled[i]);
    }
}

size_t ledger_ingest_lower_bound(const struct ledger_ingest *ingest, uint64_t sequence)
{
    size_t low = 0;
    size_t high = ingest->count;
    if (high > 0 && ingest->batches[high - 1].sequence < sequence) {
        return high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ingest->batches[middle].sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct ledger_batch *ledger_ingest_find(struct ledger_ingest *ingest, uint64_t sequence)
{
    size_t index = ingest != NULL ? ledger_ingest_lower_bound(ingest, sequence) : 0;
    if (ingest == NULL || index == ingest->count || ingest->batches[index].sequence != sequence) {
        return NULL;
    }
    return &ingest->batches[index];
}

bool ledger_batch_is_live(const struct ledger_batch *batch)
{
    return batch->state == LEDGER_ASKED || batch->state == LEDGER_LEASED;
}

void ledger_ingest_set_state(
    struct ledger_ingest *ingest, struct ledger_batch *batch, enum ledger_state state)
{
    ingest->live_count -= ledger_batch_is_live(batch);
    ingest->asked_count -= batch->state == LEDGER_ASKED;
    batch->state = state;
    ingest->live_count += ledger_batch_is_live(batch);
    ingest->asked_count += batch->state == LEDGER_ASKED;
}

bool ledger_ingest_is_quiet(
    const struct ledger_ingest *ingest, const struct ledger_batch *batch, uint64_t now_ns)
{
    return batch->state == LEDGER_FORGOTTEN && now_ns < batch->lease_end_ns + ingest->lease_ns / 2;
}

/* Takes out what is forgotten, and the oldest of what is only remembered. */
static void compact(struct ledger_ingest *ingest, uint64_t now_ns)
{
    size_t stored = 0;
    for (size_t i = 0; i < ingest->count; i++) {
        stored += ingest->batches[i].state == LEDGER_STORED;
    }
    size_t surplus = stored > STORED_KEPT / 2 ? stored - STORED_KEPT / 2 : 0;
    size_t kept = 0;
    for (size_t i = 0; i < ingest->count; i++) {
        const struct ledger_batch *batch = &ingest->batches[i];
        bool is_surplus = batch->state == LEDGER_STORED && surplus > 0;
        surplus -= is_surplus;
        bool is_over =
            batch->state == LEDGER_FORGOTTEN && !ledger_ingest_is_quiet(ingest, batch, now_ns);
        if (!is_over && !is_surplus) {
            ingest->batches[kept++] = *batch;
        }
    }
    ingest->count = kept;
}

static enum err make_room(struct ledger_ingest *ingest, uint64_t now_ns)
{
    if (ingest->count < ingest->room) {
        return ERR_OK;
    }
    if (ingest->room >= STORED_KEPT) {
        compact(ingest, now_ns);
    }
    if (ingest->count < ingest->room - ingest->room / 4) {
        return ERR_OK;
    }
    size_t room = ingest->room == 0 ? ROOM_AT_START : ingest->room * 2;
    struct ledger_batch *batches = realloc(ingest->batches, room * sizeof *batches);
    if (batches == NULL) {
        return ERR_MEMORY;
    }
    ingest->batches = batches;
    ingest->room = room;
    return ERR_OK;
}

struct ledger_batch *ledger_ingest_insert(
    struct ledger_ingest *ingest, uint64_t sequence, uint64_t now_ns)
{
    if (make_room(ingest, now_ns) != ERR_OK) {
        return NULL;
    }
    size_t index = ledger_ingest_lower_bound(ingest, sequence);
    struct ledger_batch *batch = &ingest->batches[index];
    memmove(batch + 1, batch, (ingest->count - index) * sizeof *batch);
    ingest->count++;
    *batch = (struct ledger_batch){.sequence = sequence, .state = LEDGER_FORGOTTEN};
    return batch;
}
