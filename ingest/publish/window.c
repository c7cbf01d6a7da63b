/* SPDX-License-Identifier: BSD-3-Clause -- the batches that are not stored yet. */
#include "ingest/publish/window.h"

#include "common/clock.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ROOM_AT_START = 1024, /* a power of two */
    REFUSALS_MAX = 3
};

/*
 * A ring of batches in order of sequence; sequences may have gaps, positions have none:
 *
 *   position   first ................ first + count - 1
 *   slot       head ................. (head + count - 1) & (room - 1)
 *   state      W  removed  L  S  ...  W
 *                                     ▲ nothing before `search_from` is WAITING
 */
struct window {
    struct window_options options;
    struct window_batch *slots;
    size_t room; /* a power of two */
    size_t head;
    size_t count;           /* with holes */
    uint64_t first;         /* position of the head */
    uint64_t search_from;   /* position */
    uint64_t memory_from;   /* position: nothing before it is in memory */
    uint64_t next_sequence; /* of the next batch */
    uint64_t tick_due_ns;   /* no deadline is earlier */
    struct window_counters counters;
};

static struct window_batch *batch_at(const struct window *window, uint64_t position)
{
    return &window->slots[(window->head + (position - window->first)) & (window->room - 1)];
}

static uint64_t end_position(const struct window *window)
{
    return window->first + window->count;
}

static uint64_t position_of(const struct window *window, const struct window_batch *batch)
{
    size_t slot = (size_t)(batch - window->slots);
    return window->first + ((slot - window->head) & (window->room - 1));
}

