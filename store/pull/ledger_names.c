/* SPDX-License-Identifier: BSD-3-Clause -- whose names are whose. */
#include "store/pull/ledger_names.h"

enum {
    QUIET_LEASES = 3 /* an ingest that was not heard for so long is taken to be gone */
};

/* Epochs of older builds are times, which say nothing when clocks are set. */
static bool is_superseded(const struct ledger_ingest *ingest, uint64_t epoch)
{
    return epoch >= LINK_EPOCH_COUNTED && epoch < ingest->epoch;
}

static void note_sender(
    struct ledger_ingest *ingest, const struct link_header *header, uint64_t now_ns)
{
    bool is_counted = header->epoch >= LINK_EPOCH_COUNTED;
    if (header->epoch > ingest->epoch || (!is_counted && ingest->epoch >= LINK_EPOCH_COUNTED)) {
        ingest->epoch = header->epoch;
        ingest->epoch_ns = now_ns;
    }
    ingest->recovered_from = header->recovered_from;
    ingest->heard_ns = now_ns;
}

/*
 * A machine and its copy may both have this batch in their spools. The one that kept the id sends
 * it; only when that one has it no longer does the other's turn come, and the table is asked.
 */
static bool is_with_owner(const struct ledger_ingest *owner, uint64_t sequence, uint64_t now_ns)
{
    return owner->recovered_from != 0 && sequence >= owner->recovered_from &&
           now_ns < owner->heard_ns + QUIET_LEASES * owner->lease_ns;
}

static enum ledger_name check_other(
    struct ledger_ingest *other, const struct link_header *header, uint64_t now_ns)
{
    const struct ledger_batch *batch = ledger_ingest_find(other, header->sequence);
    if (batch != NULL && batch->state == LEDGER_STORED) {
        return LEDGER_NAME_STORED;
    }
    bool is_here = batch != NULL &&
                   (ledger_batch_is_live(batch) || ledger_ingest_is_quiet(other, batch, now_ns));
    bool is_owner = other->sender_id == other->id;
    bool is_busy = is_here || (is_owner && is_with_owner(other, header->sequence, now_ns));
    return is_busy ? LEDGER_NAME_BUSY : LEDGER_NAME_GOOD;
}

static bool has_other_content(struct ledger_ingest *ingest, const struct link_header *header)
{
    const struct ledger_batch *batch = ledger_ingest_find(ingest, header->sequence);
    return batch != NULL && batch->payload_crc != 0 && header->payload_crc != 0 &&
           batch->payload_crc != header->payload_crc;
}

enum ledger_name ledger_names_check(struct known_ingests *known, struct ledger_ingest *ingest,
    const struct link_header *header, uint64_t now_ns)
{
    if (is_superseded(ingest, header->epoch)) {
        return LEDGER_NAME_REFUSED;
    }
    note_sender(ingest, header, now_ns);
    enum ledger_name name = LEDGER_NAME_GOOD;
    size_t at = 0;
    for (struct ledger_ingest *other = known_ingests_next(known, &at, header->ingest_id);
         other != NULL; other = known_ingests_next(known, &at, header->ingest_id)) {
        if (has_other_content(other, header)) {
            return LEDGER_NAME_REFUSED;
        }
        if (other != ingest && name == LEDGER_NAME_GOOD) {
            name = check_other(other, header, now_ns);
        }
    }
    return name;
}
