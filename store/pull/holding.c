/* SPDX-License-Identifier: BSD-3-Clause -- batches from their receipt to the end of their block. */
#include "store/pull/holding.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/pull/held_batch.h"
#include "store/pull/ledger.h"
#include "store/pull/unpacker.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    CONFLICT_LOG_MS = 60000,            /* between two log lines */
    TICK_MS = 50,                       /* how late the end of a lease may be noticed */
    UNREAD_BYTES_MAX = 64 * 1024 * 1024 /* payloads that wait for a lease or a block */
};

struct holding {
    struct ledger *ledger;
    struct assembly *assembly;
    struct pull_counters *counters; /* borrowed */
    void (*acknowledge)(void *context, uint64_t ingest_id, const struct link_ack *ack);
    void (*unanswered)(void *context, uint64_t ingest_id);
    void *listener_context; /* of both */
    struct held_batch_line line;
    struct unpacker unpacker;
    uint64_t tick_due_ns;
    uint64_t now_ns; /* of the latest batch */
    uint64_t conflict_due_ns;
    bool is_last; /* an ingest waits for what it has sent: no block should wait for more */
};

static void count_dropped(
    struct holding *holding, enum pull_drop reason, const struct link_header *header)
{
    counter_add(
        &pull_rows_of(holding->counters, header->kind)->dropped[reason], header->flow_count);
}

static void on_granted(void *context, const struct ledger_batch *batch, bool is_first)
{
    struct holding *holding = context;
    struct held_batch *held = batch->place;
    held->may_repeat = !is_first;
    held->lease_end_ns = batch->lease_end_ns;
    held_batch_line_append(&holding->line, held);
}

static void on_renewed(void *context, const struct ledger_batch *batch)
{
    (void)context;
    held_batch_set_lease_end(batch->place, batch->lease_end_ns);
}

static void on_forgotten(void *context, const struct ledger_batch *batch)
{
    struct holding *holding = context;
    struct held_batch *held = batch->place;
    if (held->place.block != NULL) {
        /* The writer leaves the rows out; what became of them is counted with the block. */
        held_batch_set_lease_end(held, 0);
        held_batch_destroy(&held, holding->counters);
        return;
    }
    bool is_leased = batch->state == LEDGER_LEASED;
    count_dropped(holding, is_leased ? PULL_DROP_LAPSED : PULL_DROP_UNLEASED, &held->header);
    if (held->is_in_line) {
        held->is_forgotten = true;
    } else {
        held_batch_destroy(&held, holding->counters);
    }
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    struct holding *holding = context;
    holding->acknowledge(holding->listener_context, ingest_id, ack);
}

static void on_unanswered(void *context, uint64_t ingest_id)
{
    struct holding *holding = context;
    counter_add(&holding->counters->requests_unanswered, 1);
    holding->unanswered(holding->listener_context, ingest_id);
}

/* Once a minute at most; the metric counts each batch that is refused. */
static void on_conflict(
    void *context, const struct link_header *header, enum ledger_conflict conflict)
{
    static const char *const TEXTS[] = {
        [LEDGER_OLDER_PROCESS] = "two ingests have one id; batches of the older were refused",
        [LEDGER_OTHER_CONTENT] = "two batches have one name; the later one was refused",
        [LEDGER_CHANGED_ID] = "an ingest took another id, as two had the one before",
    };
    struct holding *holding = context;
    if (conflict == LEDGER_LATE_PROCESS || holding->now_ns < holding->conflict_due_ns) {
        return;
    }
    holding->conflict_due_ns = holding->now_ns + CONFLICT_LOG_MS * NS_PER_MS;
    log_warning("pull", TEXTS[conflict],
        "ingest=%" PRIu64 " sender=%" PRIu64 " sequence=%" PRIu64 " epoch=%" PRIu64,
        header->ingest_id, link_header_sender(header), header->sequence, header->epoch);
}

