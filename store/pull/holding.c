/* SPDX-License-Identifier: BSD-3-Clause -- batches from their receipt to the end of their block. */
#include "store/pull/holding.h"

#include "common/clock.h"
#include "store/pull/ledger.h"

#include <stdlib.h>
#include <zstd.h>

enum {
    TICK_MS = 50,                        /* how late the end of a lease may be noticed */
    UNREAD_BYTES_MAX = 64 * 1024 * 1024, /* payloads that wait for a lease or a block */
    PAYLOAD_MAX = 128 * 1024 * 1024      /* one batch, whatever its header says */
};

/*
 * A batch from its receipt to the end of its block. `payload` is there until the rows are in a
 * block. Two may point to it: the ledger (until it forgets or settles), and the line of batches
 * that have a lease but no block yet.
 */
struct held {
    struct link_header header;
    zmq_msg_t payload;
    struct assembly_place place; /* block NULL: not in one yet */
    struct held *next;           /* in the line */
    uint64_t lease_end_ns;
    bool is_in_line;
    bool is_forgotten;
    bool may_repeat; /* another store may have inserted it */
};

struct holding {
    struct ledger *ledger;
    struct assembly *assembly;
    struct pull_counters *counters; /* borrowed */
    void (*acknowledge)(void *context, uint64_t ingest_id, const struct link_ack *ack);
    void *acknowledge_context;
    struct held *line_head; /* leased, oldest first */
    struct held *line_tail;
    ZSTD_DCtx *zstd;
    uint8_t *scratch; /* a payload after decompression */
    size_t scratch_room;
    uint64_t tick_due_ns;
    bool is_last; /* an ingest waits for what it has sent: no block should wait for more */
};

static struct pull_rows *counters_of(struct holding *holding, enum record_kind kind)
{
    return kind == RECORD_FLOWS ? &holding->counters->flows : &holding->counters->records;
}

static void count_dropped(
    struct holding *holding, enum pull_drop reason, const struct link_header *header)
{
    counter_add(&counters_of(holding, header->kind)->dropped[reason], header->flow_count);
}

static void gauge_subtract(struct counter *gauge, uint64_t amount)
{
    counter_set(gauge, counter_get(gauge) - amount);
}

static struct held *held_new(
    struct holding *holding, const struct link_header *header, zmq_msg_t *payload)
{
    struct held *held = calloc(1, sizeof *held);
    if (held == NULL) {
        return NULL;
    }
    held->header = *header;
    (void)zmq_msg_init(&held->payload);
    (void)zmq_msg_move(&held->payload, payload);
    counter_add(&holding->counters->unread_bytes, zmq_msg_size(&held->payload));
    counter_add(&counters_of(holding, header->kind)->waiting, header->flow_count);
    counter_add(&holding->counters->batches_waiting, 1);
    return held;
}

static void held_release_payload(struct holding *holding, struct held *held)
{
    gauge_subtract(&holding->counters->unread_bytes, zmq_msg_size(&held->payload));
    (void)zmq_msg_close(&held->payload);
    (void)zmq_msg_init(&held->payload);
}

/* The batch does not wait any more, whatever became of it. */
static void held_destroy(struct holding *holding, struct held *held)
{
    if (held->place.block == NULL) {
        gauge_subtract(&counters_of(holding, held->header.kind)->waiting, held->header.flow_count);
        gauge_subtract(&holding->counters->batches_waiting, 1);
    }
    held_release_payload(holding, held);
    (void)zmq_msg_close(&held->payload);
    free(held);
}

static void on_granted(void *context, const struct ledger_batch *batch, bool is_first)
{
    struct holding *holding = context;
    struct held *held = batch->place;
    held->may_repeat = !is_first;
    held->lease_end_ns = batch->lease_end_ns;
    held->is_in_line = true;
    if (holding->line_tail != NULL) {
        holding->line_tail->next = held;
    } else {
        holding->line_head = held;
    }
    holding->line_tail = held;
}

static struct block_batch *rows_of(const struct held *held)
{
    return &held->place.block->batches[held->place.index];
}

static void on_renewed(void *context, const struct ledger_batch *batch)
{
    (void)context;
    struct held *held = batch->place;
    held->lease_end_ns = batch->lease_end_ns;
    if (held->place.block != NULL) {
        counter_set(&rows_of(held)->lease_end_ns, batch->lease_end_ns);
    }
}

static void on_forgotten(void *context, const struct ledger_batch *batch)
{
    struct holding *holding = context;
    struct held *held = batch->place;
    if (held->place.block != NULL) {
        /* The writer leaves the rows out; what became of them is counted with the block. */
        counter_set(&rows_of(held)->lease_end_ns, 0);
        held_destroy(holding, held);
        return;
    }
    bool is_leased = batch->state == LEDGER_LEASED;
    count_dropped(holding, is_leased ? PULL_DROP_LAPSED : PULL_DROP_UNLEASED, &held->header);
    if (held->is_in_line) {
        held->is_forgotten = true;
    } else {
        held_destroy(holding, held);
    }
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    struct holding *holding = context;
    holding->acknowledge(holding->acknowledge_context, ingest_id, ack);
}

