/* SPDX-License-Identifier: BSD-3-Clause -- which batches this store has, and on what lease. */
#include "store/pull/ledger_names.h"

#include <stdlib.h>

enum {
    LATE_LEASES = 2 /* so long after a restart batches of the process before may come */
};

struct ledger {
    struct ledger_listener listener;
    uint64_t store_id;
    struct known_ingests ingests;
    uint64_t stale_epochs;
    uint64_t now_ns; /* the latest time that was passed in */
};

enum err ledger_new(
    struct ledger **ledger_p, uint64_t store_id, const struct ledger_listener *listener)
{
    *ledger_p = calloc(1, sizeof **ledger_p);
    if (*ledger_p == NULL) {
        return ERR_MEMORY;
    }
    (*ledger_p)->listener = *listener;
    (*ledger_p)->store_id = store_id;
    return ERR_OK;
}

void ledger_destroy(struct ledger **ledger_p)
{
    struct ledger *ledger = *ledger_p;
    if (ledger == NULL) {
        return;
    }
    known_ingests_clear(&ledger->ingests);
    free(ledger);
    *ledger_p = NULL;
}

/* Comes again though it is settled: only who has a lease is believed, so one is asked for. */
static void settle_again(
    struct ledger_ingest *ingest, uint64_t sequence, enum link_ack_kind outcome)
{
    link_ranges_add(&ingest->asking_again, sequence, sequence);
    link_ranges_add(&ingest->settled[outcome], sequence, sequence);
}

static enum ledger_arrival take_batch(
    struct ledger_ingest *ingest, struct ledger_batch *batch, void *place, uint64_t now_ns)
{
    if (batch->state == LEDGER_STORED) {
        settle_again(ingest, batch->sequence, batch->outcome);
        return LEDGER_DUPLICATE;
    }
    if (ledger_ingest_is_quiet(ingest, batch, now_ns)) {
        return LEDGER_DUPLICATE;
    }
    /* Of a batch that is leased already, this says that the ingest has not heard of it lately. */
    ledger_ingest_ask(ingest, batch->sequence, now_ns);
    if (batch->state != LEDGER_FORGOTTEN) {
        return LEDGER_DUPLICATE;
    }
    batch->place = place;
    batch->asked_ns = now_ns;
    batch->lease_end_ns = 0;
    ledger_ingest_set_state(ingest, batch, LEDGER_ASKED);
    return LEDGER_NEW;
}

static enum ledger_arrival take_named(
    struct ledger_ingest *ingest, const struct link_header *header, void *place, uint64_t now_ns)
{
    ledger_ingest_set_lease(ingest, header->lease_ms);
    struct ledger_batch *batch = ledger_ingest_find(ingest, header->sequence);
    if (batch == NULL) {
        batch = ledger_ingest_insert(ingest, header->sequence, now_ns);
    }
    if (batch == NULL) {
        return LEDGER_FULL;
    }
    if (header->payload_crc != 0) {
        batch->payload_crc = header->payload_crc;
    }
    return take_batch(ingest, batch, place, now_ns);
}

static void note_conflict(
    struct ledger *ledger, const struct link_header *header, enum ledger_conflict conflict)
{
    if (ledger->listener.conflict != NULL) {
        ledger->listener.conflict(ledger->listener.context, header, conflict);
    }
}

static void refuse_name(
    struct ledger *ledger, struct ledger_ingest *ingest, const struct link_header *header)
{
    ingest->refused_epoch = header->epoch;
    link_ranges_add(&ingest->settled[LINK_ACK_NAME_REFUSED], header->sequence, header->sequence);
    bool is_late = ledger->now_ns < ingest->epoch_ns + LATE_LEASES * ingest->lease_ns;
    if (header->epoch >= ingest->epoch) {
        note_conflict(ledger, header, LEDGER_OTHER_CONTENT);
    } else {
        note_conflict(ledger, header, is_late ? LEDGER_LATE_PROCESS : LEDGER_OLDER_PROCESS);
    }
}

