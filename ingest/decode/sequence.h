/*
 * sequence.h -- what was lost on the way, told by the sequence numbers of the exports.
 *
 * Each protocol counts in its own unit: NetFlow 5 and 7 flows, NetFlow 9 datagrams (RFC 3954
 * section 5.1), IPFIX data records (RFC 7011 section 3.1), sFlow datagrams; each observation domain
 * (engine, source id, sub-agent) for itself, and
 * of several exporters behind one address each for itself (docs/receive.md). Reordered and doubled
 * datagrams are no loss, and an exporter that starts anew is not millions of lost flows. What fills
 * a gap is late, however much of it comes in a row: one datagram that took a shorter path makes
 * many late ones. Kept for each exporter; bounded. The decoder's thread owns it; the counters may
 * be read by any.
 */
#pragma once

#include "common/counter.h"
#include "ingest/decode/sampling.h"

#include <stdbool.h>
#include <stdint.h>

/* In the protocol's own unit, but for resets and doubles. Lost on the way: lost - late. */
struct sequence_counters {
    struct counter lost;    /* left out by a jump ahead */
    struct counter late;    /* came after all, out of order */
    struct counter doubles; /* datagrams seen before */
    struct counter resets;  /* sequences begun anew */
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

/* One domain of one protocol; of one agent or source port, where several behind an address differ.
 */
struct sequence_tracker {
    uint64_t origin; /* agent or source port heard last */
    uint32_t domain;
    uint8_t type;     /* enum flow_type */
    bool is_known;    /* `next` is */
    uint8_t late_run; /* late datagrams in a row, each next to the other, that fill no gap */
    uint8_t recent_at;
    uint8_t gap_at;
    uint8_t order;      /* enum sequence_order, of the datagram followed last */
    uint32_t next;      /* expected number */
    uint32_t late_next; /* number that would go on with the last late one */
    uint32_t last;      /* number in the header followed last, and what came with it */
    uint32_t last_units;
    uint32_t last_flows;
    uint8_t counts; /* bit n: enum sequence_count n explains all numbers so far; 0: none seen yet */
    uint8_t contradictions; /* numbers in a row that only another count explains */
    bool has_last;
    uint32_t recent[SEQUENCE_RECENT];
    struct sequence_gap gaps[SEQUENCE_GAPS]; /* the latest */
    struct sampling_answer sampling; /* of the last header or sample; NetFlow 5, 7 and sFlow */
    uint64_t amounts[SEQUENCE_AMOUNT_COUNT];
    uint64_t told[SEQUENCE_AMOUNT_COUNT]; /* of these, by loss_report() */
};

struct sequence_table {
    struct sequence_tracker *trackers; /* NULL while empty */
    uint32_t count;
    uint32_t room;
    uint32_t hint; /* the tracker used last */
};

/* A datagram of `units`, or of an unknown number of them: then the next one starts afresh. */
struct sequence_step {
    uint8_t type; /* enum flow_type */
    bool has_units;
    uint32_t domain;
    uint32_t number;
    uint32_t units;
    uint32_t flows;  /* of the units; of IPFIX */
    uint64_t origin; /* the agent, or the source port */
};

/* A table set to zero is empty. With too many domains the further ones go untracked. */
void sequence_table_clear(struct sequence_table *table);

/* The tracker of that domain, a new one where it was unknown: lent until the next call. NULL: there
 * are too many. */
struct sequence_tracker *sequence_table_take(
    struct sequence_table *table, uint8_t type, uint32_t domain);

/* The count that explains the numbers so far. */
enum sequence_count sequence_count_of(const struct sequence_tracker *tracker);

/*
 * Returns the tracker, as sequence_table_take(). Another port goes on with a sequence where its
 * number does; else it has a sequence of its own, as every sFlow agent has.
 */
struct sequence_tracker *sequence_follow(struct sequence_table *table,
    struct sequence_counters *counters, const struct sequence_step *step);
