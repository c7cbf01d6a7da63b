/*
 * ledger_ingest.h -- inside the ledger: the batches of one ingest, in order of sequence.
 *
 * Internal to store/pull, the puller's thread. Finding, making room, forgetting what is old, and
 * when the ingest is asked for which leases; ledger.c has the rules.
 */
#pragma once

#include "store/pull/ledger.h"

struct ledger_ingest {
    uint64_t id;             /* of the names of these batches */
    uint64_t sender_id;      /* who sends them: `id`, unless the sender's id has changed */
    uint64_t epoch;          /* of the sender's newest process */
    uint64_t refused_epoch;  /* of the process that sent the batches whose names were refused */
    uint64_t recovered_from; /* lowest sequence that the sender found in its spool; 0: none left */
    uint64_t heard_ns;
    uint64_t epoch_ns; /* since when that epoch is the newest */
    uint64_t renew_due_ns;
    uint64_t lease_ns;
    struct ledger_batch *batches;
    size_t count;
    size_t room;
    size_t live_count;               /* ASKED or LEASED */
    size_t asked_count;              /* ASKED */
    struct link_ranges asking;       /* received and not asked for yet */
    size_t asking_count;             /* batches in `asking` */
    uint64_t ask_due_ns;             /* when they are asked for; 0: now */
    uint64_t unanswered_ns;          /* the first lease request without an answer; 0: none */
    struct link_ranges asking_again; /* came once more after they were settled: asked for first */
    struct link_ranges settled[LINK_ACK_KIND_COUNT];
};

/* Frees what it holds; `ingest` itself is the caller's. */
void ledger_ingest_clear(struct ledger_ingest *ingest);

/* The index of the first batch that is not before the sequence. */
size_t ledger_ingest_lower_bound(const struct ledger_ingest *ingest, uint64_t sequence);
/* NULL: there is none, or `ingest` is NULL. Lent until the next insert. */
struct ledger_batch *ledger_ingest_find(struct ledger_ingest *ingest, uint64_t sequence);
/* A slot for a sequence that is not there yet; NULL: out of memory. Lent as above. */
struct ledger_batch *ledger_ingest_insert(
    struct ledger_ingest *ingest, uint64_t sequence, uint64_t now_ns);

/* ASKED or LEASED. */
bool ledger_batch_is_live(const struct ledger_batch *batch);
void ledger_ingest_set_state(
    struct ledger_ingest *ingest, struct ledger_batch *batch, enum ledger_state state);

/*
 * A statement that this store sent while it had the lease may still be committing, as another
 * store's might: until the margin is over too, the batch is not taken again.
 */
bool ledger_ingest_is_quiet(
    const struct ledger_ingest *ingest, const struct ledger_batch *batch, uint64_t now_ns);

/* What a peer says is made sensible. */
void ledger_ingest_set_lease(struct ledger_ingest *ingest, uint32_t lease_ms);
/* ASKED for a whole lease: the ingest is away, or has sent the batch elsewhere by now. */
uint64_t ledger_ingest_end_ns(const struct ledger_ingest *ingest, const struct ledger_batch *batch);

/* The lease of a batch, new or known, is wanted soon. */
void ledger_ingest_ask(struct ledger_ingest *ingest, uint64_t sequence, uint64_t now_ns);
/* Asks again for everything that is live: what has no lease yet gets it, leases go on. */
void ledger_ingest_ask_all(struct ledger_ingest *ingest, uint64_t now_ns);
