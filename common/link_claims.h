/*
 * link_claims.h -- which key may speak with which id.
 *
 * An id belongs to the key that used it first, as long as that key is allowed. So no peer with a
 * key of its own can send batches, leases or acknowledgements in the name of another one. Keys go
 * by their name in the folder: another key of the same name is the same peer. A peer without a key,
 * "" (ipc, or -zmq.insecure), neither has nor needs a claim. A plain table, for one thread.
 */
#pragma once

#include "common/link_keyring.h"
#include "common/log_pause.h"

enum {
    LINK_CLAIMS_PER_KEY = 32, /* ids of one key; the one that was used longest ago goes first */
    LINK_CLAIMS_MAX = 8192
};

struct link_claim {
    uint64_t id;
    uint64_t used; /* by link_claims.uses */
    char key[LINK_KEY_NAME_SIZE];
};

/* Zero it before the first use. */
struct link_claims {
    struct link_claim *values;
    size_t count;
    size_t room;
    uint64_t uses;
    struct log_pause log;
};

void link_claims_clear(struct link_claims *claims);

/*
 * The name of the key that has the id, lent until a change; `key` itself when it has the id from
 * now on, or needs no claim. NULL: the table is full.
 */
const char *link_claims_owner(struct link_claims *claims, const char *key, uint64_t id);

/* The same as an answer: false after a log line (one a minute at most), the id is another's. */
bool link_claims_check(
    struct link_claims *claims, const char *key, uint64_t id, enum link_peer_kind kind);

/* Forgets what belongs to keys that are no longer allowed. */
void link_claims_release(
    struct link_claims *claims, const struct link_keyring *ring, enum link_peer_kind kind);
