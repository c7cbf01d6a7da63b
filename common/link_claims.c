/* SPDX-License-Identifier: BSD-3-Clause -- ids of peers, and the keys that they belong to. */
#include "common/link_claims.h"

#include "common/array.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void link_claims_clear(struct link_claims *claims)
{
    free(claims->values);
    *claims = (struct link_claims){0};
}

static struct link_claim *find(const struct link_claims *claims, uint64_t id)
{
    for (size_t i = 0; i < claims->count; i++) {
        if (claims->values[i].id == id) {
            return &claims->values[i];
        }
    }
    return NULL;
}

/* The key's claim that was used longest ago, once it has as many as it may have. */
static struct link_claim *oldest(const struct link_claims *claims, const char *key)
{
    struct link_claim *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < claims->count; i++) {
        struct link_claim *claim = &claims->values[i];
        if (strcmp(claim->key, key) == 0) {
            count++;
            oldest = oldest == NULL || claim->used < oldest->used ? claim : oldest;
        }
    }
    return count >= LINK_CLAIMS_PER_KEY ? oldest : NULL;
}

/* NULL: no room. */
static struct link_claim *add(struct link_claims *claims, const char *key)
{
    struct link_claim *claim = oldest(claims, key);
    if (claim != NULL || claims->count == LINK_CLAIMS_MAX) {
        return claim;
    }
    struct link_claim *values =
        array_grow(claims->values, claims->count, &claims->room, sizeof *values);
    if (values == NULL) {
        return NULL;
    }
    claims->values = values;
    return &values[claims->count++];
}

const char *link_claims_owner(struct link_claims *claims, const char *key, uint64_t id)
{
    if (key[0] == '\0') {
        return key;
    }
    struct link_claim *claim = find(claims, id);
    if (claim == NULL) {
        claim = add(claims, key);
        if (claim == NULL) {
            return NULL;
        }
        claim->id = id;
        (void)snprintf(claim->key, sizeof claim->key, "%s", key);
    } else if (strcmp(claim->key, key) != 0) {
        return claim->key;
    }
    claim->used = ++claims->uses;
    return key;
}

bool link_claims_check(
    struct link_claims *claims, const char *key, uint64_t id, enum link_peer_kind kind)
{
    const char *owner = link_claims_owner(claims, key, id);
    if (owner == key) {
        return true;
    }
    if (log_pause_is_over(&claims->log, clock_monotonic_ns())) {
        log_error("link",
            "a peer speaks with the id of another one, and is ignored; if it is the same one with "
            "a new key, remove its old key and send SIGHUP",
            "%s=%" PRIu64 " key=%s owner=%s not_logged=%" PRIu64, link_peer_kind_name(kind), id,
            key, owner != NULL ? owner : "none", log_pause_skipped(&claims->log));
    }
    return false;
}

void link_claims_release(
    struct link_claims *claims, const struct link_keyring *ring, enum link_peer_kind kind)
{
    size_t kept = 0;
    for (size_t i = 0; i < claims->count; i++) {
        if (link_keyring_allows(ring, kind, claims->values[i].key)) {
            claims->values[kept++] = claims->values[i];
        }
    }
    claims->count = kept;
}