/* The process that kept the id hears that another one had it. */
static void note_changed_id(struct ledger *ledger, const struct link_header *header)
{
    note_conflict(ledger, header, LEDGER_CHANGED_ID);
    struct ledger_ingest *owner = known_ingests_find(&ledger->ingests, header->ingest_id);
    if (owner != NULL && owner->epoch >= LINK_EPOCH_COUNTED) {
        owner->refused_epoch = 0;
        link_ranges_add(&owner->settled[LINK_ACK_NAME_REFUSED], header->sequence, header->sequence);
    }
}

enum ledger_arrival ledger_take(
    struct ledger *ledger, const struct link_header *header, void *place, uint64_t now_ns)
{
    ledger->now_ns = now_ns;
    struct ledger_ingest *ingest =
        known_ingests_meet_sender(&ledger->ingests, header->ingest_id, link_header_sender(header));
    if (ingest == NULL) {
        return LEDGER_FULL;
    }
    bool has_changed = ingest->heard_ns == 0 && ingest->sender_id != ingest->id;
    ledger->stale_epochs += header->epoch < ingest->epoch;
    enum ledger_name name = ledger_names_check(&ledger->ingests, ingest, header, now_ns);
    if (has_changed && name != LEDGER_NAME_REFUSED) {
        note_changed_id(ledger, header);
    }
    switch (name) {
    case LEDGER_NAME_GOOD:
        return take_named(ingest, header, place, now_ns);
    case LEDGER_NAME_BUSY:
        return LEDGER_DUPLICATE;
    case LEDGER_NAME_STORED:
        settle_again(ingest, header->sequence, LINK_ACK_STORED);
        return LEDGER_DUPLICATE;
    case LEDGER_NAME_REFUSED:
        break;
    }
    refuse_name(ledger, ingest, header);
    return LEDGER_REFUSED;
}

static void forget(struct ledger *ledger, struct ledger_ingest *ingest, struct ledger_batch *batch)
{
    ledger->listener.forgotten(ledger->listener.context, batch);
    batch->place = NULL;
    ledger_ingest_set_state(ingest, batch, LEDGER_FORGOTTEN);
}

static void judge(struct ledger *ledger, struct ledger_ingest *ingest, struct ledger_batch *batch,
    enum link_verdict verdict, uint64_t lease_end_ns)
{
    if (!ledger_batch_is_live(batch)) {
        return;
    }
    if (verdict == LINK_GONE) {
        forget(ledger, ingest, batch);
        return;
    }
    bool is_new = batch->state == LEDGER_ASKED;
    if (!is_new && lease_end_ns <= batch->lease_end_ns) {
        return;
    }
    batch->lease_end_ns = lease_end_ns;
    ledger_ingest_set_state(ingest, batch, LEDGER_LEASED);
    if (is_new) {
        ledger->listener.granted(ledger->listener.context, batch, verdict == LINK_GRANTED);
    } else {
        ledger->listener.renewed(ledger->listener.context, batch);
    }
}

static void judge_range(struct ledger *ledger, struct ledger_ingest *ingest,
    const struct link_range *range, enum link_verdict verdict, uint64_t lease_end_ns)
{
    for (size_t i = ledger_ingest_lower_bound(ingest, range->first);
         i < ingest->count && ingest->batches[i].sequence <= range->last; i++) {
        judge(ledger, ingest, &ingest->batches[i], verdict, lease_end_ns);
    }
}

static void take_lease(struct ledger *ledger, struct ledger_ingest *ingest,
    const struct link_lease *lease, uint64_t now_ns)
{
    ingest->unanswered_ns = 0;
    /* The lease runs from the question, however late the answer comes. */
    uint64_t end_ns = lease->stamp_ns + ingest->lease_ns;
    bool is_over = lease->stamp_ns > now_ns || end_ns <= now_ns;
    for (int verdict = 0; verdict < LINK_VERDICT_COUNT; verdict++) {
        if (is_over && verdict != LINK_GONE) {
            continue;
        }
        const struct link_ranges *ranges = &lease->ranges[verdict];
        for (size_t i = 0; i < ranges->count; i++) {
            judge_range(ledger, ingest, &ranges->values[i], (enum link_verdict)verdict, end_ns);
        }
    }
}

