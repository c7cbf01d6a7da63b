/* SPDX-License-Identifier: BSD-3-Clause -- the batches that are not stored yet. */
#include "ingest/publish/window_state.h"

#include <stdlib.h>

enum {
    ROOM_AT_START = 1024 /* a power of two */
};

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

/* Holes at the head go. */
static void leave_hole(struct window *window, struct window_batch *batch)
{
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
    if (window->unsaved_from < window->first) {
        window->unsaved_from = window->first;
    }
}

void window_take_out(
    struct window *window, struct window_batch *batch, struct window_batch *taken_p)
{
    *taken_p = *batch;
    (void)zmq_msg_init(&taken_p->payload);
    uint64_t bytes = counter_get(&window->counters.waiting_bytes);
    counter_set(&window->counters.waiting_bytes, bytes - zmq_msg_size(&batch->payload));
    (void)zmq_msg_move(&taken_p->payload, &batch->payload);
    amount_subtract(&window->counters.waiting, batch);
    amount_subtract(&window->counters.in, batch);
    batch->shares = NULL;
    leave_hole(window, batch);
}

void window_remove(struct window *window, struct window_batch *batch, struct window_amount *reason)
{
    const struct window_counters *counters = &window->counters;
    amount_add(reason, batch);
    amount_subtract(&window->counters.waiting, batch);
    release_memory(window, batch);
    if (window->options.removed != NULL && reason != &counters->kept) {
        bool is_lost = reason != &counters->stored && reason != &counters->shelved;
        window->options.removed(window->options.context, batch, is_lost);
    }
    share_list_destroy(&batch->shares);
    leave_hole(window, batch);
}

static enum err double_room(struct window *window)
{
    struct window_batch *slots = calloc(window->room * 2, sizeof *slots);
    if (slots == NULL) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < window->count; i++) {
        slots[i] = *window_batch_at(window, window->first + i);
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

/* How much is lost when the batch leaves memory: nothing when the spool has it. */
enum victim_cost {
    VICTIM_READ,        /* it is read back when it is sent */
    VICTIM_READ_LEASED, /* the same, and only if the store with the lease fails */
    VICTIM_LOST,        /* no store is at work on it */
    VICTIM_LOST_LEASED, /* a store may be about to store it */
    VICTIM_NONE
};

static enum victim_cost cost_of(const struct window_batch *batch)
{
    bool is_leased = batch->state == WINDOW_LEASED;
    if (!is_in_memory(batch)) {
        return VICTIM_NONE;
    }
    if (batch->place.segment != 0) {
        return is_leased ? VICTIM_READ_LEASED : VICTIM_READ;
    }
    return is_leased ? VICTIM_LOST_LEASED : VICTIM_LOST;
}

/* The oldest of those that cost least. NULL: nothing is in memory. */
static struct window_batch *find_victim(struct window *window)
{
    while (window->memory_from < window_end(window) &&
           !is_in_memory(window_batch_at(window, window->memory_from))) {
        window->memory_from++;
    }
    struct window_batch *victim = NULL;
    enum victim_cost least = VICTIM_NONE;
    for (uint64_t at = window->memory_from; at < window_end(window) && least != VICTIM_READ; at++) {
        struct window_batch *batch = window_batch_at(window, at);
        if (cost_of(batch) < least) {
            least = cost_of(batch);
            victim = batch;
        }
    }
    return victim;
}

struct window_batch *window_next_unsaved(struct window *window)
{
    for (; window->unsaved_from < window_end(window); window->unsaved_from++) {
        struct window_batch *batch = window_batch_at(window, window->unsaved_from);
        if (is_in_memory(batch) && batch->place.segment == 0) {
            return batch;
        }
    }
    return NULL;
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
            window_remove(window, victim, &window->counters.dropped_window);
        }
    }
}

/* A copy of the batch at the end of the ring, or NULL. */
static struct window_batch *add_batch(struct window *window, const struct window_batch *batch)
{
    if (window->count == window->room && double_room(window) != ERR_OK) {
        return NULL;
    }
    struct window_batch *slot = window_batch_at(window, window_end(window));
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

void window_continue_from(struct window *window, uint64_t sequence)
{
    if (sequence > window->next_sequence) {
        window->next_sequence = sequence;
    }
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
    slot->is_recovered = false;
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
    slot->is_recovered = true;
    window_set_deadline(window, slot, window_lease_end_ns(window, now_ns));
    amount_add(&window->counters.recovered, slot);
    if (batch->sequence >= window->next_sequence) {
        window->next_sequence = batch->sequence + 1;
    }
    return ERR_OK;
}

bool window_drop_oldest(struct window *window)
{
    if (window->count == 0) {
        return false;
    }
    window_remove(window, window_batch_at(window, window->first), &window->counters.dropped_spool);
    return true;
}

void window_put_off(struct window *window, struct window_batch *batch, uint64_t now_ns)
{
    window_sent(window, batch, now_ns); /* to nobody, who will not be heard of */
}

void window_drop_damaged(struct window *window, struct window_batch *batch)
{
    window_remove(window, batch, &window->counters.dropped_damaged);
}

void window_abandon(struct window *window)
{
    while (window->count > 0) {
        struct window_batch *batch = window_batch_at(window, window->first);
        bool is_kept = batch->place.segment != 0;
        window_remove(
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
