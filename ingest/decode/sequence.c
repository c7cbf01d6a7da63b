/* SPDX-License-Identifier: BSD-3-Clause -- follows sequence numbers. */
#include "ingest/decode/sequence.h"

#include <string.h>

enum {
    MAX_GAP = 1 << 24,  /* a jump further ahead is a new sequence */
    MAX_LATE = 1 << 16, /* one further back, too */
    JOIN_DATAGRAMS = 8, /* another port's number is so near where it goes on with a sequence */
    JOIN_FLOWS = 1024,
    CONTRADICTIONS = 3, /* so many in a row: the exporter counts otherwise than it did */
    LATE_RUN = 4        /* so many that fill no gap, each next to the other, are a new sequence */
};

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

static void count_reset(struct sequence_tracker *tracker, struct sequence_counters *counters)
{
    counter_add(&counters->resets, 1);
    tracker->amounts[SEQUENCE_RESETS]++;
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
        tracker->is_confirmed |= step->units > 0;
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
        count_reset(tracker, counters);
        restart(tracker, step);
    }
    tracker->amounts[SEQUENCE_RECEIVED] += step->units;
}

static void follow_step(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step)
{
    tracker->order = SEQUENCE_IN_ORDER;
    if (tracker->is_known) {
        follow_known(tracker, counters, step);
        return;
    }
    if (tracker->is_reset) {
        tracker->is_reset = false;
        count_reset(tracker, counters);
    }
    restart(tracker, step);
    tracker->amounts[SEQUENCE_RECEIVED] += step->units;
}

enum sequence_count sequence_count_of(const struct sequence_tracker *tracker)
{
    return tracker->counts != 0 ? (enum sequence_count)__builtin_ctz(tracker->counts)
                                : SEQUENCE_UNITS_BEFORE;
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

bool sequence_goes_on(const struct sequence_tracker *tracker, const struct sequence_step *step)
{
    bool is_datagrams = step->type == FLOW_TYPE_NETFLOW9;
    uint32_t window = is_datagrams ? JOIN_DATAGRAMS : JOIN_FLOWS;
    uint32_t next = tracker->is_known ? tracker->next : tracker->last;
    bool is_next = tracker->is_known && step->number == next;
    bool is_ahead = step->number - next <= window;
    return tracker->has_last && (is_next || (is_ahead && !is_recent(tracker, step->number)) ||
                                    fills_gap(tracker, step->number));
}

bool sequence_went_back(const struct sequence_tracker *tracker, uint32_t number)
{
    uint32_t ahead = number - tracker->last;
    bool is_back = ahead > MAX_GAP && number < tracker->last;
    return tracker->has_last && is_back && !is_recent(tracker, number);
}

bool sequence_may_be_late(const struct sequence_tracker *tracker, uint32_t number)
{
    return tracker->last - number <= MAX_LATE;
}

/*
 * Nothing is to be learnt from a number that fits while all counts that are possible so far agree
 * on it: most datagrams by far.
 */
static bool is_settled(const struct sequence_tracker *tracker, const struct sequence_step *step)
{
    enum {
        BEFORE = 1 << SEQUENCE_UNITS_BEFORE | 1 << SEQUENCE_FLOWS_BEFORE,
        WITH = 1 << SEQUENCE_FLOWS_WITH | 1 << SEQUENCE_UNITS_WITH
    };
    uint8_t counts = tracker->counts;
    bool is_only = counts != 0 && (counts & (counts - 1)) == 0;
    bool has_no_options = step->units == step->flows && tracker->last_units == tracker->last_flows;
    bool is_either = counts == BEFORE || counts == WITH;
    return is_only ||
           (counts != 0 && has_no_options && (is_either || step->units == tracker->last_units));
}

/* The next datagram in order, of an exporter whose count is known. */
static bool follow_next(struct sequence_tracker *tracker, const struct sequence_step *step)
{
    enum sequence_count count = sequence_count_of(tracker);
    uint32_t number = step->number - units_with(count, step->units, step->flows);
    if (!tracker->is_known || !step->has_units || number != tracker->next ||
        !is_settled(tracker, step)) {
        return false;
    }
    uint32_t units = is_count_of_flows(count) ? step->flows : step->units;
    tracker->order = SEQUENCE_IN_ORDER;
    tracker->is_confirmed |= units > 0;
    tracker->late_run = 0;
    tracker->next = number + units;
    tracker->last = step->number;
    tracker->last_units = step->units;
    tracker->last_flows = step->flows;
    tracker->amounts[SEQUENCE_RECEIVED] += units;
    remember(tracker, number);
    return true;
}

void sequence_follow(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step)
{
    if (follow_next(tracker, step)) {
        return;
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
}

void sequence_begin_anew(struct sequence_tracker *tracker)
{
    struct sequence_tracker fresh = {.is_reset = true, .counts = tracker->counts};
    memcpy(fresh.amounts, tracker->amounts, sizeof fresh.amounts);
    memcpy(fresh.told, tracker->told, sizeof fresh.told);
    *tracker = fresh;
}