void ledger_lease(struct ledger *ledger, const struct link_lease *lease, uint64_t now_ns)
{
    bool is_ours = lease->store_id == 0 || lease->store_id == ledger->store_id;
    for (size_t i = 0; i < ledger->ingests.count && is_ours; i++) {
        if (ledger->ingests.values[i].sender_id == lease->ingest_id) {
            take_lease(ledger, &ledger->ingests.values[i], lease, now_ns);
        }
    }
}

/* At most one sender has a live batch of a name. */
static struct ledger_batch *find_live(
    struct ledger *ledger, uint64_t ingest_id, uint64_t sequence, struct ledger_ingest **ingest_p)
{
    size_t at = 0;
    for (*ingest_p = known_ingests_next(&ledger->ingests, &at, ingest_id); *ingest_p != NULL;
         *ingest_p = known_ingests_next(&ledger->ingests, &at, ingest_id)) {
        struct ledger_batch *batch = ledger_ingest_find(*ingest_p, sequence);
        if (batch != NULL && ledger_batch_is_live(batch)) {
            return batch;
        }
    }
    return NULL;
}

const struct ledger_batch *ledger_find(struct ledger *ledger, uint64_t ingest_id, uint64_t sequence)
{
    struct ledger_ingest *ingest = NULL;
    return find_live(ledger, ingest_id, sequence, &ingest);
}

/* Who waits for what becomes of a batch: who sent the live one, or any that is remembered. */
static struct ledger_ingest *find_sender(
    struct ledger *ledger, uint64_t ingest_id, uint64_t sequence)
{
    struct ledger_ingest *ingest = NULL;
    if (find_live(ledger, ingest_id, sequence, &ingest) != NULL) {
        return ingest;
    }
    size_t at = 0;
    do {
        ingest = known_ingests_next(&ledger->ingests, &at, ingest_id);
    } while (ingest != NULL && ledger_ingest_find(ingest, sequence) == NULL);
    return ingest != NULL ? ingest : known_ingests_meet(&ledger->ingests, ingest_id);
}

void ledger_refuse(struct ledger *ledger, const struct link_header *header, enum link_ack_kind kind)
{
    struct ledger_ingest *ingest =
        known_ingests_meet_sender(&ledger->ingests, header->ingest_id, link_header_sender(header));
    if (ingest == NULL) {
        return;
    }
    link_ranges_add(&ingest->settled[kind], header->sequence, header->sequence);
    /* The ingest sends the batch to any store now, so this one must not have a copy of it. */
    struct ledger_batch *batch = ledger_ingest_find(ingest, header->sequence);
    if (batch != NULL && ledger_batch_is_live(batch)) {
        forget(ledger, ingest, batch);
    }
}

void ledger_settle(struct ledger *ledger, uint64_t ingest_id, uint64_t sequence,
    enum link_ack_kind kind, const void *place)
{
    struct ledger_ingest *ingest = find_sender(ledger, ingest_id, sequence);
    if (ingest == NULL) {
        return;
    }
    link_ranges_add(&ingest->settled[kind], sequence, sequence);
    struct ledger_batch *batch = ledger_ingest_find(ingest, sequence);
    bool is_stored = kind == LINK_ACK_STORED || kind == LINK_ACK_SHELVED;
    if (batch == NULL && is_stored) {
        batch = ledger_ingest_insert(ingest, sequence, ledger->now_ns);
    }
    if (batch == NULL) {
        return;
    }
    if (ledger_batch_is_live(batch) && batch->place != place) {
        forget(ledger, ingest, batch);
    }
    batch->place = NULL;
    batch->outcome = kind;
    ledger_ingest_set_state(ingest, batch, is_stored ? LEDGER_STORED : LEDGER_FORGOTTEN);
}

void ledger_forget(struct ledger *ledger, uint64_t ingest_id, uint64_t sequence)
{
    struct ledger_ingest *ingest = NULL;
    struct ledger_batch *batch = find_live(ledger, ingest_id, sequence, &ingest);
    if (batch != NULL) {
        forget(ledger, ingest, batch);
    }
}