/* The position of the first batch that is not before the sequence, holes included. */
static uint64_t find_position(const struct window *window, uint64_t sequence)
{
    uint64_t low = window->first;
    uint64_t high = end_position(window);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (batch_at(window, middle)->sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct counter *rows_of(struct window_amount *amount, const struct window_batch *batch)
{
    return batch->kind == RECORD_FLOWS ? &amount->flows : &amount->records;
}

static void amount_add(struct window_amount *amount, const struct window_batch *batch)
{
    counter_add(&amount->batches, 1);
    counter_add(rows_of(amount, batch), batch->flow_count);
}

static void amount_subtract(struct window_amount *amount, const struct window_batch *batch)
{
    counter_set(&amount->batches, counter_get(&amount->batches) - 1);
    struct counter *rows = rows_of(amount, batch);
    counter_set(rows, counter_get(rows) - batch->flow_count);
}

enum err window_new(struct window **window_p, const struct window_options *options)
{
    *window_p = NULL;
    struct window *window = calloc(1, sizeof *window);
    if (window == NULL) {
        return ERR_MEMORY;
    }
    window->options = *options;
    window->next_sequence = options->first_sequence;
    window->tick_due_ns = UINT64_MAX;
    window->room = ROOM_AT_START;
    window->slots = calloc(window->room, sizeof *window->slots);
    if (window->slots == NULL) {
        window_destroy(&window);
        return ERR_MEMORY;
    }
    *window_p = window;
    return ERR_OK;
}

void window_destroy(struct window **window_p)
{
    struct window *window = *window_p;
    if (window != NULL) {
        window_abandon(window);
        free(window->slots);
        free(window);
        *window_p = NULL;
    }
}

/* Only a batch that the spool has can do without. */
static void release_memory(struct window *window, struct window_batch *batch)
{
    uint64_t bytes = counter_get(&window->counters.waiting_bytes);
    counter_set(&window->counters.waiting_bytes, bytes - zmq_msg_size(&batch->payload));
    (void)zmq_msg_close(&batch->payload);
    (void)zmq_msg_init(&batch->payload);
}

/* The batch leaves; holes at the head go with it. */
static void remove_batch(
    struct window *window, struct window_batch *batch, struct window_amount *reason)
{
    amount_add(reason, batch);
    amount_subtract(&window->counters.waiting, batch);
    release_memory(window, batch);
    if (window->options.removed != NULL && reason != &window->counters.kept) {
        window->options.removed(window->options.context, batch);
    }
    batch->state = WINDOW_REMOVED;
    while (window->count > 0 && window->slots[window->head].state == WINDOW_REMOVED) {
        window->head = (window->head + 1) & (window->room - 1);
        window->first++;
        window->count--;
    }
    if (window->search_from < window->first) {
        window->search_from = window->first;
    }
    if (window->memory_from < window->first) {
        window->memory_from = window->first;
    }
}

static void await_again(struct window *window, struct window_batch *batch)
{
    batch->state = WINDOW_WAITING;
    batch->attempt++;
    if (position_of(window, batch) < window->search_from) {
        window->search_from = position_of(window, batch);
    }
}

static void set_deadline(struct window *window, struct window_batch *batch, uint64_t deadline_ns)
{
    batch->deadline_ns = deadline_ns;
    if (deadline_ns < window->tick_due_ns) {
        window->tick_due_ns = deadline_ns;
    }
}

/* Half a lease more than the store believes: for clocks that run apart and slow commits. */
static uint64_t lease_end_ns(const struct window *window, uint64_t now_ns)
{
    return now_ns + window->options.lease_ms * NS_PER_MS * 3 / 2;
}

static enum err double_room(struct window *window)
{
    struct window_batch *slots = calloc(window->room * 2, sizeof *slots);
    if (slots == NULL) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < window->count; i++) {
        slots[i] = *batch_at(window, window->first + i);
    }
    free(window->slots);
    window->slots = slots;
    window->room *= 2;
    window->head = 0;
    return ERR_OK;
}

static bool is_in_memory(const struct window_batch *batch)
{
    return batch->state != WINDOW_REMOVED && zmq_msg_size(&batch->payload) > 0;
}

/*
 * What costs least to free among what is in memory: the oldest that no store is at work on, else
 * the oldest. NULL: nothing is in memory.
 */
static struct window_batch *find_victim(struct window *window)
{
    while (window->memory_from < end_position(window) &&
           !is_in_memory(batch_at(window, window->memory_from))) {
        window->memory_from++;
    }
    struct window_batch *oldest = NULL;
    for (uint64_t at = window->memory_from; at < end_position(window); at++) {
        struct window_batch *batch = batch_at(window, at);
        if (is_in_memory(batch) && batch->state != WINDOW_LEASED) {
            return batch;
        }
        if (is_in_memory(batch) && oldest == NULL) {
            oldest = batch;
        }
    }
    return oldest;
}

static bool is_short_of_memory(const struct window *window, size_t size)
{
    uint64_t bytes = counter_get(&window->counters.waiting_bytes);
    return bytes > 0 && bytes + size > window->options.max_bytes;
}

static void make_room(struct window *window, size_t size)
{
    while (is_short_of_memory(window, size)) {
        struct window_batch *victim = find_victim(window);
        if (victim->place.segment != 0) {
            release_memory(window, victim);
        } else {
            remove_batch(window, victim, &window->counters.dropped_window);
        }
    }
}

/* A copy of the batch at the end of the ring, or NULL. */
static struct window_batch *add_batch(struct window *window, const struct window_batch *batch)
{
    if (window->count == window->room && double_room(window) != ERR_OK) {
        return NULL;
    }
    struct window_batch *slot = batch_at(window, end_position(window));
    *slot = *batch;
    slot->holder = 0;
    slot->attempt = 0;
    slot->refusals = 0;
    window->count++;
    amount_add(&window->counters.in, slot);
    amount_add(&window->counters.waiting, slot);
    counter_add(&window->counters.waiting_bytes, zmq_msg_size(&slot->payload));
    return slot;
}

uint64_t window_next_sequence(const struct window *window)
{
    return window->next_sequence;
}

enum err window_append(struct window *window, const struct window_batch *batch)
{
    size_t size = zmq_msg_size(&batch->payload);
    bool is_on_disk_only = batch->place.segment != 0 && is_short_of_memory(window, size);
    if (!is_on_disk_only) {
        make_room(window, size);
    }
    struct window_batch *slot = add_batch(window, batch);
    if (slot == NULL) {
        return ERR_MEMORY;
    }
    slot->sequence = window->next_sequence++;
    slot->stored_size = size;
    slot->state = WINDOW_WAITING;
    slot->may_repeat = false;
    if (is_on_disk_only) {
        release_memory(window, slot);
    }
    return ERR_OK;
}

enum err window_recover(struct window *window, const struct window_batch *batch, uint64_t now_ns)
{
    struct window_batch on_disk = *batch;
    (void)zmq_msg_init(&on_disk.payload);
    struct window_batch *slot = add_batch(window, &on_disk);
    if (slot == NULL) {
        return ERR_MEMORY;
    }
    slot->state = WINDOW_RECOVERED;
    slot->may_repeat = true;
    set_deadline(window, slot, lease_end_ns(window, now_ns));
    amount_add(&window->counters.recovered, slot);
    if (batch->sequence >= window->next_sequence) {
        window->next_sequence = batch->sequence + 1;
    }
    return ERR_OK;
}

struct window_batch *window_next(struct window *window)
{
    for (; window->search_from < end_position(window); window->search_from++) {
        struct window_batch *batch = batch_at(window, window->search_from);
        if (batch->state == WINDOW_WAITING) {
            return batch;
        }
    }
    return NULL;
}

void window_sent(struct window *window, struct window_batch *batch, uint64_t now_ns)
{
    assert(batch->state == WINDOW_WAITING);
    batch->state = WINDOW_SENT;
    set_deadline(window, batch, now_ns + window->options.ack_timeout_ms * NS_PER_MS);
}

static enum link_verdict judge(
    struct window *window, struct window_batch *batch, uint64_t store_id, uint64_t now_ns)
{
    bool is_leased = batch->state == WINDOW_LEASED && now_ns < batch->deadline_ns;
    if (batch->state == WINDOW_REMOVED || (is_leased && batch->holder != store_id)) {
        return LINK_GONE;
    }
    /*
     * Only the first lease ever is sure to meet no rows in the table. A second question of the same
     * store counts as a second lease: it may have had the batch, let it lapse and received it
     * again.
     */
    bool is_first = batch->holder == 0 && !batch->may_repeat;
    batch->state = WINDOW_LEASED;
    batch->holder = store_id;
    set_deadline(window, batch, lease_end_ns(window, now_ns));
    return is_first ? LINK_GRANTED : LINK_REGRANTED;
}

/* Walks over what is here, never over what a peer names: that may be any two numbers. */
static void answer_range(struct window *window, uint64_t store_id, const struct link_range *range,
    uint64_t now_ns, struct link_lease *answer)
{
    uint64_t next = range->first;
    for (uint64_t at = find_position(window, range->first);
         at < end_position(window) && batch_at(window, at)->sequence <= range->last; at++) {
        struct window_batch *batch = batch_at(window, at);
        if (batch->sequence > next) {
            link_ranges_add(&answer->ranges[LINK_GONE], next, batch->sequence - 1);
        }
        next = batch->sequence + 1;
        if (batch->state == WINDOW_RECOVERED) {
            continue;
        }
        enum link_verdict verdict = judge(window, batch, store_id, now_ns);
        link_ranges_add(&answer->ranges[verdict], batch->sequence, batch->sequence);
    }
    /* Sequence UINT64_MAX is never given out, so `next` does not wrap. */
    if (next <= range->last) {
        link_ranges_add(&answer->ranges[LINK_GONE], next, range->last);
    }
}

void window_held(struct window *window, uint64_t store_id, const struct link_ranges *ranges,
    uint64_t now_ns, struct link_lease *answer)
{
    for (size_t i = 0; i < ranges->count; i++) {
        answer_range(window, store_id, &ranges->values[i], now_ns, answer);
    }
}

/* Removing moves the head, but positions stay what they are. */
static struct window_batch *next_in_range(
    const struct window *window, const struct link_range *range, uint64_t *position)
{
    if (*position < window->first) {
        *position = window->first;
    }
    for (; *position < end_position(window); ++*position) {
        struct window_batch *batch = batch_at(window, *position);
        if (batch->sequence > range->last) {
            return NULL;
        }
        if (batch->state != WINDOW_REMOVED) {
            return batch;
        }
    }
    return NULL;
}

void window_settled(
    struct window *window, enum link_ack_kind kind, const struct link_ranges *ranges)
{
    struct window_amount *amount =
        kind == LINK_ACK_SHELVED ? &window->counters.shelved : &window->counters.stored;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct link_range *range = &ranges->values[i];
        uint64_t position = find_position(window, range->first);
        for (struct window_batch *batch = next_in_range(window, range, &position); batch != NULL;
             batch = next_in_range(window, range, &position)) {
            remove_batch(window, batch, amount);
        }
    }
}

