/* SPDX-License-Identifier: BSD-3-Clause -- who has which batch: sent, leased, taken back. */
#include "ingest/publish/window_state.h"

#include <assert.h>

enum {
    REFUSALS_MAX = 3
};

static uint64_t position_of(const struct window *window, const struct window_batch *batch)
{
    size_t slot = (size_t)(batch - window->slots);
    return window->first + ((slot - window->head) & (window->room - 1));
}

/* The position of the first batch that is not before the sequence, holes included. */
static uint64_t find_position(const struct window *window, uint64_t sequence)
{
    uint64_t low = window->first;
    uint64_t high = window_end(window);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (window_batch_at(window, middle)->sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void await_again(struct window *window, struct window_batch *batch)
{
    batch->state = WINDOW_WAITING;
    batch->attempt++;
    if (position_of(window, batch) < window->search_from) {
        window->search_from = position_of(window, batch);
    }
}

struct window_batch *window_next(struct window *window)
{
    for (; window->search_from < window_end(window); window->search_from++) {
        struct window_batch *batch = window_batch_at(window, window->search_from);
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
    window_set_deadline(window, batch, now_ns + window->options.ack_timeout_ms * NS_PER_MS);
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
    window_set_deadline(window, batch, window_lease_end_ns(window, now_ns));
    return is_first ? LINK_GRANTED : LINK_REGRANTED;
}

/* Walks over what is here, never over what a peer names: that may be any two numbers. */
static void answer_range(struct window *window, uint64_t store_id, const struct link_range *range,
    uint64_t now_ns, struct link_lease *answer)
{
    uint64_t next = range->first;
    for (uint64_t at = find_position(window, range->first);
         at < window_end(window) && window_batch_at(window, at)->sequence <= range->last; at++) {
        struct window_batch *batch = window_batch_at(window, at);
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
    for (; *position < window_end(window); ++*position) {
        struct window_batch *batch = window_batch_at(window, *position);
        if (batch->sequence > range->last) {
            return NULL;
        }
        if (batch->state != WINDOW_REMOVED) {
            return batch;
        }
    }
    return NULL;
}

/* One that never asked for a lease cannot have inserted the batch. */
static bool is_from_holder(const struct window_batch *batch, const struct link_ack *ack)
{
    return ack->store_id != 0 && batch->holder == ack->store_id;
}

static void settle(struct window *window, struct window_batch *batch, const struct link_ack *ack,
    struct window_amount *amount)
{
    if (is_from_holder(batch, ack)) {
        window_remove(window, batch, amount);
        return;
    }
    counter_add(&window->counters.settled_by_others, 1);
}

void window_settled(struct window *window, const struct link_ack *ack)
{
    struct window_amount *amount =
        ack->kind == LINK_ACK_SHELVED ? &window->counters.shelved : &window->counters.stored;
    for (size_t i = 0; i < ack->ranges.count; i++) {
        const struct link_range *range = &ack->ranges.values[i];
        uint64_t position = find_position(window, range->first);
        for (struct window_batch *batch = next_in_range(window, range, &position); batch != NULL;
             batch = next_in_range(window, range, &position)) {
            position++;
            settle(window, batch, ack, amount);
        }
    }
}

/* A store may say before it asks for a lease that it cannot read a batch. */
static bool may_refuse(const struct window_batch *batch, const struct link_ack *ack)
{
    return batch->state == WINDOW_SENT ||
           (batch->state == WINDOW_LEASED && is_from_holder(batch, ack));
}

static void refuse(
    struct window *window, struct window_batch *batch, const struct link_ack *ack, uint64_t now_ns)
{
    if (!may_refuse(batch, ack)) {
        return;
    }
    if (ack->kind == LINK_ACK_UNSUPPORTED) {
        batch->state = WINDOW_SENT;
        window_set_deadline(window, batch, now_ns + window->options.ack_timeout_ms * NS_PER_MS);
        return;
    }
    batch->refusals++;
    if (batch->refusals >= REFUSALS_MAX) {
        window_remove(window, batch, &window->counters.dropped_refused);
        return;
    }
    counter_add(&window->counters.resent_refused, 1);
    await_again(window, batch);
}

void window_refused(struct window *window, const struct link_ack *ack, uint64_t now_ns)
{
    for (size_t i = 0; i < ack->ranges.count; i++) {
        const struct link_range *range = &ack->ranges.values[i];
        uint64_t position = find_position(window, range->first);
        for (struct window_batch *batch = next_in_range(window, range, &position); batch != NULL;
             batch = next_in_range(window, range, &position)) {
            position++;
            refuse(window, batch, ack, now_ns);
        }
    }
}

static void send_again(struct window *window, const struct link_range *range)
{
    uint64_t position = find_position(window, range->first);
    for (struct window_batch *batch = next_in_range(window, range, &position); batch != NULL;
         batch = next_in_range(window, range, &position)) {
        position++;
        if (batch->state == WINDOW_SENT) {
            await_again(window, batch);
        }
    }
}

void window_change_sender(struct window *window, const struct link_ranges *refused)
{
    for (uint64_t at = window->first; at < window_end(window); at++) {
        window_batch_at(window, at)->may_repeat = true;
    }
    for (size_t i = 0; i < refused->count; i++) {
        send_again(window, &refused->values[i]);
    }
}

struct window_batch *window_find_sent(struct window *window, uint64_t sequence)
{
    uint64_t at = find_position(window, sequence);
    struct window_batch *batch = at < window_end(window) ? window_batch_at(window, at) : NULL;
    bool is_there = batch != NULL && batch->sequence == sequence && batch->state == WINDOW_SENT;
    return is_there ? batch : NULL;
}

uint64_t window_recovered_from(const struct window *window)
{
    /* They are the oldest, and what was removed leaves the head. */
    const struct window_batch *oldest = window_batch_at(window, window->first);
    return window->count > 0 && oldest->is_recovered ? oldest->sequence : 0;
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
    for (uint64_t at = window->first; at < window_end(window); at++) {
        struct window_batch *batch = window_batch_at(window, at);
        if (batch->state == WINDOW_REMOVED || batch->state == WINDOW_WAITING) {
            continue;
        }
        if (now_ns < batch->deadline_ns) {
            window_set_deadline(window, batch, batch->deadline_ns);
            continue;
        }
        count_taken_back(window, batch->state);
        await_again(window, batch);
    }
}

bool window_is_at_rest(const struct window *window)
{
    for (uint64_t at = window->first; at < window_end(window); at++) {
        const struct window_batch *batch = window_batch_at(window, at);
        bool is_with_store = batch->state == WINDOW_SENT || batch->state == WINDOW_LEASED;
        if (is_with_store || (batch->state != WINDOW_REMOVED && batch->place.segment == 0)) {
            return false;
        }
    }
    return true;
}

bool window_is_with_stores(const struct window *window)
{
    for (uint64_t at = window->first; at < window_end(window); at++) {
        const struct window_batch *batch = window_batch_at(window, at);
        if (batch->state == WINDOW_SENT || batch->state == WINDOW_LEASED) {
            return true;
        }
    }
    return false;
}
