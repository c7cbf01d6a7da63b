/*
 * sequence.h -- follows the sequence numbers of one stream (stream.h) and counts what was lost.
 *
 * Each protocol counts in its own unit: NetFlow 5 and 7 flows, NetFlow 9 datagrams (RFC 3954
 * section 5.1), IPFIX data records (RFC 7011 section 3.1), sFlow datagrams. Reordered and doubled
 * datagrams are not losses, and an exporter that starts again has not lost millions of flows. What
 * fills a gap is late, however much of it comes in a row: one datagram that took a shorter path
 * makes many late ones. The decoder's thread owns it; any thread may read the counters.
 */
#pragma once

#include "common/counter.h"
#include "common/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* In the protocol's own unit, but for resets and doubles. Lost on the way: lost - late. */
struct sequence_counters {
    struct counter lost;     /* left out by a jump ahead */
    struct counter late;     /* came after all, out of order */
    struct counter doubles;  /* datagrams seen before */
    struct counter resets;   /* sequences begun anew */
    struct counter restarts; /* of these, exporters that have restarted and gone on */
};

enum {
    SEQUENCE_RECENT = 8,
    SEQUENCE_GAPS = 8
};

/* Of one domain since the start, in the order of the loss ledger's fields (record_fields.def). */
enum sequence_amount {
    SEQUENCE_DATAGRAMS,
    SEQUENCE_RECEIVED, /* units */
    SEQUENCE_LOST,
    SEQUENCE_LATE,
    SEQUENCE_DOUBLES,
    SEQUENCE_RESETS,
    SEQUENCE_UNDECODABLE,
    SEQUENCE_TRUNCATED, /* of the undecodable */
    SEQUENCE_NO_TEMPLATE,
    SEQUENCE_FLOWS,
    SEQUENCE_AMOUNT_COUNT
};

/* How a datagram fits in: for what has numbers of its own in it. */
enum sequence_order {
    SEQUENCE_IN_ORDER, /* also ahead, and the first of a new sequence */
    SEQUENCE_OUT_OF_ORDER,
    SEQUENCE_REPEATED
};

/* Numbers that a jump ahead left out. Empty when both are equal; may wrap. */
struct sequence_gap {
    uint32_t first;
    uint32_t end; /* the one behind the last */
};

/*
 * What the number in a header counts, the specified count first. softflowd's IPFIX counts flows up
 * to the end of the message, Open vSwitch's NetFlow 5 up to the last flow of the datagram.
 */
enum sequence_count {
    SEQUENCE_UNITS_BEFORE,
    SEQUENCE_FLOWS_BEFORE, /* options data are not counted */
    SEQUENCE_FLOWS_WITH,
    SEQUENCE_UNITS_WITH,
    SEQUENCE_COUNT_COUNT
};

struct sequence_tracker {
    bool is_known;     /* `next` is */
    bool has_last;     /* `last` is */
    bool is_confirmed; /* a number was exactly the next one: the exporter does count */
    bool is_reset;     /* the exporter has begun anew, which is not counted yet */
    uint8_t late_run;  /* late datagrams in a row, each next to the other, that fill no gap */
    uint8_t recent_at;
    uint8_t gap_at;
    uint8_t order;  /* enum sequence_order, of the datagram followed last */
    uint8_t counts; /* bit n: enum sequence_count n explains all numbers so far; 0: none seen yet */
    uint8_t contradictions; /* numbers in a row that only another count explains */
    uint32_t next;          /* expected number */
    uint32_t late_next;     /* number that would go on with the last late one */
    uint32_t last;          /* number in the header followed last, and what came with it */
    uint32_t last_units;
    uint32_t last_flows;
    uint32_t recent[SEQUENCE_RECENT];
    struct sequence_gap gaps[SEQUENCE_GAPS]; /* the latest */
    uint64_t amounts[SEQUENCE_AMOUNT_COUNT];
    uint64_t told[SEQUENCE_AMOUNT_COUNT]; /* of these, by loss_report() */
};

/*
 * What the header of a datagram says of its place. Its `units` and `flows` are known when its sets
 * are read; without units the next datagram starts afresh.
 */
struct sequence_step {
    uint8_t type; /* enum flow_type */
    bool has_units;
    uint32_t domain;
    uint32_t number;
    uint32_t units;
    uint32_t flows;     /* of the units; of IPFIX */
    uint32_t uptime_ms; /* of the exporter; 0: the header has none */
    uint32_t export_s;  /* by the exporter's clock, since 1970; 0: the header has none */
    uint64_t origin;    /* the source port, or the sFlow agent */
    uint64_t received_ns;
};

/* The count that explains the numbers so far. */
enum sequence_count sequence_count_of(const struct sequence_tracker *tracker);

/*
 * Whether the number is the next one, a little ahead of it, or fills a gap: it could hardly be that
 * by chance.
 */
bool sequence_goes_on(const struct sequence_tracker *tracker, const struct sequence_step *step);

/* Whether the number is smaller than the last one and was not seen before; wraps do not count. */
bool sequence_went_back(const struct sequence_tracker *tracker, uint32_t number);

/* Whether so small a step back could be a late datagram. */
bool sequence_may_be_late(const struct sequence_tracker *tracker, uint32_t number);

/* Counts the datagram. */
void sequence_follow(struct sequence_tracker *tracker, struct sequence_counters *counters,
    const struct sequence_step *step);

/* The exporter counts from the beginning again: keeps the amounts, and what it counts. */
void sequence_begin_anew(struct sequence_tracker *tracker);
