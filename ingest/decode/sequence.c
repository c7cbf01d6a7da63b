/* SPDX-License-Identifier: BSD-3-Clause -- follows sequence numbers. */
#include "ingest/decode/sequence.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 2,
    MAX_DOMAINS = 256,
    MAX_GAP = 1 << 24,  /* a jump further ahead is a new sequence */
    MAX_LATE = 1 << 16, /* one further back, too */
    JOIN_DATAGRAMS = 8, /* another port's number is so near where it goes on with a sequence */
    JOIN_FLOWS = 1024,
    CONTRADICTIONS = 3, /* so many in a row: the exporter counts otherwise than it did */
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

static void follow_step(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step)
{
    tracker->order = SEQUENCE_IN_ORDER;
    if (tracker->is_known) {
        follow_known(tracker, counters, step);
    } else {
        restart(tracker, step);
        tracker->amounts[SEQUENCE_RECEIVED] += step->units;
    }
}

enum sequence_count sequence_count_of(const struct sequence_tracker *tracker)
{
    unsigned count = SEQUENCE_UNITS_BEFORE;
    while (tracker->counts >> count != 0 && (tracker->counts >> count & 1) == 0) {
        count++;
    }
    return (enum sequence_count)count;
}

static bool is_count_of_flows(enum sequence_count count)
{
    return count == SEQUENCE_FLOWS_BEFORE || count == SEQUENCE_FLOWS_WITH;
}

static uint32_t units_before(enum sequence_count count, uint32_t units, uint32_t flows)
{
    bool is_before = count <= SEQUENCE_FLOWS_BEFORE;
    return !is_before ? 0 : is_count_of_flows(count) ? flows : units;
}

static uint32_t units_with(enum sequence_count count, uint32_t units, uint32_t flows)
{
    bool is_with = count >= SEQUENCE_FLOWS_WITH;
    return !is_with ? 0 : is_count_of_flows(count) ? flows : units;
}

/* Bit n: the count n makes this datagram the one behind the last. */
static uint8_t counts_that_fit(
    const struct sequence_tracker *tracker, const struct sequence_step *step)
{
    uint8_t fit = 0;
    for (unsigned i = 0; i < SEQUENCE_COUNT_COUNT; i++) {
        enum sequence_count count = (enum sequence_count)i;
        uint32_t end =
            tracker->last + units_before(count, tracker->last_units, tracker->last_flows);
        uint32_t begin = step->number - units_with(count, step->units, step->flows);
        fit |= (uint8_t)((end == begin) << i);
    }
    return fit;
}

/* Learns from this datagram what the exporter counts. */
static void learn_count(struct sequence_tracker *tracker, const struct sequence_step *step)
{
    bool counts_flows = step->type != FLOW_TYPE_NETFLOW9 && step->type != FLOW_TYPE_SFLOW5;
    if (tracker->counts == 0) {
        tracker->counts = counts_flows ? (1 << SEQUENCE_COUNT_COUNT) - 1 : 1;
    }
    if (!counts_flows || !tracker->has_last || !tracker->is_known || !step->has_units) {
        return;
    }
    uint8_t fit = counts_that_fit(tracker, step);
    uint8_t kept = tracker->counts & fit;
    if (kept == 0 && (fit == 0 || ++tracker->contradictions < CONTRADICTIONS)) {
        return;
    }
    tracker->counts = kept != 0 ? kept : fit;
    tracker->contradictions = 0;
    tracker->next = tracker->last + units_before(sequence_count_of(tracker), tracker->last_units,
                                        tracker->last_flows);
}

/* Where a source port is new: whether it goes on with this sequence. */
static bool goes_on(const struct sequence_tracker *tracker, const struct sequence_step *step)
{
    bool is_datagrams = step->type == FLOW_TYPE_NETFLOW9;
    uint32_t window = is_datagrams ? JOIN_DATAGRAMS : JOIN_FLOWS;
    uint32_t next = tracker->is_known ? tracker->next : tracker->last;
    bool is_near = step->number - next + window <= 2 * window;
    bool is_next = tracker->is_known && step->number == next;
    return step->type != FLOW_TYPE_SFLOW5 &&
           (is_next || (is_near && !is_recent(tracker, step->number)));
}

/* The tracker of the step's agent or port; NULL: there are too many. */
static struct sequence_tracker *take_tracker(
    struct sequence_table *table, const struct sequence_step *step)
{
    struct sequence_tracker *other = NULL;
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t at = (table->hint + i) % table->count;
        struct sequence_tracker *tracker = &table->trackers[at];
        if (tracker->type != step->type || tracker->domain != step->domain) {
            continue;
        }
        bool is_unused = !tracker->has_last;
        if (is_unused || tracker->origin == step->origin) {
            table->hint = at;
            return tracker;
        }
        other = other == NULL && goes_on(tracker, step) ? tracker : other;
    }
    return other != NULL ? other : add_tracker(table, step->type, step->domain);
}

struct sequence_tracker *sequence_follow(struct sequence_table *table,
    struct sequence_counters *counters, const struct sequence_step *step)
{
    struct sequence_tracker *tracker = take_tracker(table, step);
    if (tracker == NULL) { /* shares one: sequence_table_take() has none for a new domain */
        tracker = sequence_table_take(table, step->type, step->domain);
    }
    if (tracker == NULL) {
        return NULL;
    }
    learn_count(tracker, step);
    enum sequence_count count = sequence_count_of(tracker);
    struct sequence_step counted = *step;
    counted.number -= units_with(count, step->units, step->flows);
    counted.units = is_count_of_flows(count) ? step->flows : step->units;
    follow_step(tracker, counters, &counted);
    if (tracker->order == SEQUENCE_IN_ORDER) {
        tracker->last = step->number;
        tracker->last_units = step->units;
        tracker->last_flows = step->flows;
        tracker->has_last = true;
    }
    tracker->origin = step->origin;
    return tracker;
}
