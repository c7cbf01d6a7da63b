/*
 * outlet.h -- where the flows of one worker go: to the stores, to standard output, or nowhere.
 *
 * An interface. An outlet is made by the main thread and then belongs to one worker, whose thread
 * makes every call but `collect`. None may block a worker for longer than its medium asks.
 */
#pragma once

#include "common/flow.h"
#include "common/metrics.h"
#include "common/record.h"

struct outlet {
    void *context;
    /* As in struct flow_sink. */
    void (*take)(void *context, const struct flow *flow);
    /* As in struct record_sink; NULL: rows beside flows are not wanted. */
    void (*take_record)(void *context, enum record_kind kind, const struct record *record);
    /* Flows lost behind take() and not told before; NULL: unknown. */
    uint64_t (*take_drops)(void *context);
    /* Sends what is due; returns the milliseconds until the next call is due, -1 for none. */
    int (*tick)(void *context, uint64_t now_ns);
    /* Sends all that is left and ends the outlet's work; counters stay readable. */
    void (*finish)(void *context);
    /* Any thread: adds the outlet's samples to a page. */
    void (*collect)(void *context, struct metrics_page *page);
    /* Frees the outlet; after finish(), by any thread. */
    void (*destroy)(void *context);
};
