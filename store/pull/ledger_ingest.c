/* SPDX-License-Identifier: BSD-3-Clause -- the batches that a ledger has of one ingest. */
#include "store/pull/ledger_ingest.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOM_AT_START = 64,
    STORED_KEPT = 4096, /* remembered, to answer duplicates */
    ASK_AT_ONCE = 16,   /* batches; a question wakes four threads on its way and back */
    ASK_WITHIN_MS = 50, /* fewer wait so long for more, or a part of a short lease */
    ASK_WITHIN_PART = 16,
    ASK_AGAIN_MS = 200,   /* the question or its answer was lost */
    LEASE_MS_LEAST = 100, /* what a peer says is not trusted to be sensible */
    LEASE_MS_MOST = 3600 * 1000
};

void ledger_ingest_clear(struct ledger_ingest *ingest)
{
    free(ingest->batches);
    link_ranges_clear(&ingest->asking);
    link_ranges_clear(&ingest->asking_again);
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
    /* 0: this store never had a lease on it, which is not one that ended when the machine started.
     */
    return batch->state == LEDGER_FORGOTTEN && batch->lease_end_ns != 0 &&
           now_ns < batch->lease_end_ns + ingest->lease_ns / 2;
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

void ledger_ingest_set_lease(struct ledger_ingest *ingest, uint32_t lease_ms)
{
    uint64_t ms = lease_ms < LEASE_MS_LEAST ? LEASE_MS_LEAST : lease_ms;
    ingest->lease_ns = (ms > LEASE_MS_MOST ? LEASE_MS_MOST : ms) * NS_PER_MS;
}

uint64_t ledger_ingest_end_ns(const struct ledger_ingest *ingest, const struct ledger_batch *batch)
{
    return batch->state == LEDGER_LEASED ? batch->lease_end_ns : batch->asked_ns + ingest->lease_ns;
}

void ledger_ingest_ask(struct ledger_ingest *ingest, uint64_t sequence, uint64_t now_ns)
{
    if (ingest->asking_count == 0) {
        uint64_t within_ns = ASK_WITHIN_MS * NS_PER_MS;
        uint64_t part_ns = ingest->lease_ns / ASK_WITHIN_PART;
        ingest->ask_due_ns = now_ns + (part_ns < within_ns ? part_ns : within_ns);
    }
    ingest->asking_count++;
    if (ingest->asking_count >= ASK_AT_ONCE) {
        ingest->ask_due_ns = 0;
    }
    link_ranges_add(&ingest->asking, sequence, sequence);
}

void ledger_ingest_ask_all(struct ledger_ingest *ingest, uint64_t now_ns)
{
    link_ranges_reset(&ingest->asking);
    for (size_t i = 0; i < ingest->count; i++) {
        if (ledger_batch_is_live(&ingest->batches[i])) {
            uint64_t sequence = ingest->batches[i].sequence;
            link_ranges_add(&ingest->asking, sequence, sequence);
        }
    }
    ingest->ask_due_ns = 0;
    uint64_t lease_third_ns = ingest->lease_ns / 3;
    uint64_t again_ns = ASK_AGAIN_MS * NS_PER_MS;
    bool is_soon = ingest->asked_count > 0 && again_ns < lease_third_ns;
    ingest->renew_due_ns = now_ns + (is_soon ? again_ns : lease_third_ns);
}