static enum err add_to_block(struct holding *holding, struct held_batch *held, uint64_t now_ns)
{
    struct cursor payload;
    enum err err = unpacker_open(&holding->unpacker, &held->header, &held->payload, &payload);
    if (err != ERR_OK) {
        return err;
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

static void give_up(struct holding *holding, struct held_batch *held, enum err err)
{
    const struct link_header *header = &held->header;
    if (err == ERR_CORRUPT) {
        count_dropped(holding, PULL_DROP_CORRUPT, header);
        ledger_settle(holding->ledger, header->ingest_id, header->sequence, LINK_ACK_CORRUPT, held);
        held_batch_destroy(&held, holding->counters);
        return;
    }
    /* Without memory now: the ingest sends it again, here or elsewhere. */
    ledger_forget(holding->ledger, header->ingest_id, header->sequence);
}

/* Moves leased batches into blocks for as long as there is room. */
static void fill_blocks(struct holding *holding, uint64_t now_ns)
{
    while (holding->line.head != NULL) {
        struct held_batch *held = holding->line.head;
        if (held->is_forgotten) {
            held_batch_line_pop(&holding->line);
            held_batch_destroy(&held, holding->counters);
            continue;
        }
        enum err err = add_to_block(holding, held, now_ns);
        if (err == ERR_AGAIN) {
            return;
        }
        held_batch_line_pop(&holding->line);
        if (err == ERR_OK) {
            held_batch_release_payload(held, holding->counters);
        } else {
            give_up(holding, held, err);
        }
    }
}

/* The copy of the batch whose rows are in this block, or NULL: forgotten meanwhile. */
static struct held_batch *held_in(
    struct holding *holding, const struct block *block, const struct block_batch *batch)
{
    const struct ledger_batch *known =
        ledger_find(holding->ledger, batch->identity.ingest_id, batch->identity.sequence);
    struct held_batch *held = known != NULL ? known->place : NULL;
    return held != NULL && held->place.block == block ? held : NULL;
}

static void settle_batch(
    struct holding *holding, const struct block *block, const struct block_batch *batch)
{
    struct held_batch *held = held_in(holding, block, batch);
    struct pull_rows *counters = pull_rows_of(holding->counters, block->kind);
    held_batch_count_waited(holding->counters, block->kind, batch->row_count);
    if (batch->is_left_out || block->outcome == BLOCK_PENDING) {
        counter_add(&counters->dropped[PULL_DROP_LAPSED], batch->row_count);
        if (held != NULL) {
            ledger_forget(holding->ledger, batch->identity.ingest_id, batch->identity.sequence);
        }
        return;
    }
    /* A batch of a refused block may have been in the table before, or have gone in with a part. */
    bool is_stored = block->outcome == BLOCK_STORED || batch->is_removed;
    counter_add(is_stored ? &counters->stored : &counters->shelved, batch->row_count);
    ledger_settle(holding->ledger, batch->identity.ingest_id, batch->identity.sequence,
        is_stored ? LINK_ACK_STORED : LINK_ACK_SHELVED, held);
    if (held != NULL) {
        held_batch_destroy(&held, holding->counters);
    }
}

/* False: none was finished. */
static bool take_finished_blocks(struct holding *holding)
{
    bool is_any = false;
    for (struct block *block = assembly_finished(holding->assembly); block != NULL;
         block = assembly_finished(holding->assembly)) {
        for (size_t i = 0; i < block->batch_count; i++) {
            settle_batch(holding, block, &block->batches[i]);
        }
        assembly_recycle(holding->assembly, block);
        is_any = true;
    }
    return is_any;
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
    holding->unanswered = options->unanswered;
    holding->listener_context = options->context;
    struct ledger_listener listener = {
        .granted = on_granted,
        .renewed = on_renewed,
        .forgotten = on_forgotten,
        .acknowledge = on_acknowledge,
        .conflict = on_conflict,
        .unanswered = on_unanswered,
        .context = holding,
    };
    enum err err = ledger_new(&holding->ledger, options->store_id, &listener);
    if (err == ERR_OK) {
        err = assembly_new(&holding->assembly, &options->assembly);
    }
    if (err == ERR_OK) {
        err = unpacker_init(&holding->unpacker);
    }
    if (err != ERR_OK) {
        holding_destroy(&holding);
        return err;
    }
    *holding_p = holding;
    return ERR_OK;
}

void holding_destroy(struct holding **holding_p)
{
    struct holding *holding = *holding_p;
    if (holding == NULL) {
        return;
    }
    held_batch_line_clear(&holding->line, holding->counters);
    if (holding->ledger != NULL) {
        ledger_forget_all(holding->ledger);
    }
    ledger_destroy(&holding->ledger);
    assembly_destroy(&holding->assembly);
    unpacker_clear(&holding->unpacker);
    free(holding);
    *holding_p = NULL;
}

static enum pull_drop drop_reason(enum ledger_arrival arrival)
{
    switch (arrival) {
    case LEDGER_FULL:
        return PULL_DROP_MEMORY;
    case LEDGER_REFUSED:
        return PULL_DROP_NAME;
    default:
        return PULL_DROP_DUPLICATE;
    }
}

void holding_take(
    struct holding *holding, const struct link_header *header, zmq_msg_t *payload, uint64_t now_ns)
{
    counter_add(&holding->counters->batches_in, 1);
    counter_add(&holding->counters->bytes_in, zmq_msg_size(payload));
    counter_add(&pull_rows_of(holding->counters, header->kind)->in, header->flow_count);
    if (!unpacker_takes(header, payload)) {
        count_dropped(holding, PULL_DROP_CORRUPT, header);
        holding_refuse(holding, header, LINK_ACK_CORRUPT);
        return;
    }
    holding->now_ns = now_ns;
    struct held_batch *held = held_batch_new(header, payload, holding->counters);
    if (held == NULL) {
        count_dropped(holding, PULL_DROP_MEMORY, header);
        return;
    }
    enum ledger_arrival arrival = ledger_take(holding->ledger, header, held, now_ns);
    if (arrival != LEDGER_NEW) {
        count_dropped(holding, drop_reason(arrival), header);
        held_batch_destroy(&held, holding->counters);
    }
}

void holding_refuse(
    struct holding *holding, const struct link_header *header, enum link_ack_kind kind)
{
    ledger_refuse(holding->ledger, header, kind);
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
    tick(holding, now_ns);
    do {
        fill_blocks(holding, now_ns);
        assembly_submit(holding->assembly, now_ns, is_flush || holding->is_last);
    } while (take_finished_blocks(holding));
    holding->is_last = false;
    counter_set(&holding->counters->block_rows, assembly_max_rows(holding->assembly));
    counter_set(&holding->counters->inflight, assembly_inflight(holding->assembly));
    ledger_flush(holding->ledger, now_ns);
}

bool holding_may_take(const struct holding *holding)
{
    return holding->line.head == NULL && !assembly_is_blocked(holding->assembly) &&
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