static void refuse(
    struct window *window, struct window_batch *batch, enum link_ack_kind kind, uint64_t now_ns)
{
    if (batch->state != WINDOW_SENT && batch->state != WINDOW_LEASED) {
        return;
    }
    if (kind == LINK_ACK_UNSUPPORTED) {
        batch->state = WINDOW_SENT;
        set_deadline(window, batch, now_ns + window->options.ack_timeout_ms * NS_PER_MS);
        return;
    }
    batch->refusals++;
    if (batch->refusals >= REFUSALS_MAX) {
        remove_batch(window, batch, &window->counters.dropped_refused);
        return;
    }
    counter_add(&window->counters.resent_refused, 1);
    await_again(window, batch);
}

void window_refused(struct window *window, enum link_ack_kind kind,
    const struct link_ranges *ranges, uint64_t now_ns)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct link_range *range = &ranges->values[i];
        uint64_t position = find_position(window, range->first);
        for (struct window_batch *batch = next_in_range(window, range, &position); batch != NULL;
             batch = next_in_range(window, range, &position)) {
            position++;
            refuse(window, batch, kind, now_ns);
        }
    }
}

static void count_taken_back(struct window *window, enum window_state state)
{
    if (state == WINDOW_SENT) {
        counter_add(&window->counters.resent_unheard, 1);
    } else if (state == WINDOW_LEASED) {
        counter_add(&window->counters.resent_lapsed, 1);
    }
}