static enum err decompress(struct holding *holding, struct held *held, struct cursor *payload_p)
{
    size_t size = held->header.payload_size;
    if (size > holding->scratch_room) {
        uint8_t *scratch = realloc(holding->scratch, size);
        if (scratch == NULL) {
            return ERR_MEMORY;
        }
        holding->scratch = scratch;
        holding->scratch_room = size;
    }
    size_t unpacked = ZSTD_decompressDCtx(holding->zstd, holding->scratch, size,
        zmq_msg_data(&held->payload), zmq_msg_size(&held->payload));
    if (ZSTD_isError(unpacked) || unpacked != size) {
        return ERR_CORRUPT;
    }
    *payload_p = cursor_of(holding->scratch, size);
    return ERR_OK;
}

static enum err add_to_block(struct holding *holding, struct held *held, uint64_t now_ns)
{
    struct cursor payload = cursor_of(zmq_msg_data(&held->payload), zmq_msg_size(&held->payload));
    if (held->header.is_compressed) {
        enum err err = decompress(holding, held, &payload);
        if (err != ERR_OK) {
            return err;
        }
    }
    struct assembly_batch batch = {
        .identity = {.ingest_id = held->header.ingest_id, .sequence = held->header.sequence},
        .lease_end_ns = held->lease_end_ns,
        .attempt = held->may_repeat ? held->header.attempt + 1 : 0,
        .kind = held->header.kind,
        .flow_count = held->header.flow_count,
        .day = held->header.day,
    };
    return assembly_add(holding->assembly, &batch, payload, now_ns, &held->place);
}

static void give_up(struct holding *holding, struct held *held, enum err err)
{
    const struct link_header *header = &held->header;
    if (err == ERR_CORRUPT) {
        count_dropped(holding, PULL_DROP_CORRUPT, header);
        ledger_settle(holding->ledger, header->ingest_id, header->sequence, LINK_ACK_CORRUPT, held);
        held_destroy(holding, held);
        return;
    }
    /* Without memory now: the ingest sends it again, here or elsewhere. */
    ledger_forget(holding->ledger, header->ingest_id, header->sequence);
}

static void pop_line(struct holding *holding)
{
    struct held *held = holding->line_head;
    holding->line_head = held->next;
    if (holding->line_head == NULL) {
        holding->line_tail = NULL;
    }
    held->next = NULL;
    held->is_in_line = false;
}

/* Moves leased batches into blocks for as long as there is room. */
static void fill_blocks(struct holding *holding, uint64_t now_ns)
{
    while (holding->line_head != NULL) {
        struct held *held = holding->line_head;
        if (held->is_forgotten) {
            pop_line(holding);
            held_destroy(holding, held);
            continue;
        }
        enum err err = add_to_block(holding, held, now_ns);
        if (err == ERR_AGAIN) {
            return;
        }
        pop_line(holding);
        if (err == ERR_OK) {
            held_release_payload(holding, held);
        } else {
            give_up(holding, held, err);
        }
    }
}

/* The copy of the batch whose rows are in this block, or NULL: forgotten meanwhile. */
static struct held *held_in(
    struct holding *holding, const struct block *block, const struct block_batch *batch)
{
    const struct ledger_batch *known =
        ledger_find(holding->ledger, batch->identity.ingest_id, batch->identity.sequence);
    struct held *held = known != NULL ? known->place : NULL;
    return held != NULL && held->place.block == block ? held : NULL;
}

static void settle_batch(
    struct holding *holding, const struct block *block, const struct block_batch *batch)
{
    struct held *held = held_in(holding, block, batch);
    struct pull_rows *counters = counters_of(holding, block->kind);
    gauge_subtract(&counters->waiting, batch->row_count);
    gauge_subtract(&holding->counters->batches_waiting, 1);
    if (batch->is_left_out || block->outcome == BLOCK_PENDING) {
        counter_add(&counters->dropped[PULL_DROP_LAPSED], batch->row_count);
        if (held != NULL) {
            ledger_forget(holding->ledger, batch->identity.ingest_id, batch->identity.sequence);
        }
        return;
    }
    bool is_stored = block->outcome == BLOCK_STORED;
    counter_add(is_stored ? &counters->stored : &counters->shelved, batch->row_count);
    ledger_settle(holding->ledger, batch->identity.ingest_id, batch->identity.sequence,
        is_stored ? LINK_ACK_STORED : LINK_ACK_SHELVED, held);
    if (held != NULL) {
        held_destroy(holding, held);
    }
}

static void take_finished_blocks(struct holding *holding)
{
    for (struct block *block = assembly_finished(holding->assembly); block != NULL;
         block = assembly_finished(holding->assembly)) {
        for (size_t i = 0; i < block->batch_count; i++) {
            settle_batch(holding, block, &block->batches[i]);
        }
        assembly_recycle(holding->assembly, block);
    }
}

