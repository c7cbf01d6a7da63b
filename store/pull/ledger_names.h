/*
 * ledger_names.h -- inside the ledger: whether a batch may have the name that it comes with.
 *
 * Internal to store/pull, the puller's thread. A name belongs to one batch for ever. Two processes
 * with one id, or two batches with one name, show here: docs/wire.md#two-processes-with-one-id.
 */
#pragma once

#include "store/pull/known_ingests.h"

enum ledger_name {
    LEDGER_NAME_GOOD,
    LEDGER_NAME_BUSY,   /* the batch is with another sender: it comes again */
    LEDGER_NAME_STORED, /* it came from another sender, and is stored */
    LEDGER_NAME_REFUSED
};

/* Also notes what the header tells about its sender. `ingest` is where the batch belongs. */
MUST_CHECK enum ledger_name ledger_names_check(struct known_ingests *known,
    struct ledger_ingest *ingest, const struct link_header *header, uint64_t now_ns);
