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
 * A ring of batches in order of sequence, without gaps:
 *
 *   sequence   first ................ first + count - 1
 *   slot       head ................. (head + count - 1) & (room - 1)
 *   state      W  removed  L  S  ...  W
 *                                     ▲ nothing below `search_from` is WAITING
 */
struct window {
    struct window_options options;
    struct window_batch *slots;
    size_t room; /* a power of two */
    size_t head;
    size_t count;         /* with holes */
    uint64_t first;       /* sequence at the head */
    uint64_t search_from; /* sequence */
    uint64_t tick_due_ns; /* no deadline is earlier */
    struct window_counters counters;
};

static struct window_batch *batch_at(const struct window *window, uint64_t sequence)
{
    return &window->slots[(window->head + (sequence - window->first)) & (window->room - 1)];
}

static uint64_t next_sequence(const struct window *window)
{
    return window->first + window->count;
}

static void amount_add(struct window_amount *amount, const struct window_batch *batch)
{
    counter_add(&amount->batches, 1);
    counter_add(&amount->flows, batch->flow_count);
}

static void amount_subtract(struct window_amount *amount, const struct window_batch *batch)
{
    counter_set(&amount->batches, counter_get(&amount->batches) - 1);
    counter_set(&amount->flows, counter_get(&amount->flows) - batch->flow_count);
}

