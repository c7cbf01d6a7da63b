/*
 * window.h -- the batches that are not stored yet, and who has them.
 *
 * A plain state machine without sockets and clocks: the publisher's thread owns it and passes the
 * time in; tests/unit/test_link_model.c runs it against time of its own. A batch stays until a
 * store says it is stored. States and rules: docs/wire.md.
 *
 * Payloads are in memory, or on disk only when the spool has them and memory is short.
 *
 *   append ─► WAITING ─ window_next, window_sent ─► SENT ─ window_held ─► LEASED ─► stored
 *                ▲                                    │ ack_timeout         │ lease + margin
 *                └────────────────────────────────────┴─────────────────────┘
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"
#include "common/link_frame.h"
#include "ingest/batch/flow_share.h"

#include <zmq.h>

struct window;

struct window_batch;

struct window_options {
    uint64_t max_bytes;      /* payloads in memory */
    uint64_t first_sequence; /* of the first batch that is appended */
    uint32_t ack_timeout_ms; /* sent and not heard of: sent again */
    uint32_t lease_ms;
    /* A batch leaves, settled or lost, unless a stop leaves it in the spool; NULL: nobody wants to
     * know. */
    void (*removed)(void *context, const struct window_batch *batch, bool is_lost);
    void *context;
};

enum window_state {
    WINDOW_REMOVED,   /* stored or dropped: a hole until its turn at the head comes */
    WINDOW_RECOVERED, /* from the process before, whose leases may still run */
    WINDOW_WAITING,
    WINDOW_SENT,
    WINDOW_LEASED
};

/* Where the spool has a batch; segment 0: nowhere. */
struct window_place {
    uint64_t segment;
    uint64_t offset;
};

/*
 * One batch. The payload is a message of libzmq, whose reference count lets the socket and the
 * window share it without a copy; it is empty when the batch is only on disk.
 */
struct window_batch {
    zmq_msg_t payload;
    struct window_place place;
    uint64_t stored_size; /* of the payload, wherever it is */
    uint64_t ingest_id;   /* with the sequence, its name for ever; may be of an earlier identity */
    uint64_t sequence;
    uint64_t created_ms;
    uint64_t deadline_ns;      /* RECOVERED, SENT, LEASED: when it is WAITING again */
    uint64_t holder;           /* store with the latest lease; 0: nobody ever had one */
    struct share_list *shares; /* whose the flows are; NULL: nobody's */
    uint32_t payload_size;     /* before compression */
    enum record_kind kind;
    uint32_t flow_count; /* or rows of another kind */
    uint32_t day;
    uint32_t attempt;
    uint32_t refusals;
    enum window_state state;
    bool is_compressed;
    bool may_repeat;   /* a store may have inserted it for another process */
    bool is_recovered; /* from the spool, when this process began */
};

/* in = stored + shelved + dropped + kept + waiting, in batches, in flows and in other rows. */
struct window_amount {
    struct counter batches;
    struct counter flows;
    struct counter records;
};

struct window_counters {
    struct window_amount in;
    struct window_amount stored;
    struct window_amount shelved;   /* in a store's dead-letter folder */
    struct window_amount recovered; /* part of in */
    struct window_amount kept;      /* left in the spool by a stop; part of waiting until then */
    struct window_amount dropped_window;
    struct window_amount dropped_spool;
    struct window_amount dropped_damaged;
    struct window_amount dropped_refused;
    struct window_amount dropped_stop;
    struct window_amount waiting; /* gauges */
    struct counter waiting_bytes;
    struct counter resent_unheard; /* batches taken back: no HELD in time */
    struct counter resent_lapsed;  /* the lease ran out */
    struct counter resent_refused;
    struct counter settled_by_others; /* batches said to be stored by one without a lease */
};

MUST_CHECK enum err window_new(struct window **window_p, const struct window_options *options);
void window_destroy(struct window **window_p);

/* The sequence that the next batch gets. */
uint64_t window_next_sequence(const struct window *window);
/* It gets this one, or one above all before, whichever is higher. */
void window_continue_from(struct window *window, uint64_t sequence);

/*
 * Appends a batch as WAITING and takes its payload and shares; its sequence is
 * window_next_sequence(). While there is too much in memory, batches that the spool has leave
 * memory first, which costs nothing; only then the oldest batch without a lease is dropped, or the
 * oldest of all when every one has a lease. ERR_MEMORY: not appended, payload and shares are still
 * the caller's.
 */
MUST_CHECK enum err window_append(struct window *window, const struct window_batch *batch);

/* A batch of the process before, on disk; in order of sequence, before anything is appended. */
MUST_CHECK enum err window_recover(
    struct window *window, const struct window_batch *batch, uint64_t now_ns);

/*
 * The oldest batch that memory alone has, lent until the next call that changes the window; NULL:
 * none. A spool that has it by now sets its place.
 */
struct window_batch *window_next_unsaved(struct window *window);

/* The oldest batch to send, lent until the next call that changes the window; NULL: none. */
struct window_batch *window_next(struct window *window);
/* The batch of window_next() was taken by the socket. */
void window_sent(struct window *window, struct window_batch *batch, uint64_t now_ns);

/* A store asks for leases. Verdicts are appended to `answer`. */
void window_held(struct window *window, uint64_t store_id, const struct link_ranges *ranges,
    uint64_t now_ns, struct link_lease *answer);

/* STORED or SHELVED: the batches leave whose latest lease this store has; others stay. */
void window_settled(struct window *window, const struct link_ack *ack);

/* CORRUPT or UNSUPPORTED: the batches are sent again, or dropped, unless another store has them. */
void window_refused(struct window *window, const struct link_ack *ack, uint64_t now_ns);

/* Takes back what was not heard of in time and what leases ran out on. */
void window_tick(struct window *window, uint64_t now_ns);

/*
 * The sender has another id by now. These batches, whose names were refused, are sent again at
 * once; a copy of any batch may have been inserted for the process that has the old id.
 */
void window_change_sender(struct window *window, const struct link_ranges *refused);

/* A batch that was sent and is leased to nobody, lent until the next change; NULL: there is none.
 */
struct window_batch *window_find_sent(struct window *window, uint64_t sequence);
/* Moves the batch out of the window, as if it had never been there: window_append() it again. */
void window_take_out(
    struct window *window, struct window_batch *batch, struct window_batch *taken_p);

/* The lowest sequence among the batches that were recovered and still wait; 0: there is none. */
uint64_t window_recovered_from(const struct window *window);

/* Drops the oldest batch to make room in the spool. False: there is none. */
bool window_drop_oldest(struct window *window);
/* A batch cannot be read now: its turn comes again after ack_timeout. */
void window_put_off(struct window *window, struct window_batch *batch, uint64_t now_ns);
/* Drops a batch that is damaged on the disk. */
void window_drop_damaged(struct window *window, struct window_batch *batch);

/* Drops everything that waits and is in no spool, counted as dropped by the stop. */
void window_abandon(struct window *window);

/* True when all batches are in the spool and no store has one: only sending changes that. */
bool window_is_at_rest(const struct window *window);

/* A store may have some of its batches. */
bool window_is_with_stores(const struct window *window);

/* Batches that are not stored yet. */
uint64_t window_count(const struct window *window);

/* Readable by any thread as long as the window lives. */
const struct window_counters *window_counters(const struct window *window);
