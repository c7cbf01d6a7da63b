/*
 * identity.h -- who this ingest is, and which sequences it has given out.
 *
 * An identity is an ingest id that outlives the process, an epoch that grows with each process, and
 * the end of the sequences that may be in use. Sequences are reserved on the disk in large steps
 * before the first of them names a batch, so that no process gives out a name of one before it,
 * whatever the clock shows. The publisher's thread owns it. On-disk format: docs/wire.md#identity.
 *
 *   reserved ──────────────► reserved_end
 *   used by old processes │ gap, random │ this process ... │ next step
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct identity;

struct identity_options {
    const char *flag;   /* that names the folder, for the log */
    const char *folder; /* borrowed for the call; made when missing. NULL or "": kept nowhere */
    uint64_t wanted_id; /* the operator's choice; 0: none */
    bool is_shared; /* other ingests may have theirs in the folder: the first free file is taken */
};

/*
 * Opens, locks and reads the file. ERR_IN_USE: another process has it; ERR_IO: it cannot be opened.
 * Both log one line and leave *identity_p NULL.
 */
MUST_CHECK enum err identity_open(
    struct identity **identity_p, const struct identity_options *options);
void identity_close(struct identity **identity_p);
/*
 * What identity_open() would refuse, in the same words; makes nothing. *kept_id_p is
 * identity_kept_id() of the file, 0 where there is none yet.
 */
MUST_CHECK enum err identity_check(const struct identity_options *options, uint64_t *kept_id_p);

/* The id that the file has for the wanted one; 0: the file has none, or one for another choice. */
uint64_t identity_kept_id(const struct identity *identity);

/* What a spool has, where there is one; zeroes: nothing. */
struct identity_spool {
    uint64_t ingest_id;
    uint64_t last_sequence; /* the highest of all its records */
};

/*
 * Begins an epoch: id, epoch and first sequence are settled and reserved on the disk. Where that
 * fails, one line is logged and names are still new, as the gap before them is random.
 */
void identity_begin(struct identity *identity, const struct identity_spool *spool);

uint64_t identity_id(const struct identity *identity);
uint64_t identity_epoch(const struct identity *identity);
/* The first sequence of this epoch. */
uint64_t identity_first_sequence(const struct identity *identity);

/*
 * The sequence is about to name a batch: reserves the next step where it is due. False: it cannot
 * be reserved, and the name must not be given out. Call identity_change() then.
 */
MUST_CHECK bool identity_reserve(struct identity *identity, uint64_t sequence);

/*
 * Takes another id, with a new epoch and sequences above `last_sequence`: because another process
 * uses the one so far, or because its sequences cannot be reserved.
 */
void identity_change(struct identity *identity, uint64_t last_sequence);

/* Writes the file again where the path names another one by now. Call it once a second. */
void identity_look(struct identity *identity);
