/*
 * link_model_world.h -- inside the simulated world of link_model.c: events, time and chance.
 */
#pragma once

#include "common/clock.h"
#include "ingest/publish/window.h"
#include "store/pull/ledger.h"
#include "tests/support/link_model.h"

enum {
    STORES_MAX = 8,
    FAULTS_END_MS = 20000
};

enum event_kind {
    EVENT_NEW_BATCH,
    EVENT_INGEST_TICK,
    EVENT_STORE_TICK,
    EVENT_DATA,  /* ingest → store */
    EVENT_ACK,   /* store → ingest */
    EVENT_LEASE, /* ingest → store */
    EVENT_STEP,  /* a store's writer goes on with a job */
    EVENT_QUERY,
    EVENT_QUERY_ANSWER,
    EVENT_STATEMENT, /* reaches the database */
    EVENT_COMMIT,
    EVENT_ANSWER,
    EVENT_FAULT
};

/* A batch at a store, from lease to database; kept to the end, since late answers name it. */
struct job {
    uint64_t sequence;
    uint64_t lease_end_ns;   /* the store's clock */
    uint64_t quiet_until_ns; /* world time: no earlier statement can commit after it */
    uint64_t attempt;
    bool may_repeat;
    bool is_dead; /* the ledger forgot it, or it is done */
    struct job *next;
};

struct event {
    uint64_t at_ns;
    uint64_t order;
    enum event_kind kind;
    uint32_t store;
    uint32_t generation; /* of the store; older ones are gone */
    uint8_t *bytes;      /* EVENT_ACK, EVENT_LEASE */
    size_t size;
    struct link_header header; /* EVENT_DATA */
    struct job *job;
    uint64_t fence_ns; /* EVENT_STATEMENT: world time */
    uint64_t attempt;  /* EVENT_QUERY: of the job, when it asked */
    bool is_positive;
};

struct world;

struct model_store {
    struct world *world;
    struct ledger *ledger;
    uint32_t index;
    uint32_t generation;
    uint64_t id;
    uint64_t clock_offset_ns;
    uint64_t paused_until_ns;
};

struct world {
    struct link_model_options options;
    struct link_model_result result;
    uint64_t random;
    uint64_t now_ns;
    uint64_t order;
    struct event *heap;
    size_t event_count;
    size_t event_room;
    struct window *window;
    uint64_t ingest_offset_ns;
    uint64_t ingest_paused_until_ns;
    struct model_store stores[STORES_MAX];
    uint8_t *table;      /* by batch: how often it was committed */
    uint8_t *is_settled; /* by batch: what the spool knows */
    uint32_t batches_made;
    struct job *jobs;
};

/* A number below `below`. */
uint64_t draw(struct world *world, uint64_t below);
/* True in so many cases of a hundred, while faults are on. */
bool chance(struct world *world, uint32_t percent);
bool is_faulty(const struct world *world);
/* Mostly soon, sometimes after several leases. */
uint64_t draw_delay_ns(struct world *world);

void schedule_in(struct world *world, struct event event, uint64_t delay_ns);
/* Over the network: lost, doubled or late. Takes event.bytes. */
void transmit(struct world *world, struct event event);
/* The earliest, taken out; there must be one. */
struct event next_event(struct world *world);