enum err window_new(struct window **window_p, const struct window_options *options)
{
    *window_p = NULL;
    struct window *window = calloc(1, sizeof *window);
    if (window == NULL) {
        return ERR_MEMORY;
    }
    window->options = *options;
    window->first = options->first_sequence;
    window->search_from = options->first_sequence;
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

/* The batch leaves; holes at the head go with it. */
static void remove_batch(
    struct window *window, struct window_batch *batch, struct window_amount *reason)
{
    amount_add(reason, batch);
    amount_subtract(&window->counters.waiting, batch);
    uint64_t bytes = counter_get(&window->counters.waiting_bytes);
    counter_set(&window->counters.waiting_bytes, bytes - zmq_msg_size(&batch->payload));
    (void)zmq_msg_close(&batch->payload);
    batch->state = WINDOW_REMOVED;
    while (window->count > 0 && window->slots[window->head].state == WINDOW_REMOVED) {
        window->head = (window->head + 1) & (window->room - 1);
        window->first++;
        window->count--;
    }
    if (window->search_from < window->first) {
        window->search_from = window->first;
    }
}

static void await_again(struct window *window, struct window_batch *batch)
{
    batch->state = WINDOW_WAITING;
    batch->attempt++;
    if (batch->sequence < window->search_from) {
        window->search_from = batch->sequence;
    }
}

static void set_deadline(struct window *window, struct window_batch *batch, uint64_t deadline_ns)
{
    batch->deadline_ns = deadline_ns;
    if (deadline_ns < window->tick_due_ns) {
        window->tick_due_ns = deadline_ns;
    }
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

/* The batch that costs least to lose: the oldest that no store is at work on, else the oldest. */
static struct window_batch *find_victim(struct window *window)
{
    for (uint64_t sequence = window->first; sequence < next_sequence(window); sequence++) {
        struct window_batch *batch = batch_at(window, sequence);
        if (batch->state == WINDOW_WAITING || batch->state == WINDOW_SENT) {
            return batch;
        }
    }
    return batch_at(window, window->first);
}

static void make_room(struct window *window, size_t size)
{
    while (window->count > 0 &&
           counter_get(&window->counters.waiting_bytes) + size > window->options.max_bytes) {
        remove_batch(window, find_victim(window), &window->counters.dropped_window);
    }
}

enum err window_append(struct window *window, const struct window_batch *batch)
{
    size_t size = zmq_msg_size(&batch->payload);
    make_room(window, size);
    if (window->count == window->room && double_room(window) != ERR_OK) {
        return ERR_MEMORY;
    }
    struct window_batch *slot = batch_at(window, next_sequence(window));
    *slot = *batch;
    slot->sequence = next_sequence(window);
    slot->state = WINDOW_WAITING;
    slot->holder = 0;
    slot->attempt = 0;
    slot->refusals = 0;
    window->count++;
    amount_add(&window->counters.in, slot);
    amount_add(&window->counters.waiting, slot);
    counter_add(&window->counters.waiting_bytes, size);
    return ERR_OK;
}

struct window_batch *window_next(struct window *window)
{
    for (; window->search_from < next_sequence(window); window->search_from++) {
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

/*
 * The first and last sequence that a range has in common with the window. False: nothing. What a
 * peer names may be any two numbers; what is walked over is never more than what is here.
 */
static bool clip(const struct window *window, const struct link_range *range, uint64_t *first_p,
    uint64_t *last_p)
{
    if (window->count == 0 || range->last < window->first ||
        range->first >= next_sequence(window)) {
        return false;
    }
    *first_p = range->first > window->first ? range->first : window->first;
    *last_p = range->last < next_sequence(window) ? range->last : next_sequence(window) - 1;
    return true;
}

/* Half a lease more than the store believes: for clocks that run apart and slow commits. */
static uint64_t lease_end_ns(const struct window *window, uint64_t now_ns)
{
    return now_ns + window->options.lease_ms * NS_PER_MS * 3 / 2;
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
    bool is_first = batch->holder == 0;
    batch->state = WINDOW_LEASED;
    batch->holder = store_id;
    set_deadline(window, batch, lease_end_ns(window, now_ns));
    return is_first ? LINK_GRANTED : LINK_REGRANTED;
}

void window_held(struct window *window, uint64_t store_id, const struct link_ranges *ranges,
    uint64_t now_ns, struct link_lease *answer)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct link_range *range = &ranges->values[i];
        uint64_t first = 0;
        uint64_t last = 0;
        if (!clip(window, range, &first, &last)) {
            link_ranges_add(&answer->ranges[LINK_GONE], range->first, range->last);
            continue;
        }
        if (range->first < first) {
            link_ranges_add(&answer->ranges[LINK_GONE], range->first, first - 1);
        }
        for (uint64_t sequence = first; sequence <= last; sequence++) {
            enum link_verdict verdict = judge(window, batch_at(window, sequence), store_id, now_ns);
            link_ranges_add(&answer->ranges[verdict], sequence, sequence);
        }
        if (range->last > last) {
            link_ranges_add(&answer->ranges[LINK_GONE], last + 1, range->last);
        }
    }
}

void window_settled(
    struct window *window, enum link_ack_kind kind, const struct link_ranges *ranges)
{
    struct window_amount *amount =
        kind == LINK_ACK_SHELVED ? &window->counters.shelved : &window->counters.stored;
    for (size_t i = 0; i < ranges->count; i++) {
        uint64_t first = 0;
        uint64_t last = 0;
        if (!clip(window, &ranges->values[i], &first, &last)) {
            continue;
        }
        /* Removing may move the head past batches of this range, but never past one not removed. */
        for (uint64_t sequence = first; sequence <= last; sequence++) {
            if (sequence >= window->first && batch_at(window, sequence)->state != WINDOW_REMOVED) {
                remove_batch(window, batch_at(window, sequence), amount);
            }
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
        uint64_t first = 0;
        uint64_t last = 0;
        if (!clip(window, &ranges->values[i], &first, &last)) {
            continue;
        }
        for (uint64_t sequence = first; sequence <= last; sequence++) {
            if (sequence >= window->first) {
                refuse(window, batch_at(window, sequence), kind, now_ns);
            }
        }
    }
}

void window_tick(struct window *window, uint64_t now_ns)
{
    if (now_ns < window->tick_due_ns) {
        return;
    }
    window->tick_due_ns = UINT64_MAX;
    for (uint64_t sequence = window->first; sequence < next_sequence(window); sequence++) {
        struct window_batch *batch = batch_at(window, sequence);
        if (batch->state != WINDOW_SENT && batch->state != WINDOW_LEASED) {
            continue;
        }
        if (now_ns < batch->deadline_ns) {
            set_deadline(window, batch, batch->deadline_ns);
            continue;
        }
        counter_add(batch->state == WINDOW_SENT ? &window->counters.resent_unheard
                                                : &window->counters.resent_lapsed,
            1);
        await_again(window, batch);
    }
}

void window_abandon(struct window *window)
{
    while (window->count > 0) {
        remove_batch(window, batch_at(window, window->first), &window->counters.dropped_stop);
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
