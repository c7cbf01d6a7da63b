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

static bool is_of(const struct ledger_ingest *ingest, uint64_t id, uint64_t sender_id)
{
    return ingest->id == id && ingest->sender_id == sender_id;
}

static struct ledger_ingest *find(struct known_ingests *known, uint64_t id, uint64_t sender_id)
{
    if (known->latest < known->count && is_of(&known->values[known->latest], id, sender_id)) {
        return &known->values[known->latest];
    }
    for (size_t i = 0; i < known->count; i++) {
        if (is_of(&known->values[i], id, sender_id)) {
            known->latest = i;
            return &known->values[i];
        }
    }
    return NULL;
}

struct ledger_ingest *known_ingests_find(struct known_ingests *known, uint64_t id)
{
    return find(known, id, id);
}

struct ledger_ingest *known_ingests_next(struct known_ingests *known, size_t *at_p, uint64_t id)
{
    while (*at_p < known->count) {
        struct ledger_ingest *ingest = &known->values[(*at_p)++];
        if (ingest->id == id) {
            return ingest;
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
    return known_ingests_meet_sender(known, id, id);
}

struct ledger_ingest *known_ingests_meet_sender(
    struct known_ingests *known, uint64_t id, uint64_t sender_id)
{
    struct ledger_ingest *ingest = find(known, id, sender_id);
    if (ingest != NULL) {
        return ingest;
    }
    ingest = known->count == INGESTS_MAX ? replace(known) : append(known);
    if (ingest != NULL) {
        *ingest = (struct ledger_ingest){.id = id, .sender_id = sender_id};
    }
    return ingest;
}
