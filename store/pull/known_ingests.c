/* SPDX-License-Identifier: BSD-3-Clause -- the ingests that a ledger has met. */
#include "store/pull/known_ingests.h"

#include "common/array.h"

#include <stdlib.h>

enum {
    INGESTS_MAX = 4096
};

void known_ingests_clear(struct known_ingests *known)
{
    for (size_t i = 0; i < known->count; i++) {
        ledger_ingest_clear(&known->values[i]);
    }
    free(known->values);
    *known = (struct known_ingests){0};
}

struct ledger_ingest *known_ingests_find(struct known_ingests *known, uint64_t id)
{
    if (known->latest < known->count && known->values[known->latest].id == id) {
        return &known->values[known->latest];
    }
    for (size_t i = 0; i < known->count; i++) {
        if (known->values[i].id == id) {
            known->latest = i;
            return &known->values[i];
        }
    }
    return NULL;
}

/* One without live batches makes room; what is forgotten with it is only its stored ones. */
static struct ledger_ingest *replace(struct known_ingests *known)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->values[i].live_count == 0) {
            ledger_ingest_clear(&known->values[i]);
            return &known->values[i];
        }
    }
    return NULL;
}

static struct ledger_ingest *append(struct known_ingests *known)
{
    struct ledger_ingest *values =
        array_grow(known->values, known->count, &known->room, sizeof *values);
    if (values == NULL) {
        return NULL;
    }
    known->values = values;
    return &values[known->count++];
}

struct ledger_ingest *known_ingests_meet(struct known_ingests *known, uint64_t id)
{
    struct ledger_ingest *ingest = known_ingests_find(known, id);
    if (ingest != NULL) {
        return ingest;
    }
    ingest = known->count == INGESTS_MAX ? replace(known) : append(known);
    if (ingest != NULL) {
        *ingest = (struct ledger_ingest){.id = id};
    }
    return ingest;
}