static void forget_ended(struct ledger *ledger, struct ledger_ingest *ingest, uint64_t now_ns)
{
    for (size_t i = 0; ingest->live_count > 0 && i < ingest->count; i++) {
        struct ledger_batch *batch = &ingest->batches[i];
        if (ledger_batch_is_live(batch) && now_ns >= ledger_ingest_end_ns(ingest, batch)) {
            forget(ledger, ingest, batch);
        }
    }
}

void ledger_forget_all(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->ingests.count; i++) {
        forget_ended(ledger, &ledger->ingests.values[i], UINT64_MAX);
    }
}

static void report_unanswered(struct ledger *ledger, struct ledger_ingest *ingest, uint64_t now_ns)
{
    if (ingest->unanswered_ns != 0 && now_ns >= ingest->unanswered_ns + ingest->lease_ns) {
        ingest->unanswered_ns = 0;
        ledger->listener.unanswered(ledger->listener.context, ingest->sender_id);
    }
}

void ledger_tick(struct ledger *ledger, uint64_t now_ns)
{
    ledger->now_ns = now_ns;
    for (size_t i = 0; i < ledger->ingests.count; i++) {
        forget_ended(ledger, &ledger->ingests.values[i], now_ns);
        report_unanswered(ledger, &ledger->ingests.values[i], now_ns);
    }
}

static void acknowledge(struct ledger *ledger, struct ledger_ingest *ingest,
    enum link_ack_kind kind, struct link_ranges *ranges, uint64_t now_ns)
{
    if (ranges->count == 0) {
        return;
    }
    bool is_refusal = kind == LINK_ACK_NAME_REFUSED && ingest->refused_epoch != 0;
    struct link_ack ack = {
        .kind = kind,
        .ingest_id = ingest->sender_id,
        .store_id = ledger->store_id,
        .stamp_ns = now_ns,
        .epoch = kind == LINK_ACK_NAME_REFUSED ? ingest->refused_epoch : ingest->epoch,
        .newest_epoch = kind == LINK_ACK_NAME_REFUSED ? ingest->epoch : 0,
        .to_epoch = is_refusal ? ingest->refused_epoch : ingest->epoch,
        .ranges = *ranges,
    };
    if (kind == LINK_ACK_HELD && ingest->unanswered_ns == 0) {
        ingest->unanswered_ns = now_ns;
    }
    ledger->listener.acknowledge(ledger->listener.context, ingest->sender_id, &ack);
    link_ranges_reset(ranges);
}

void ledger_flush(struct ledger *ledger, uint64_t now_ns)
{
    for (size_t i = 0; i < ledger->ingests.count; i++) {
        struct ledger_ingest *ingest = &ledger->ingests.values[i];
        if (ingest->live_count > 0 && now_ns >= ingest->renew_due_ns) {
            ledger_ingest_ask_all(ingest, now_ns);
        }
        acknowledge(ledger, ingest, LINK_ACK_HELD, &ingest->asking_again, now_ns);
        for (int kind = LINK_ACK_STORED; kind < LINK_ACK_KIND_COUNT; kind++) {
            acknowledge(ledger, ingest, (enum link_ack_kind)kind, &ingest->settled[kind], now_ns);
        }
        if (now_ns >= ingest->ask_due_ns) {
            acknowledge(ledger, ingest, LINK_ACK_HELD, &ingest->asking, now_ns);
            ingest->asking_count = 0;
        }
    }
}

uint64_t ledger_ask_due_ns(const struct ledger *ledger)
{
    uint64_t due_ns = UINT64_MAX;
    for (size_t i = 0; i < ledger->ingests.count; i++) {
        const struct ledger_ingest *ingest = &ledger->ingests.values[i];
        if (ingest->asking_count > 0 && ingest->ask_due_ns < due_ns) {
            due_ns = ingest->ask_due_ns;
        }
    }
    return due_ns;
}

uint64_t ledger_stale_epochs(const struct ledger *ledger)
{
    return ledger->stale_epochs;
}
