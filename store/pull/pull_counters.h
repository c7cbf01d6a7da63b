/*
 * pull_counters.h -- what the puller's thread counts, and how it is shown.
 *
 * Internal to store/pull: its other files count, pull_counters.c reports on the HTTP thread.
 * In flows, and in rows of all other kinds: in = stored + shelved + dropped + waiting.
 */
#pragma once

#include "common/link_channel.h"
#include "common/metrics.h"

enum pull_drop {
    PULL_DROP_DUPLICATE,
    PULL_DROP_UNLEASED,
    PULL_DROP_LAPSED,
    PULL_DROP_CORRUPT,
    PULL_DROP_MEMORY,
    PULL_DROP_NAME,
    PULL_DROP_COUNT
};

/* Rows: flows, or those of all other kinds together. */
struct pull_rows {
    struct counter in;
    struct counter stored;
    struct counter shelved;
    struct counter dropped[PULL_DROP_COUNT];
    struct counter waiting; /* gauge */
};

struct pull_counters {
    struct counter batches_in;
    struct counter bytes_in;
    struct pull_rows flows;
    struct pull_rows records;
    struct counter batches_waiting; /* gauge */
    struct counter unread_bytes;    /* gauge: payloads that wait for a lease or a block */
    struct counter block_rows;      /* gauge: the most that a block may have now */
    struct counter inflight;        /* gauge: blocks with the writer */
    struct counter frames_bad;
    struct counter unsupported;
    struct counter stale_epochs;
    struct counter requests_unanswered;
    struct link_counters link;
    struct counter acks[LINK_ACK_KIND_COUNT];
};

/* Where rows of a kind are counted. */
static inline struct pull_rows *pull_rows_of(struct pull_counters *counters, enum record_kind kind)
{
    return kind == RECORD_FLOWS ? &counters->flows : &counters->records;
}

void pull_report(const struct pull_counters *counters, struct metrics_page *page);
