/*
 * held_batch.h -- a batch as the store holds it, and the line of those that wait for a block.
 *
 * Internal to store/pull: holding.c decides what becomes of a batch. Two may point to one: the
 * ledger (until it forgets or settles), and the line, once there is a lease and until there is a
 * block. What waits is counted here. The puller's thread.
 *
 *   held_batch_new ─► asked for ─► in line ─► in a block ─► held_batch_destroy
 *                     └─── payload kept ───┘  └── rows ──┘
 */
#pragma once

#include "common/link_frame.h"
#include "store/pull/assembly.h"
#include "store/pull/pull_counters.h"

#include <zmq.h>

struct held_batch {
    struct link_header header;
    zmq_msg_t payload;           /* empty once the rows are in a block */
    struct assembly_place place; /* block NULL: not in one yet */
    struct held_batch *next;     /* in the line */
    uint64_t lease_end_ns;
    bool is_in_line;
    bool is_forgotten; /* by the ledger, while in line */
    bool may_repeat;   /* another store may have inserted it */
};

/* Takes what the payload holds, and counts it as waiting. NULL: out of memory, nothing taken. */
struct held_batch *held_batch_new(
    const struct link_header *header, zmq_msg_t *payload, struct pull_counters *counters);
/* A batch whose rows are in a block waits until the block is finished: held_batch_count_waited().
 */
void held_batch_destroy(struct held_batch **held_p, struct pull_counters *counters);

/* Its rows are in a block: the payload is of no use any more. */
void held_batch_release_payload(struct held_batch *held, struct pull_counters *counters);

/* Tells the writer too if it has the rows; 0: it leaves them out. */
void held_batch_set_lease_end(struct held_batch *held, uint64_t lease_end_ns);

/* A batch of so many rows does not wait any more, whatever became of it. */
void held_batch_count_waited(struct pull_counters *counters, enum record_kind kind, uint32_t rows);

/* Batches that have a lease and no block yet, oldest first. Owns what the ledger has forgotten. */
struct held_batch_line {
    struct held_batch *head;
    struct held_batch *tail;
};

void held_batch_line_append(struct held_batch_line *line, struct held_batch *held);
/* Takes the head out; there is one. */
void held_batch_line_pop(struct held_batch_line *line);
/* Empties it, and destroys what is its own. */
void held_batch_line_clear(struct held_batch_line *line, struct pull_counters *counters);
