/*
 * ledger.h -- which batches this store has, on what lease, and which it has stored.
 *
 * A plain state machine without sockets and clocks: the puller's thread owns it and passes the time
 * in; tests/unit/test_link_model.c runs it against time of its own. States and rules: docs/wire.md.
 *
 *   ledger_take ─► ASKED ─ ledger_lease ─► LEASED ─ ledger_settle ─► STORED (remembered)
 *                    │ gone, or no lease      │ gone, or lease over
 *                    └──────► forgotten ◄─────┘
 *
 * Where a batch's payload or rows are is the caller's: `place` is only kept.
 */
#pragma once

#include "common/err.h"
#include "common/link_frame.h"

struct ledger;

enum ledger_state {
    LEDGER_FORGOTTEN,
    LEDGER_ASKED,
    LEDGER_LEASED,
    LEDGER_STORED
};

struct ledger_batch {
    uint64_t sequence;
    uint64_t asked_ns;
    uint64_t lease_end_ns; /* monotonic, this store's clock */
    void *place;
    uint32_t payload_crc; /* 0: not known */
    enum ledger_state state;
    enum link_ack_kind outcome; /* STORED: STORED or SHELVED */
};

/* Why the name of a batch is worth a log line. */
enum ledger_conflict {
    LEDGER_OLDER_PROCESS, /* refused: a process with a larger epoch has the id */
    LEDGER_LATE_PROCESS,  /* the same, and that one has just begun, so that batches come late */
    LEDGER_OTHER_CONTENT, /* refused: another batch has the name */
    LEDGER_CHANGED_ID     /* taken: its sender has another id than it had when it named the batch */
};

/* Called from ledger_take(), ledger_lease(), ledger_tick() and ledger_settle(); must not call the
 * ledger. */
struct ledger_listener {
    /* ASKED became LEASED. `is_first`: no store can have inserted it. */
    void (*granted)(void *context, const struct ledger_batch *batch, bool is_first);
    /* A lease goes on: lease_end_ns is later now. */
    void (*renewed)(void *context, const struct ledger_batch *batch);
    /* The batch is not this store's any more; state is still the one it was in. */
    void (*forgotten)(void *context, const struct ledger_batch *batch);
    /*
     * An acknowledgement is due. One that is lost is made up for later. It is for the process with
     * ack->to_epoch where that is not 0: another one may have the same id.
     */
    void (*acknowledge)(void *context, uint64_t ingest_id, const struct link_ack *ack);
    void (*conflict)(
        void *context, const struct link_header *header, enum ledger_conflict conflict);
    /* A lease request of ours was not answered for a lease. */
    void (*unanswered)(void *context, uint64_t ingest_id);
    void *context;
};

/* How a batch came. */
enum ledger_arrival {
    LEDGER_NEW,
    LEDGER_DUPLICATE, /* here already or stored: acknowledged again, not kept */
    LEDGER_REFUSED,   /* its name is not the sender's to give: not kept, and the sender hears so */
    LEDGER_FULL       /* no memory, or too many ingests: not kept, not acknowledged */
};

MUST_CHECK enum err ledger_new(
    struct ledger **ledger_p, uint64_t store_id, const struct ledger_listener *listener);
void ledger_destroy(struct ledger **ledger_p);

/* A batch was received. Its lease is asked for by a ledger_flush(), with others' that come soon. */
enum ledger_arrival ledger_take(
    struct ledger *ledger, const struct link_header *header, void *place, uint64_t now_ns);

/* The ingest's answer to HELD. */
void ledger_lease(struct ledger *ledger, const struct link_lease *lease, uint64_t now_ns);

/* The batch that this store has, by name, lent until the next take; NULL: none. */
const struct ledger_batch *ledger_find(
    struct ledger *ledger, uint64_t ingest_id, uint64_t sequence);

/*
 * A batch is stored (STORED, SHELVED) or refused (CORRUPT, UNSUPPORTED), which is acknowledged by
 * the next ledger_flush(). `place` is the copy that was, NULL for one already forgotten: another
 * copy that waits is forgotten. The place itself is the caller's again.
 */
void ledger_settle(struct ledger *ledger, uint64_t ingest_id, uint64_t sequence,
    enum link_ack_kind kind, const void *place);

/* A batch is refused at once (CORRUPT, UNSUPPORTED), which is acknowledged as above. */
void ledger_refuse(
    struct ledger *ledger, const struct link_header *header, enum link_ack_kind kind);

/* Gives a batch up without a word: the ingest sends it again. */
void ledger_forget(struct ledger *ledger, uint64_t ingest_id, uint64_t sequence);

void ledger_forget_all(struct ledger *ledger);

/* Forgets what leases ran out on, and reports requests that were not answered. */
void ledger_tick(struct ledger *ledger, uint64_t now_ns);

/* Sends every acknowledgement that is due. */
void ledger_flush(struct ledger *ledger, uint64_t now_ns);
/* When ledger_flush() has something to ask for that cannot wait longer; UINT64_MAX: nothing. */
uint64_t ledger_ask_due_ns(const struct ledger *ledger);

/* Messages of an older process of an ingest than one already seen. */
uint64_t ledger_stale_epochs(const struct ledger *ledger);
