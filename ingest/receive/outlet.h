/*
 * outlet.h -- where the flows of one worker go: to the stores, to standard output, or nowhere.
 *
 * An interface. An outlet is made by the main thread and then belongs to one worker, whose thread
 * makes every call but `collect`. None may block a worker for longer than its medium asks.
 */
#pragma once

#include "common/drop_report.h"
#include "common/flow.h"
#include "common/metrics.h"
#include "common/record.h"

struct outlet {
    void *context;
    /* As in struct flow_sink. */
    void (*take)(void *context, const struct flow *flow);
    /* As in struct record_sink; NULL: rows beside flows are not wanted. */
    void (*take_record)(void *context, enum record_kind kind, const struct record *record);
    /* Makes rows of the loss ledger of the flows that it could not take since the last call, for
     * the minute that starts then. What waits for more flows is sent first. NULL: it takes all. */
    void (*tell_refused)(void *context, uint64_t minute_s);
    /* Sends what is due; returns the milliseconds until the next call is due, -1 for none. */
    int (*tick)(void *context, uint64_t now_ns);
    /* Sends all that is left and ends the outlet's work; counters stay readable. */
    void (*finish)(void *context);
    /* Any thread: adds the outlet's samples to a page. */
    void (*collect)(void *context, struct metrics_page *page);
    /* Any thread: adds the flows that it could not take. NULL: it takes all. */
    void (*count_drops)(void *context, struct drop_counts *counts);
    /* Frees the outlet; after finish(), by any thread. */
    void (*destroy)(void *context);
};

/* The earlier of two times as tick() returns them. */
static inline int outlet_earlier(int first_ms, int second_ms)
{
    bool is_first = second_ms < 0 || (first_ms >= 0 && first_ms < second_ms);
    return is_first ? first_ms : second_ms;
}
