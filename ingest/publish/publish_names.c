/* SPDX-License-Identifier: BSD-3-Clause -- the names that the publisher gives to batches. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>

enum {
    LOOK_PERIOD_MS = 1000
};

void publish_names_apply(struct publisher *publisher)
{
    window_continue_from(publisher->window, identity_first_sequence(publisher->identity));
    if (publisher->spool != NULL) {
        spool_set_ingest_id(publisher->spool, identity_id(publisher->identity));
    }
}

void publish_names_reserve(struct publisher *publisher)
{
    uint64_t sequence = window_next_sequence(publisher->window);
    if (identity_reserve(publisher->identity, sequence)) {
        return;
    }
    uint64_t old_id = identity_id(publisher->identity);
    identity_change(publisher->identity, sequence);
    publish_names_apply(publisher);
    log_error("publish", "sequences cannot be reserved; batches have another ingest id from now on",
        "old=%" PRIu64 " new=%" PRIu64, old_id, identity_id(publisher->identity));
}

void publish_names_look(struct publisher *publisher, uint64_t now_ns)
{
    if (now_ns >= publisher->identity_due_ns) {
        publisher->identity_due_ns = now_ns + LOOK_PERIOD_MS * NS_PER_MS;
        identity_look(publisher->identity);
    }
}
