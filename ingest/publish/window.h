/*
 * window.h -- the batches that are not stored yet, and who has them.
 *
 * A plain state machine without sockets and clocks: the publisher's thread owns it and passes the
 * time in; tests/unit/test_link_model.c runs it against time of its own. A batch stays until a
 * store says it is stored. States and rules: docs/wire.md.
 *
 *   append ─► WAITING ─ window_next, window_sent ─► SENT ─ window_held ─► LEASED ─► stored
 *                ▲                                    │ ack_timeout         │ lease + margin
 *                └────────────────────────────────────┴─────────────────────┘
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"
#include "common/link_frame.h"

#include <zmq.h>

struct window;

struct window_options {
    uint64_t max_bytes;      /* payloads in memory */
    uint64_t first_sequence; /* of the first batch */
    uint32_t ack_timeout_ms; /* sent and not heard of: sent again */
    uint32_t lease_ms;
};

enum window_state {
    WINDOW_REMOVED, /* stored or dropped: a hole until its turn at the head comes */
    WINDOW_WAITING,
    WINDOW_SENT,
    WINDOW_LEASED
};

/* One batch. The payload is a message of libzmq, whose reference count lets the socket and the
 * window share it without a copy. */
struct window_batch {
    zmq_msg_t payload;
    uint64_t sequence;
    uint64_t created_ms;
    uint64_t deadline_ns;  /* SENT, LEASED: when it is WAITING again */
    uint64_t holder;       /* store with the latest lease; 0: nobody ever had one */
    uint32_t payload_size; /* before compression */
    uint32_t flow_count;
    uint32_t day;
    uint32_t attempt;
    uint32_t refusals;
    enum window_state state;
    bool is_compressed;
};

/* in = stored + shelved + dropped + waiting, in batches and in flows. */
struct window_amount {
    struct counter batches;
    struct counter flows;
};

struct window_counters {
    struct window_amount in;
    struct window_amount stored;
    struct window_amount shelved; /* in a store's dead-letter folder */
    struct window_amount dropped_window;
    struct window_amount dropped_refused;
    struct window_amount dropped_stop;
    struct window_amount waiting; /* gauges */
    struct counter waiting_bytes;
    struct counter resent_unheard; /* batches taken back: no HELD in time */
    struct counter resent_lapsed;  /* the lease ran out */
    struct counter resent_refused;
};

MUST_CHECK enum err window_new(struct window **window_p, const struct window_options *options);
/* What is left is counted as dropped by the stop. */
void window_destroy(struct window **window_p);

/*
 * Appends a batch as WAITING and takes its payload; the sequence is given here. While the window is
 * too full, the oldest batch without a lease goes (the oldest of all when every one has a lease).
 * ERR_MEMORY: not appended, the payload is still the caller's.
 */
MUST_CHECK enum err window_append(struct window *window, const struct window_batch *batch);

/* The oldest batch to send, lent until the next call that changes the window; NULL: none. */
struct window_batch *window_next(struct window *window);
/* The batch of window_next() was taken by the socket. */
void window_sent(struct window *window, struct window_batch *batch, uint64_t now_ns);

/* A store asks for leases. Verdicts are appended to `answer`. */
void window_held(struct window *window, uint64_t store_id, const struct link_ranges *ranges,
    uint64_t now_ns, struct link_lease *answer);

/* STORED or SHELVED: the batches leave. */
void window_settled(
    struct window *window, enum link_ack_kind kind, const struct link_ranges *ranges);

/* CORRUPT or UNSUPPORTED: the batches are sent again, or dropped. */
void window_refused(struct window *window, enum link_ack_kind kind,
    const struct link_ranges *ranges, uint64_t now_ns);

/* Takes back what was not heard of in time and what leases ran out on. */
void window_tick(struct window *window, uint64_t now_ns);

/* Drops everything that waits, counted as dropped by the stop. */
void window_abandon(struct window *window);

/* Batches that are not stored yet. */
uint64_t window_count(const struct window *window);

/* Readable by any thread as long as the window lives. */
const struct window_counters *window_counters(const struct window *window);
