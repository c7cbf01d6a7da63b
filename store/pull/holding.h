/*
 * holding.h -- batches from their receipt to the end of their block.
 *
 * Joins the ledger (who may have a batch) with the assembly (where its rows are): a batch waits for
 * its lease, then in line for room in a block, then with its block for the writer. No sockets: the
 * puller's thread owns it, passes messages and time in, and sends the acknowledgements.
 */
#pragma once

#include "common/err.h"
#include "common/link_frame.h"
#include "store/pull/assembly.h"
#include "store/pull/pull_counters.h"

#include <zmq.h>

struct holding;

struct holding_options {
    uint64_t store_id;
    struct assembly_options assembly;
    struct pull_counters *counters; /* borrowed as long as the holding lives */
    void (*acknowledge)(void *context, uint64_t ingest_id, const struct link_ack *ack);
    /* A lease request was not answered for a lease. */
    void (*unanswered)(void *context, uint64_t ingest_id);
    void *context;
};

MUST_CHECK enum err holding_new(struct holding **holding_p, const struct holding_options *options);
/* Batches that are not stored are forgotten: their ingest sends them again. */
void holding_destroy(struct holding **holding_p);

/* Takes what the payload holds; the message stays the caller's to close. */
void holding_take(
    struct holding *holding, const struct link_header *header, zmq_msg_t *payload, uint64_t now_ns);

/* Acknowledges a batch that cannot be taken. */
void holding_refuse(
    struct holding *holding, const struct link_header *header, enum link_ack_kind kind);

/* The ingest's answer to HELD. */
void holding_lease(struct holding *holding, const struct link_lease *lease, uint64_t now_ns);

/*
 * Moves everything on: leases that ran out, batches into blocks, blocks to the writer (all of them
 * for a flush), finished blocks, acknowledgements that are due. What it does last with the
 * exchange is to ask for a finished block, and there is none.
 */
void holding_turn(struct holding *holding, uint64_t now_ns, bool is_flush);

/* False: what came now would only wait for a block; it is better off with the ingest. */
bool holding_may_take(const struct holding *holding);

/* When the next turn is due though nothing comes; UINT64_MAX: never. */
uint64_t holding_due_ns(const struct holding *holding, uint64_t now_ns);
