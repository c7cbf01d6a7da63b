/*
 * known_ingests.h -- inside the ledger: every ingest that a batch has come from.
 *
 * Internal to store/pull, the puller's thread. Bounded, since anyone who reaches the socket may
 * call itself an ingest.
 */
#pragma once

#include "store/pull/ledger_ingest.h"

/* Zero it before the first use. */
struct known_ingests {
    struct ledger_ingest *values;
    size_t count;
    size_t room;
    size_t latest; /* index of the one last found: batches come in rows */
};

void known_ingests_clear(struct known_ingests *known);

/*
 * The batches that are named by an id and come from whoever has it. NULL: never heard of it. Lent
 * until the next known_ingests_meet().
 */
struct ledger_ingest *known_ingests_find(struct known_ingests *known, uint64_t id);
/* The next with this id, whoever sends its batches; *at_p is 0 at first. NULL: no more. */
struct ledger_ingest *known_ingests_next(struct known_ingests *known, size_t *at_p, uint64_t id);

/* The same, and a new one is added. NULL: out of memory, or too many have live batches. */
struct ledger_ingest *known_ingests_meet(struct known_ingests *known, uint64_t id);
struct ledger_ingest *known_ingests_meet_sender(
    struct known_ingests *known, uint64_t id, uint64_t sender_id);