void window_tick(struct window *window, uint64_t now_ns)
{
    if (now_ns < window->tick_due_ns) {
        return;
    }
    window->tick_due_ns = UINT64_MAX;
    for (uint64_t at = window->first; at < end_position(window); at++) {
        struct window_batch *batch = batch_at(window, at);
        if (batch->state == WINDOW_REMOVED || batch->state == WINDOW_WAITING) {
            continue;
        }
        if (now_ns < batch->deadline_ns) {
            set_deadline(window, batch, batch->deadline_ns);
            continue;
        }
        count_taken_back(window, batch->state);
        await_again(window, batch);
    }
}

bool window_drop_oldest(struct window *window)
{
    if (window->count == 0) {
        return false;
    }
    remove_batch(window, batch_at(window, window->first), &window->counters.dropped_spool);
    return true;
}

void window_put_off(struct window *window, struct window_batch *batch, uint64_t now_ns)
{
    window_sent(window, batch, now_ns); /* to nobody, who will not be heard of */
}

void window_drop_damaged(struct window *window, struct window_batch *batch)
{
    remove_batch(window, batch, &window->counters.dropped_damaged);
}

void window_abandon(struct window *window)
{
    while (window->count > 0) {
        struct window_batch *batch = batch_at(window, window->first);
        bool is_kept = batch->place.segment != 0;
        remove_batch(
            window, batch, is_kept ? &window->counters.kept : &window->counters.dropped_stop);
    }
}

uint64_t window_count(const struct window *window)
{
    return counter_get(&window->counters.waiting.batches);
}

const struct window_counters *window_counters(const struct window *window)
{
    return &window->counters;
}
