/* SPDX-License-Identifier: BSD-3-Clause -- the peers of a return channel, by connection. */
#include "common/link_peers.h"

#include "common/array.h"

#include <stdlib.h>
#include <string.h>

void link_peers_clear(struct link_peers *peers)
{
    free(peers->values);
    *peers = (struct link_peers){0};
}

static struct link_peer *find_at(const struct link_peers *peers, const struct link_address *address)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct link_peer *peer = &peers->values[i];
        if (peer->address.size == address->size &&
            memcmp(peer->address.bytes, address->bytes, address->size) == 0) {
            return peer;
        }
    }
    return NULL;
}

static enum link_meeting add(struct link_peers *peers, const struct link_peer *peer)
{
    struct link_peer *values = NULL;
    if (peers->count < LINK_PEERS_MAX) {
        values = array_grow(peers->values, peers->count, &peers->room, sizeof *values);
    }
    if (values == NULL) {
        return LINK_MET_NOBODY;
    }
    peers->values = values;
    values[peers->count++] = *peer;
    return LINK_MET_NEW;
}

enum link_meeting link_peers_hear(struct link_peers *peers, const struct link_address *address,
    uint64_t id, uint64_t epoch, uint64_t now_ns)
{
    struct link_peer *peer = find_at(peers, address);
    if (peer == NULL) {
        struct link_peer fresh = {
            .address = *address, .id = id, .epoch = epoch, .heard_ns = now_ns};
        return add(peers, &fresh);
    }
    peer->heard_ns = now_ns;
    /* Only a Hello knows the epoch. */
    if (peer->id == id && (epoch == 0 || peer->epoch == epoch)) {
        return LINK_MET_AGAIN;
    }
    peer->id = id;
    peer->epoch = epoch;
    return LINK_MET_OTHER;
}

/* The process that is asked for first, then the one that was heard last. */
static bool is_better(const struct link_peer *peer, const struct link_peer *than, uint64_t epoch)
{
    if (than == NULL || (peer->epoch == epoch) != (than->epoch == epoch)) {
        return than == NULL || peer->epoch == epoch;
    }
    return peer->heard_ns > than->heard_ns;
}

const struct link_peer *link_peers_find(const struct link_peers *peers, uint64_t id, uint64_t epoch)
{
    const struct link_peer *best = NULL;
    for (size_t i = 0; i < peers->count; i++) {
        const struct link_peer *peer = &peers->values[i];
        if (peer->id == id && is_better(peer, best, epoch)) {
            best = peer;
        }
    }
    return best;
}

const struct link_peer *link_peers_at(
    const struct link_peers *peers, const struct link_address *address)
{
    return find_at(peers, address);
}

static void remove_peer(struct link_peers *peers, struct link_peer *peer, struct link_peer *peer_p)
{
    *peer_p = *peer;
    *peer = peers->values[--peers->count];
}

bool link_peers_drop(
    struct link_peers *peers, const struct link_address *address, struct link_peer *peer_p)
{
    struct link_peer *peer = find_at(peers, address);
    if (peer != NULL) {
        remove_peer(peers, peer, peer_p);
    }
    return peer != NULL;
}

bool link_peers_expire(struct link_peers *peers, uint64_t before_ns, struct link_peer *peer_p)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct link_peer *peer = &peers->values[i];
        if (peer->address.bytes[0] == 0 && peer->heard_ns < before_ns) {
            remove_peer(peers, peer, peer_p);
            return true;
        }
    }
    return false;
}
