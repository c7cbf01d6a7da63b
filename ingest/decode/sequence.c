/* SPDX-License-Identifier: BSD-3-Clause -- follows sequence numbers. */
#include "ingest/decode/sequence.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 2,
    MAX_DOMAINS = 256,
    MAX_GAP = 1 << 24,  /* a jump further ahead is a new sequence */
    MAX_LATE = 1 << 16, /* one further back, too */
    LATE_RUN = 4        /* so many that fill no gap, each next to the other, are a new sequence */
};

static struct sequence_tracker *add_tracker(
    struct sequence_table *table, uint8_t type, uint32_t domain)
{
    if (table->count == table->room) {
        uint32_t room = table->room != 0 ? table->room * 2 : FIRST_ROOM;
        struct sequence_tracker *larger =
            room <= MAX_DOMAINS ? realloc(table->trackers, room * sizeof *larger) : NULL;
        if (larger == NULL) {
            return NULL;
        }
        table->trackers = larger;
        table->room = room;
    }
    struct sequence_tracker *tracker = &table->trackers[table->count];
    *tracker = (struct sequence_tracker){.type = type, .domain = domain};
    table->hint = table->count++;
    return tracker;
}

static bool is_recent(const struct sequence_tracker *tracker, uint32_t number)
{
    for (size_t i = 0; i < SEQUENCE_RECENT; i++) {
        if (tracker->recent[i] == number) {
            return true;
        }
    }
    return false;
}

static void remember(struct sequence_tracker *tracker, uint32_t number)
{
    tracker->recent[tracker->recent_at++ % SEQUENCE_RECENT] = number;
}

static bool fills_gap(const struct sequence_tracker *tracker, uint32_t number)
{
    for (size_t i = 0; i < SEQUENCE_GAPS; i++) {
        const struct sequence_gap *gap = &tracker->gaps[i];
        if (number - gap->first < gap->end - gap->first) {
            return true;
        }
    }
    return false;
}

static void leave_gap(struct sequence_tracker *tracker, uint32_t end)
{
    tracker->gaps[tracker->gap_at++ % SEQUENCE_GAPS] =
        (struct sequence_gap){.first = tracker->next, .end = end};
}

/* Goes on behind this datagram. */
static void advance(struct sequence_tracker *tracker, const struct sequence_step *step)
{
    tracker->next = step->number + step->units;
    tracker->is_known = step->has_units;
    tracker->late_run = 0;
    remember(tracker, step->number);
}

static void restart(struct sequence_tracker *tracker, const struct sequence_step *step)
{
    /* No number before this one is known: none equals it but itself. */
    for (size_t i = 0; i < SEQUENCE_RECENT; i++) {
        tracker->recent[i] = step->number;
    }
    memset(tracker->gaps, 0, sizeof tracker->gaps);
    advance(tracker, step);
}

/* True: it belongs to a new sequence after all. */
static bool follow_late(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step)
{
    bool goes_on = tracker->late_run > 0 && step->number == tracker->late_next;
    if (fills_gap(tracker, step->number)) {
        tracker->late_run = 0;
    } else {
        tracker->late_run = goes_on ? tracker->late_run + 1 : 1;
    }
    tracker->late_next = step->number + step->units;
    if (tracker->late_run == LATE_RUN) {
        return true;
    }
    tracker->order = SEQUENCE_OUT_OF_ORDER;
    counter_add(&counters->late, step->units);
    tracker->amounts[SEQUENCE_LATE] += step->units;
    remember(tracker, step->number);
    return false;
}

static void follow_known(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step)
{
    int32_t gap = (int32_t)(step->number - tracker->next);
    if (gap == 0) {
        advance(tracker, step);
    } else if (is_recent(tracker, step->number)) {
        tracker->order = SEQUENCE_REPEATED;
        counter_add(&counters->doubles, 1);
        tracker->amounts[SEQUENCE_DOUBLES]++;
        return;
    } else if (gap > 0 && gap <= MAX_GAP) {
        counter_add(&counters->lost, (uint32_t)gap);
        tracker->amounts[SEQUENCE_LOST] += (uint32_t)gap;
        leave_gap(tracker, step->number);
        advance(tracker, step);
    } else if (gap > 0 || gap < -MAX_LATE || follow_late(tracker, counters, step)) {
        counter_add(&counters->resets, 1);
        tracker->amounts[SEQUENCE_RESETS]++;
        restart(tracker, step);
    }
    tracker->amounts[SEQUENCE_RECEIVED] += step->units;
}

void sequence_table_clear(struct sequence_table *table)
{
    free(table->trackers);
    memset(table, 0, sizeof *table);
}

struct sequence_tracker *sequence_table_take(
    struct sequence_table *table, uint8_t type, uint32_t domain)
{
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t at = (table->hint + i) % table->count; /* most exporters have one domain */
        struct sequence_tracker *tracker = &table->trackers[at];
        if (tracker->type == type && tracker->domain == domain) {
            table->hint = at;
            return tracker;
        }
    }
    return add_tracker(table, type, domain);
}

struct sequence_tracker *sequence_follow(struct sequence_table *table,
    struct sequence_counters *counters, const struct sequence_step *step)
{
    struct sequence_tracker *tracker = sequence_table_take(table, step->type, step->domain);
    if (tracker == NULL) {
        return NULL;
    }
    tracker->order = SEQUENCE_IN_ORDER;
    if (tracker->is_known) {
        follow_known(tracker, counters, step);
    } else {
        restart(tracker, step);
        tracker->amounts[SEQUENCE_RECEIVED] += step->units;
    }
    return tracker;
}