enum err holding_new(struct holding **holding_p, const struct holding_options *options)
{
    *holding_p = NULL;
    struct holding *holding = calloc(1, sizeof *holding);
    if (holding == NULL) {
        return ERR_MEMORY;
    }
    holding->counters = options->counters;
    holding->acknowledge = options->acknowledge;
    holding->acknowledge_context = options->context;
    struct ledger_listener listener = {
        .granted = on_granted,
        .renewed = on_renewed,
        .forgotten = on_forgotten,
        .acknowledge = on_acknowledge,
        .context = holding,
    };
    enum err err = ledger_new(&holding->ledger, options->store_id, &listener);
    if (err == ERR_OK) {
        err = assembly_new(&holding->assembly, &options->assembly);
    }
    holding->zstd = ZSTD_createDCtx();
    if (err == ERR_OK && holding->zstd == NULL) {
        err = ERR_MEMORY;
    }
    if (err != ERR_OK) {
        holding_destroy(&holding);
        return err;
    }
    *holding_p = holding;
    return ERR_OK;
}

static void clear_line(struct holding *holding)
{
    while (holding->line_head != NULL) {
        struct held *held = holding->line_head;
        pop_line(holding);
        if (held->is_forgotten) {
            held_destroy(holding, held);
        }
    }
}

void holding_destroy(struct holding **holding_p)
{
    struct holding *holding = *holding_p;
    if (holding == NULL) {
        return;
    }
    clear_line(holding);
    if (holding->ledger != NULL) {
        ledger_forget_all(holding->ledger);
    }
    ledger_destroy(&holding->ledger);
    assembly_destroy(&holding->assembly);
    (void)ZSTD_freeDCtx(holding->zstd);
    free(holding->scratch);
    free(holding);
    *holding_p = NULL;
}

void holding_take(
    struct holding *holding, const struct link_header *header, zmq_msg_t *payload, uint64_t now_ns)
{
    counter_add(&holding->counters->batches_in, 1);
    counter_add(&holding->counters->bytes_in, zmq_msg_size(payload));
    counter_add(&counters_of(holding, header->kind)->in, header->flow_count);
    if (header->payload_size > PAYLOAD_MAX ||
        (!header->is_compressed && header->payload_size != zmq_msg_size(payload))) {
        count_dropped(holding, PULL_DROP_CORRUPT, header);
        holding_refuse(holding, header, LINK_ACK_CORRUPT);
        return;
    }
    struct held *held = held_new(holding, header, payload);
    if (held == NULL) {
        count_dropped(holding, PULL_DROP_MEMORY, header);
        return;
    }
    enum ledger_arrival arrival = ledger_take(holding->ledger, header, held, now_ns);
    if (arrival != LEDGER_NEW) {
        count_dropped(
            holding, arrival == LEDGER_FULL ? PULL_DROP_MEMORY : PULL_DROP_DUPLICATE, header);
        held_destroy(holding, held);
    }
}

void holding_refuse(
    struct holding *holding, const struct link_header *header, enum link_ack_kind kind)
{
    ledger_settle(holding->ledger, header->ingest_id, header->sequence, kind, NULL);
}

void holding_lease(struct holding *holding, const struct link_lease *lease, uint64_t now_ns)
{
    ledger_lease(holding->ledger, lease, now_ns);
    holding->is_last = holding->is_last || lease->is_last;
}

static void tick(struct holding *holding, uint64_t now_ns)
{
    if (now_ns < holding->tick_due_ns) {
        return;
    }
    holding->tick_due_ns = now_ns + TICK_MS * NS_PER_MS;
    ledger_tick(holding->ledger, now_ns);
    counter_set(&holding->counters->stale_epochs, ledger_stale_epochs(holding->ledger));
}

void holding_turn(struct holding *holding, uint64_t now_ns, bool is_flush)
{
    take_finished_blocks(holding);
    tick(holding, now_ns);
    fill_blocks(holding, now_ns);
    assembly_submit(holding->assembly, now_ns, is_flush || holding->is_last);
    holding->is_last = false;
    counter_set(&holding->counters->block_rows, assembly_max_rows(holding->assembly));
    counter_set(&holding->counters->inflight, assembly_inflight(holding->assembly));
    ledger_flush(holding->ledger, now_ns);
}

bool holding_may_take(const struct holding *holding)
{
    return holding->line_head == NULL && !assembly_is_blocked(holding->assembly) &&
           counter_get(&holding->counters->unread_bytes) < UNREAD_BYTES_MAX;
}

static bool is_empty(const struct holding *holding)
{
    return counter_get(&holding->counters->batches_waiting) == 0 &&
           assembly_is_idle(holding->assembly);
}

uint64_t holding_due_ns(const struct holding *holding, uint64_t now_ns)
{
    if (is_empty(holding)) {
        return UINT64_MAX;
    }
    uint64_t ask_due_ns = ledger_ask_due_ns(holding->ledger);
    uint64_t tick_due_ns = now_ns + TICK_MS * NS_PER_MS;
    return ask_due_ns < tick_due_ns ? ask_due_ns : tick_due_ns;
}
