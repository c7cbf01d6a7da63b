/*
 * window_state.h -- inside the window: the ring, and what its two halves do with it.
 *
 * Internal to ingest/publish. window.c keeps the ring: what comes, what goes, how much memory it
 * may take. window_lease.c moves the batches between their states, as stores answer or do not.
 */
#pragma once

#include "common/clock.h"
#include "ingest/publish/window.h"

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
    uint64_t unsaved_from;  /* position: nothing before it is in memory alone */
    uint64_t next_sequence; /* of the next batch */
    uint64_t tick_due_ns;   /* no deadline is earlier */
    struct window_counters counters;
};

static inline struct window_batch *window_batch_at(const struct window *window, uint64_t position)
{
    return &window->slots[(window->head + (position - window->first)) & (window->room - 1)];
}

static inline uint64_t window_end(const struct window *window)
{
    return window->first + window->count;
}

static inline void window_set_deadline(
    struct window *window, struct window_batch *batch, uint64_t deadline_ns)
{
    batch->deadline_ns = deadline_ns;
    if (deadline_ns < window->tick_due_ns) {
        window->tick_due_ns = deadline_ns;
    }
}

/* Half a lease more than the store believes: for clocks that run apart and slow commits. */
static inline uint64_t window_lease_end_ns(const struct window *window, uint64_t now_ns)
{
    return now_ns + window->options.lease_ms * NS_PER_MS * 3 / 2;
}

/* The batch leaves, counted in `reason`; holes at the head go with it. */
void window_remove(struct window *window, struct window_batch *batch, struct window_amount *reason);
