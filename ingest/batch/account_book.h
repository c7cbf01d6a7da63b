/*
 * account_book.h -- what became of flows on their way to the stores, by origin, until it is told.
 *
 * Half of the loss ledger: the decoder tells what came of datagrams (ingest/decode/loss.h), a
 * batcher which flows were refused, the publisher which were accepted, spooled and dropped. Each
 * has a book of its own, which its thread alone opens. Bounded, and sized once: when there are too
 * many origins in a minute, the further ones are counted for the exporter ::.
 */
#pragma once

#include "common/record.h"
#include "ingest/batch/flow_share.h"

struct account_book;

enum account_fate {
    ACCOUNT_REFUSED,  /* never accepted */
    ACCOUNT_ACCEPTED, /* for delivery */
    ACCOUNT_SPOOLED,  /* of these, written to the disk */
    ACCOUNT_DROPPED,  /* of these, lost */
    ACCOUNT_FATE_COUNT
};

/* Flows of one batch. */
struct account_entry {
    enum account_fate fate;
    uint32_t flow_count;
    uint32_t day;
    const struct share_list *shares; /* borrowed; NULL: they are nobody's */
};

/* Owned by the caller; NULL without memory. */
struct account_book *account_book_new(void);
void account_book_destroy(struct account_book **book_p);

void account_book_add(struct account_book *book, const struct account_entry *entry);
void account_book_add_share(
    struct account_book *book, enum account_fate fate, const struct flow_share *share);

bool account_book_is_empty(const struct account_book *book);

/*
 * Gives a row of the ledger for each origin, for the minute that starts at `minute_s`, and empties
 * the book. Rows of flows that were received on another day get the minute of theirs that is
 * nearest, so that the sums of a day are those of its flows.
 */
void account_book_tell(
    struct account_book *book, uint64_t minute_s, const struct record_sink *sink);
