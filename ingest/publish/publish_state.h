/*
 * publish_state.h -- inside the publisher: its sockets, and the two halves of its thread.
 *
 * Internal to ingest/publish. publish.c opens and closes, publish_intake.c takes batches from the
 * workers, publish_loop.c talks to the stores, publish_tap.c to taps, publish_ledger.c tells what
 * became of the flows, publish_thread.c runs them on sockets and the clock.
 */
#pragma once

#include "common/link_channel.h"
#include "common/link_keyring.h"
#include "common/link_listener.h"
#include "common/log_pause.h"
#include "common/watch.h"
#include "ingest/batch/account_book.h"
#include "ingest/batch/record_batch.h"
#include "ingest/publish/identity.h"
#include "ingest/publish/publish.h"
#include "ingest/publish/publish_counters.h"
#include "ingest/publish/publish_sockets.h"
#include "ingest/publish/spool.h"
#include "ingest/publish/window.h"

#include <stdatomic.h>
#include <zstd.h>

/* What the thread waits for. */
enum {
    PUBLISH_PIPE, /* $TERM */
    PUBLISH_INBOX,
    PUBLISH_ACKS,
    PUBLISH_DATA,
    PUBLISH_TAP,
    PUBLISH_KEYS
};

struct publisher {
    zactor_t *actor;
    struct watch watch;
    struct publish_sockets sockets; /* as the loop uses those below */
    zsock_t *inbox;                 /* struct batch *, from the ports */
    zsock_t *data;
    struct link_keyring *keyring; /* borrowed; NULL: without keys */
    struct link_channel *channel;
    zsock_t *tap; /* NULL: none */
    struct link_listener tap_listener;
    struct link_limit *tap_limit; /* NULL likewise */
    unsigned tap_topics;         /* bit i: someone listens to the first i characters of the topic */
    bool is_tapped;              /* someone has listened */
    uint32_t tap_topics_taken;   /* less than it was each second */
    uint64_t tap_topics_less_ns; /* when it was less last */
    struct log_pause tap_log;
    struct window *window;
    struct spool *spool; /* NULL: batches are in memory only */
    ZSTD_CCtx *zstd;     /* NULL: no compression */
    struct identity *identity;
    uint64_t identity_due_ns; /* its file is looked at */
    uint64_t refused_log_due_ns;
    uint64_t started_ns; /* monotonic */
    uint32_t lease_ms;
    uint32_t stop_timeout_ms;
    uint64_t stop_ns; /* when the wait for the stores began */
    bool is_stopping;
    bool is_wait_logged;
    uint64_t unheard_seen;   /* batches that no store asked for, as of the last look */
    uint64_t unheard_due_ns; /* no look before */
    struct log_pause unheard_log;
    char inbox_endpoint[64];
    struct publish_counters counters;
    _Atomic uint64_t batches_offered; /* by the ports, to the inbox */
    struct account_book *accounts;    /* of this minute; NULL: nobody wants a ledger */
    struct record_batcher *rows;      /* of the ledger; NULL likewise */
    uint64_t ledger_minute;           /* since 1970, of what was not told yet */
    uint64_t shares_bytes;            /* lists of the batches in the window */
    uint64_t shares_bytes_max;
};

/* The thread: a zactor_fn; `context` is the publisher. */
void publish_run(zsock_t *pipe, void *context);
struct publish_sockets publish_sockets_of(struct publisher *publisher);

/* Moves everything on that is ready: bits of the watch. */
void publish_loop_turn(struct publisher *publisher, unsigned ready);
/* How long nothing may happen until the next turn; -1: for ever. */
int publish_loop_patience_ms(const struct publisher *publisher);
/* Takes everything that the ports have; from now on the last leases are marked as the last. */
void publish_loop_stop(struct publisher *publisher);
/*
 * A stop waits for stores that have batches, and for any store while there are batches that only
 * this process has. What is in the spool already goes to the next process just as well.
 */
bool publish_loop_is_worth_waiting(struct publisher *publisher);
/* Drops and counts what is not in the spool. */
void publish_loop_abandon(struct publisher *publisher);

/* On failure one line is logged. Without an endpoint there is no tap. */
MUST_CHECK enum err publish_tap_open(struct publisher *publisher, const char *endpoint);
/* Takes what taps have sent. */
void publish_tap_listen(struct publisher *publisher);
/* A copy for those that listen. */
void publish_tap_offer(struct publisher *publisher, zmq_msg_t *payload);

/* New batches have the names of the identity as it is now. */
void publish_names_apply(struct publisher *publisher);
/* The next batch may have the next name; where that cannot be kept, the identity changes. */
void publish_names_reserve(struct publisher *publisher);
/* A store refused names: those of this process, or of another one with its id. */
void publish_names_refused(
    struct publisher *publisher, const struct link_ack *ack, uint64_t now_ns);
/* Looks after the identity's file, once a second. */
void publish_names_look(struct publisher *publisher, uint64_t now_ns);

/* Takes batches from the workers' ports. False when the ports are empty. */
bool publish_intake(struct publisher *publisher);
/* Takes one batch: it is in the window by then, and in the spool, or dropped and counted. */
void publish_accept(struct publisher *publisher, struct batch *batch);
/* The entry, which has a payload and counts as accepted, gets the next name. */
void publish_append(struct publisher *publisher, struct window_batch *entry);

/* The ledger is one where it was opened; else there is nothing to count, tell and close. */
MUST_CHECK enum err publish_ledger_open(struct publisher *publisher, uint64_t window_bytes);
void publish_ledger_close(struct publisher *publisher);
/* Counts what became of a batch's flows; of other rows nothing. */
void publish_ledger_count(
    struct publisher *publisher, enum account_fate fate, const struct window_batch *batch);
/* The batch goes to the window: its list too, unless lists take too much memory by now. */
void publish_ledger_keep(struct publisher *publisher, struct window_batch *batch);
/* The batch leaves the window. */
void publish_ledger_release(
    struct publisher *publisher, const struct window_batch *batch, bool is_lost);
/* Sends the rows of the minute: when it has ended, or now. Never while the window changes. */
void publish_ledger_tick(struct publisher *publisher);
void publish_ledger_tell(struct publisher *publisher);
/* Milliseconds until the tick is due, -1 when there is nothing to tell. */
int publish_ledger_due_ms(const struct publisher *publisher);
